import inspect
from typing import Protocol, runtime_checkable

class SignatureOfArguments:
    def __get__(self, instance: object, owner: type) -> inspect.Signature: ...

@runtime_checkable
class Unfinished(Protocol):
    @property
    def done(self) -> int: ...

@runtime_checkable
class UnfinishedReceive(Unfinished, Protocol):
    @property
    def partial(self) -> bytes: ...
