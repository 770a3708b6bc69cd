from os import PathLike
from types import TracebackType
from typing import Literal, Self

class Trace:
    folder: str | None
    def __init__(self, folder: str) -> None: ...
    def stop(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        *exception: type[BaseException] | BaseException | TracebackType | None,
    ) -> None: ...

def trace(
    folder: str | bytes | PathLike[str] | PathLike[bytes], *, data: int | Literal["none", "all"] = 64
) -> Trace: ...
