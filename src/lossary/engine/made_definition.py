"""Definitions that are made of formulas: of a loss that follows from another one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from lossary.engine.inputs import Definition
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression
from lossary.formula.rewrite import substitute


def make_definition(
    name: str, inputs: Sequence[str], parameters: Mapping[str, Any], intervals: Mapping[str, Interval], formula: Expression
) -> Callable[..., Any]:
    """Return a definition with these inputs and parameters, whose names are those of the symbols of its formula."""

    def definition(*values: Any, **rest: Any) -> Any:
        return substitute(formula, dict(zip(inputs, values, strict=True)) | rest)

    keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = [inspect.Parameter(input_, either) for input_ in inputs]
    signature += [inspect.Parameter(parameter, keyword, default=x) for parameter, x in parameters.items()]
    made: Definition = definition
    made.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    made.__annotations__ = {argument: Annotated[Any, intervals[argument]] for argument in (*inputs, *parameters)}
    made.__name__ = made.__qualname__ = name
    return made
