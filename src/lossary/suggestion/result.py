"""What is suggested, as a result that is printed, searched and written as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lossary.report.show.layout import headline


@dataclass(frozen=True)
class Suggestion:
    """A loss that fits a target."""

    loss: str
    call: str
    """How it is called."""
    finds: str
    """What the prediction with the least mean loss is."""
    reason: str


@dataclass(frozen=True)
class Suggestions(Sequence[Suggestion]):
    """The losses that fit a target, the first one first, and what they follow from."""

    kind: str
    """The kind of the target, one of ``lossary.suggestion.rules.KINDS``."""
    meaning: str
    """What targets of this kind are."""
    facts: Mapping[str, str]
    """What stands out about the target, each with its figures."""
    losses: tuple[Suggestion, ...]
    rows: int
    """Rows that were looked at."""
    notes: tuple[str, ...]

    def __getitem__(self, place: Any) -> Any:
        return self.losses[place]

    def __len__(self) -> int:
        return len(self.losses)

    def __iter__(self) -> Iterator[Suggestion]:
        return iter(self.losses)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain Python values, as JSON has it."""
        return asdict(self)

    def text(self, width: int | None = None) -> str:
        """Return the suggestions as text, wrapped to a width if there is one."""
        facts, notes = [*self.facts.items()] or [("nothing stands out", "")], [("note", note) for note in self.notes]
        parts = [headline(f"{self.kind}: {self.meaning}", [("rows", f"{self.rows:,}"), *facts], notes, width)]
        for i, one in enumerate(self.losses, 1):
            lines = [("finds", one.finds), ("why", one.reason), ("call", one.call)]
            parts.append(headline(f"{i}. {one.loss}", lines, (), width))
        return "\n\n".join("\n".join(line.rstrip() for line in part) for part in parts)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<suggestions for {self.kind}: {', '.join(one.loss for one in self.losses)}>"
