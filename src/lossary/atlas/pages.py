"""The pages of the atlas. To add one, write a module in ``web/pages`` and name it here; see ``docs/atlas.md``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lossary.atlas import facts, lessons
from lossary.atlas.curves import Curve, comparable, curves_of
from lossary.atlas.facts import in_both
from lossary.atlas.spark import spark
from lossary.losses.find import registry


@dataclass(frozen=True)
class Page:
    """One page: the module that draws it, and what it is given."""

    name: str
    module: str
    """The path of its module within ``web``."""
    data: Callable[[], dict[str, Any]] = field(default=dict)
    """Returns what the module finds as ``data``."""
    curves: Callable[[], Sequence[Curve]] = field(default=list)
    """Returns the curves whose functions the module finds as ``functions``."""
    message: str | None = None
    """The key of its name in the bar above all pages, or None if it is not there."""
    hue: float = 255.0
    """The angle of its accent colour."""
    styles: tuple[str, ...] = ("style.css",)
    """The paths of its styles within ``web``."""


def _index() -> dict[str, Any]:
    return {"losses": [{**facts.row(name), **in_both(name), "spark": spark(registry[name])} for name in registry]}


def _of_loss(name: str) -> Page:
    curves = curves_of(registry[name])
    others = list(comparable(curves))

    def data() -> dict[str, Any]:
        found = {**facts.facts(name), **in_both(name)}
        found["limits"] = [{**limit, **in_both(limit["loss"])} for limit in found["limits"]]
        found["lessons"] = lessons.of_loss(registry[name])
        found["others"] = [{**curve.as_data(), **in_both(curve.loss.__name__)} for curve in others]
        beside = {curve.loss.__name__: registry[curve.loss.__name__] for curve in others}
        found["beside"] = {
            key: {"sliders": facts.parameters(loss), "choices": facts.choices(loss)} for key, loss in beside.items()
        }
        return found

    return Page(name, "pages/loss.js", data, lambda: [*curves, *others], hue=facts.hue(name))


def _lesson(name: str, hue: float, losses: Sequence[Curve] = (), message: str | None = None) -> Page:
    styles = ("style.css", "lessons.css")
    return Page(name, f"pages/{name}.js", lambda: lessons.data(losses), lambda: losses, message, hue, styles)


PAGES: tuple[Page, ...] = (
    Page("index", "pages/index.js", _index, message="page.index"),
    _lesson("learn", 255.0, message="page.learn"),
    _lesson("tour", 60.0, lessons.OF_THE_ARTICLE),
    _lesson("softmax", 285.0),
    _lesson("regression", 255.0, lessons.OF_LINES),
    _lesson("classification", 345.0, lessons.OF_A_CLASS),
    _lesson("information", 310.0),
    Page("file", "pages/file.js", lessons.of_a_file, lambda: lessons.OF_A_FILE, None, 150.0, ("style.css", "lessons.css")),
)
"""The pages beside those of losses, in the order of the bar."""


def names() -> list[str]:
    """Return the names of all pages."""
    return [*(page.name for page in PAGES), *registry]


def page(name: str) -> Page:
    """Return a page by its name: one of ``PAGES``, or that of a loss."""
    return next((page for page in PAGES if page.name == name), None) or _of_loss(name)
