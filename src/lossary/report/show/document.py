"""The JSON document of a report, and what is made of it: text, and a page."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from lossary._version import __version__
from lossary.report.findings import NOTE, WARNING, Finding

SCHEMA = 2


class Report:
    """The base of a score and a comparison: dataclasses whose fields, in order, are the keys of the document."""

    kind: ClassVar[str]
    findings: tuple[Finding, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Signs of mistakes in the data or in the options, without those that are ignored."""
        return self._messages(WARNING)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on this report, without those that are ignored."""
        return self._messages(NOTE)

    def _messages(self, level: str) -> tuple[str, ...]:
        return tuple(found.message for found in self.findings if found.level == level and not found.ignored)

    def _derived(self) -> dict[str, Any]:
        """Return the keys of the document that are no fields, or that replace fields."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it: a number that is not finite is "Infinity", "-Infinity" or "NaN".

        See docs/score.md and docs/compare.md.
        """
        fields = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}  # type: ignore[arg-type]
        found: dict[str, Any] = as_json(
            {
                "schema": SCHEMA,
                "kind": self.kind,
                "lossary": __version__,
                **fields,
                **self._derived(),
                "notes": self.notes,
                "warnings": self.warnings,
            }
        )
        return found

    def to_html(
        self,
        *,
        title: str | None = None,
        names: Sequence[str] | None = None,
        command: str | None = None,
        made: str | None = None,
    ) -> str:
        """Return the report as one web page that needs no other file.

        ``title`` is its heading, ``names`` are those of the sides of a comparison; ``command`` and ``made`` are shown at the
        end: how and when the report was made. Pages of the command line have both.
        """
        from lossary.report.show.html import render

        return render(self.to_dict(), title=title, names=names, command=command, made=made)

    def to_markdown(self) -> str:
        """Return the report as Markdown, what matters most first, for a comment or a summary of a job."""
        from lossary.report.show.markdown import write

        return write(self.to_dict())

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        from html import escape

        # in a frame, the styles of the report and those of the notebook do not touch one another; without the base, links to
        # sections would open the notebook in the frame
        page = self.to_html().replace("<head>", '<head>\n<base href="about:srcdoc">', 1)
        return f'<iframe srcdoc="{escape(page)}" style="width: 100%; height: 48rem; border: 0" title="Report"></iframe>'

    def __str__(self) -> str:
        from lossary.report.show.text import write

        return write(self.to_dict())


def as_json(value: Any) -> Any:
    """Return plain dicts, lists, texts and numbers; a number that is not finite becomes text."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, (float, np.floating)):
        x = float(value)
        return x if math.isfinite(x) else "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"
    if isinstance(value, np.integer):
        return int(value)
    if dataclasses.is_dataclass(value):
        return {item.name: as_json(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(part) for part in value]
    return str(value)  # a date, say


def unit_of(loss: str) -> str | None:
    """Return the unit of a loss, or None if it is not known."""
    return "nats" if loss in ("binary_cross_entropy", "cross_entropy") else None
