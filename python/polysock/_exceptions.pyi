from typing import Protocol, runtime_checkable

@runtime_checkable
class Unfinished(Protocol):
    @property
    def done(self) -> int: ...

@runtime_checkable
class UnfinishedReceive(Unfinished, Protocol):
    @property
    def partial(self) -> bytes: ...

@runtime_checkable
class UnfinishedBatch(Unfinished, Protocol):
    @property
    def failures(self) -> list[tuple[int, OSError]]: ...
