"""The levels of quantiles in the names of columns: ``q0.1``, ``p10``, ``Q05``, ``quantile_0.025``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lossary.engine.loss import Loss
from lossary.errors import UsageError
from lossary.report.measure.select import Selection

LEVELS = "levels"
"""The parameter that these are."""
FROM_NAMES = "from-names"
"""What stands for the levels that the names of columns say."""
_NUMBER = re.compile(r"\d*\.?\d+")


def with_levels(
    loss: Loss, parameters: Mapping[str, Any], inputs: Mapping[str, Selection]
) -> tuple[dict[str, Any], dict[str, Selection]]:
    """Return parameters and inputs with the levels of quantiles as numbers, and the columns in their order.

    Where names of columns say levels, these are the ones asked for, and each column goes with its own.
    """
    found, columns = dict(parameters), dict(inputs)
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
                f"levels are read from names such as q0.1, q05, p10 or quantile_0.025, one column a level, all written alike; "
                f'got {", ".join(selection.columns)}; pass them in the order of the columns, as in levels="0.1,0.5,0.9"'
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


def levels_of(columns: Sequence[str]) -> tuple[float, ...] | None:
    """Return the levels that names of columns say, or None unless all say one, in the same way, and distinct ones.

    What differs between the names is a number: between 0 and 1, or in percent. Whole numbers of two digits or more are
    decimals: ``q025`` is 0.025, ``q05`` is 0.05. One digit alone, and numbers below 1 beside larger ones, are percent only
    after a p.

    >>> levels_of(["q0.1", "q0.5"]), levels_of(["p5", "p50"]), levels_of(["q025_ahead", "q975_ahead"]), levels_of(["a1", "a2"])
    ((0.1, 0.5), (0.05, 0.5), (0.025, 0.975), None)
    """
    found = [_NUMBER.findall(column) for column in columns]
    if len({len(numbers) for numbers in found}) != 1 or len({_NUMBER.sub("#", column) for column in columns}) != 1:
        return None
    places = [*zip(*found, strict=True)]
    varying = [texts for texts in places if len(set(texts)) > 1] if len(found) > 1 else places[-1:]
    if len(varying) != 1:
        return None
    texts = varying[0]
    numbers = [Decimal(text) for text in texts]
    percent = [number / 100 for number in numbers]
    after_p = all(re.search(rf"[pP]_?{re.escape(text)}(?!\d)", column) for column, text in zip(columns, texts, strict=True))
    if any("." in text for text in texts):
        levels = numbers if max(numbers) < 1 else percent if after_p or min(numbers) >= 1 else []
    elif min(map(len, texts)) >= 2:
        levels = [number.scaleb(-len(text)) for number, text in zip(numbers, texts, strict=True)]
    else:
        levels = percent if after_p else []
    if len(set(levels)) < len(columns) or not all(0 < level < 1 for level in levels):
        return None
    return tuple(map(float, levels))
