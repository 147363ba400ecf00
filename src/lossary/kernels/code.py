"""The source of a kernel, written line by line by Python code that is indented as the kernel is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Code:
    """Collects lines of source::

    code = Code()
    with code.block("for j in range(classes)"):
        code("total += losses[j]")
    """

    def __init__(self, indent: int = 0) -> None:
        self._lines: list[str] = []
        self._indent = indent

    def __call__(self, *lines: str) -> None:
        """Add lines at the current indentation."""
        self._lines += ["    " * self._indent + line for line in lines]

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Add the header of a compound statement, such as ``if a``; what is added within is its body."""
        self(f"{header}:")
        self._indent += 1
        yield
        self._indent -= 1

    @contextmanager
    def turns(self, *taken: str, end: str) -> Iterator[None]:
        """Add a loop that takes what no other thread has taken, as ``taken`` says, until there is none: until ``end`` holds."""
        with self.block("while True"):
            self(*taken)
            with self.block(f"if {end}"):
                self("return")
            yield

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)
