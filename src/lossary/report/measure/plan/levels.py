"""The levels of quantiles in the names of columns: ``q0.1``, ``p10``, ``Q05``, ``quantile_0.025``, ``model-lo-90``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lossary.engine.loss import Loss
from lossary.errors import UsageError
from lossary.report.measure.plan.select import Selection

LEVELS = "levels"
"""The parameter that these are."""
FROM_NAMES = "from-names"
"""What stands for the levels that the names of columns say."""
_NUMBER = re.compile(r"\d*\.?\d+")
_SIDE = re.compile(r"(?<![a-z])(?:(lo|low|lower)|(hi|high|upper))(?![a-z])[-_. ]*", re.IGNORECASE)
"""The end of a central interval, low or high, with what separates it from a number: ``Lo.80`` is 80."""
_MEDIAN = re.compile(r"(?<![a-z])median(?![a-z])", re.IGNORECASE)


def with_levels(
    loss: Loss, parameters: Mapping[str, Any], inputs: Mapping[str, Selection]
) -> tuple[dict[str, Any], dict[str, Selection]]:
    """Return parameters and inputs with the levels of quantiles as numbers, and the columns in their order.

    Where names of columns say levels, these are the ones asked for, and each column goes with its own.
    """
    found, columns = dict(parameters), dict(inputs)
    _check_ends(loss, parameters, inputs)
    asked, axes = parameters.get(LEVELS), loss.formulas.arrays.get(LEVELS)
    name = next((one for one in loss.inputs if axes and loss.formulas.axes.get(one) == axes), None)
    if name is None:
        return found, columns
    selection = columns[name]
    said = None if selection.names is None else levels_of(selection.columns)
    if asked is None:
        if said is not None:
            raise UsageError(
                f"{loss.__name__} takes other levels by default than the names {', '.join(selection.columns)} say; "
                'pass levels="from-names", or list them'
            )
        return found, columns
    if asked == FROM_NAMES:
        if said is None:
            raise UsageError(
                "levels are read from names such as q0.1, q05, p10, quantile_0.025 or model-lo-90, one column a level, all "
                f"written alike; got {', '.join(selection.columns)}{_without_level(selection.columns)}; pass them in the order "
                'of the columns, as in levels="0.1,0.5,0.9"'
            )
        asked = tuple(sorted(said))
    if said is not None:
        if sorted(said) != sorted(asked):
            raise UsageError(
                f"each column is the quantile of one level; the names {', '.join(selection.columns)} say "
                f'{", ".join(map(str, said))}, and levels are {", ".join(map(str, asked))}; pass levels="from-names"'
            )
        order = [said.index(level) for level in asked]
        names = selection.names or ()
        columns[name] = replace(
            selection,
            columns=tuple([selection.columns[i] for i in order]),
            names=tuple([names[i] for i in order]),
        )
    found[LEVELS] = asked
    return found, columns


def _check_ends(loss: Loss, parameters: Mapping[str, Any], inputs: Mapping[str, Selection]) -> None:
    """Raise if the names of the ends of an interval say another level than the loss takes."""
    if not {"lower", "upper"} <= inputs.keys() or not isinstance(alpha := parameters.get("alpha"), float):
        return
    said = _central([inputs["lower"].columns[0], inputs["upper"].columns[0]])
    if said is None or abs((said[1] - said[0]) - (1 - alpha)) < 1e-9:
        return
    names, level = f"{inputs['lower'].text} and {inputs['upper'].text}", said[1] - said[0]
    what = f"an interval of {level:.6g}" if level > 0 else "the ends in the other order"
    raise UsageError(
        f"{loss.__name__} takes the ends of an interval of the level 1 - alpha, alpha is {alpha:g}, and the names {names} say "
        f"{what}; pass the alpha that the names say, as in parameters={{'alpha': {1 - abs(level):.6g}}}, and the lower end as "
        "lower"
    )


def _without_level(columns: Sequence[str]) -> str:
    """Return which columns have a name without any number, in words."""
    bare = [column for column in columns if not _NUMBER.search(column) and not _MEDIAN.search(column)]
    return f" ({', '.join(bare[:3])} without a level: leave such columns out)" if 0 < len(bare) < len(columns) else ""


def levels_of(columns: Sequence[str]) -> tuple[float, ...] | None:
    """Return the levels that names of columns say, or None unless all say one, in the same way, and distinct ones.

    What differs between the names is a number: between 0 and 1, or in percent. Whole numbers of two digits or more are
    decimals: ``q025`` is 0.025, ``q05`` is 0.05. One digit alone, and numbers below 1 beside larger ones, are percent only
    after a p or before a percent sign. ``lo-90`` and ``hi-90`` are the ends of the central interval of 90 %, and one column
    beside others may be called a median.

    >>> levels_of(["q0.1", "q0.5"]), levels_of(["p5", "p50"]), levels_of(["q025_ahead", "q975_ahead"]), levels_of(["a1", "a2"])
    ((0.1, 0.5), (0.05, 0.5), (0.025, 0.975), None)
    >>> levels_of(["NHITS-median", "NHITS-lo-90", "NHITS-hi-90"]), levels_of(["2.5%", "50%"])
    ((0.5, 0.05, 0.95), (0.025, 0.5))
    """
    others = [column for column in columns if not _MEDIAN.search(column)]
    if len(others) == len(columns):
        found = _central(columns) if all(map(_SIDE.search, columns)) else _plain(columns)
    else:
        rest = levels_of(others) if others and len(columns) - len(others) == 1 else None
        levels = iter(rest or ())
        found = None if rest is None else tuple([0.5 if _MEDIAN.search(column) else next(levels) for column in columns])
    return found if found is not None and len(set(found)) == len(columns) and all(0 < x < 1 for x in found) else None


def _numbers(columns: Sequence[str], *, last: bool) -> list[str] | None:
    """Return the number in each name by which names differ, the last one where none differs and ``last``, or None."""
    found = [_NUMBER.findall(column) for column in columns]
    if len({len(numbers) for numbers in found}) != 1 or len({_NUMBER.sub("#", column) for column in columns}) != 1:
        return None
    places = [list(texts) for texts in zip(*found, strict=True)]
    varying = [texts for texts in places if len(set(texts)) > 1] or (places[-1:] if last else [])
    return varying[0] if len(varying) == 1 else None


def _central(columns: Sequence[str]) -> tuple[float, ...] | None:
    """Return the levels of the ends of central intervals, such as ``model-lo-90``."""
    sides = [_SIDE.findall(column) for column in columns]
    texts = _numbers([_SIDE.sub("|", column) for column in columns], last=True)
    if texts is None or any(len(found) != 1 for found in sides):
        return None
    numbers = [Decimal(text) for text in texts]
    share = numbers if any("." in text for text in texts) and max(numbers) < 1 else [number / 100 for number in numbers]
    tails = [(1 - x) / 2 for x in share]
    return tuple([float(tail if low else 1 - tail) for tail, [(low, _)] in zip(tails, sides, strict=True)])


def _plain(columns: Sequence[str]) -> tuple[float, ...] | None:
    """Return the levels of quantiles, such as ``q0.1``."""
    texts = _numbers(columns, last=len(columns) == 1)
    if texts is None:
        return None
    numbers = [Decimal(text) for text in texts]
    percent = [number / 100 for number in numbers]
    pairs = [*zip(columns, texts, strict=True)]
    after_p = all(re.search(rf"[pP]_?{re.escape(text)}(?!\d)", column) for column, text in pairs)
    before_sign = all(re.search(rf"{re.escape(text)} ?%", column) for column, text in pairs)
    if before_sign:
        levels = percent
    elif any("." in text for text in texts):
        levels = numbers if max(numbers) < 1 else percent if after_p or min(numbers) >= 1 else []
    elif min(map(len, texts)) >= 2:
        levels = [number.scaleb(-len(text)) for number, text in zip(numbers, texts, strict=True)]
    else:
        levels = percent if after_p else []
    return tuple(map(float, levels)) or None
