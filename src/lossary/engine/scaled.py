"""A loss over a scale: ``scaled(absolute_error)`` takes ``by=``, what each loss is divided by."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lossary.engine.call import Options
from lossary.engine.combination import one_formula
from lossary.engine.loss import Loss
from lossary.engine.pointwise import Pointwise
from lossary.engine.samplewise import Samplewise
from lossary.formula.domains import Positive
from lossary.formula.expression import Expression, FormulaError
from lossary.formula.reading import ChoiceValue


def scaled(loss: Loss, by: Any = 1.0) -> Loss:
    """Return a loss over a scale, such as that of a naive forecast: :math:`\\ell / s` (Hyndman and Koehler, 2006).

    ``by`` is the scale s > 0 that calls divide by unless they pass another: a number, or an array with one value a sample. It
    is a parameter of the loss that is returned. :func:`lossary.naive_scale` finds the scale of a time series: then the mean of
    the scaled absolute error is MASE, and the root of that of the scaled squared error RMSSE.

    Takes pointwise and samplewise losses, and raises for others; divide their cost instead. A scale of 0 raises, too.

    >>> import lossary
    >>> mase = lossary.scaled(lossary.absolute_error)
    >>> float(mase([12.0, 15.0], [11.0, 13.0], by=lossary.naive_scale([2.0, 4.0, 3.0, 9.0])))
    0.5
    """
    if not isinstance(loss, (Pointwise, Samplewise)) or isinstance(loss, OverScale):
        got = getattr(loss, "__name__", type(loss).__name__)
        raise TypeError(
            f"scaled: the loss is a pointwise or samplewise one, not scaled yet; got {got}; divide its cost instead"
        )
    return (PointwiseOverScale if isinstance(loss, Pointwise) else SamplewiseOverScale)(loss, by)


class OverScale(Loss):
    """What losses over a scale have in common: the scale that is theirs by default."""

    _loss: Loss
    _by: Any

    def _prepare(self, loss: Loss, by: Any) -> tuple[Callable[..., Any], dict[str, Any]]:
        """Keep loss and scale, and return the definition and its facts."""
        self._loss = loss
        base, facts = one_formula([(loss, 1.0)])
        self._by = by = by.item() if isinstance(by, np.generic) else by
        number = by if type(by) in (int, float) else 1.0

        def definition(*inputs: Any, by: Any, **own: Any) -> Any:
            return base(*inputs, **own) / by

        signature = inspect.signature(base)
        scale = inspect.Parameter("by", inspect.Parameter.KEYWORD_ONLY, default=number)
        definition.__signature__ = signature.replace(parameters=[*signature.parameters.values(), scale])  # type: ignore[attr-defined]
        definition.__annotations__ = {**base.__annotations__, "by": Positive}
        definition.__name__ = definition.__qualname__ = f"scaled {loss.__name__}"
        definition.__doc__ = f"The loss {loss.__name__}, divided by a scale."
        return definition, facts

    def _offer_choices(self) -> None:
        if self._loss.choices:

            def over_scale(words: dict[str, ChoiceValue]) -> Loss:
                return scaled(self._loss.of_words(*words.values()), self._by)

            self.offer(self._loss.choices, over_scale)

    def read_options(self, options: dict[str, Any]) -> Options:
        """Return options, with the scale that is the default: no definition has an array as a default."""
        return super().read_options({"by": self._by, **options})

    def sample_losses(self, *inputs: Any, **options: Any) -> Any:
        """Return the weighted losses of unmasked samples and their weights, as NumPy arrays of one axis."""
        return super().sample_losses(*inputs, **{"by": self._by, **options})

    def in_formula(self, inputs: Sequence[Any], own: Mapping[str, Any], given: str | None) -> Expression:
        """Return the formula of one sample, or raise where the scale is an array."""
        if self._by is not self.parameters["by"]:
            raise FormulaError(
                f"{self.__name__}: within a sum or a definition the scale is a parameter; got an array with scaled(…, by=…); "
                "leave it out there, and pass by= in the call"
            )
        return super().in_formula(inputs, own, given)

    def __reduce__(self) -> tuple[Any, ...]:
        return scaled, (self._loss, self._by)


class PointwiseOverScale(OverScale, Pointwise):
    """A pointwise loss over a scale."""

    def __init__(self, loss: Loss, by: Any) -> None:
        definition, facts = self._prepare(loss, by)
        super().__init__(definition, minimizer=loss.properties.minimizer, **facts)
        self._offer_choices()


class SamplewiseOverScale(OverScale, Samplewise):
    """A samplewise loss over a scale."""

    def __init__(self, loss: Loss, by: Any) -> None:
        definition, facts = self._prepare(loss, by)
        super().__init__(definition, **facts)
        self._offer_choices()
