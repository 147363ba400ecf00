"""What every loss can do. The kinds of loss are in ``pointwise.py``, ``softmax.py`` and ``composed.py``."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import as_numpy, to_numpy
from lossary.arrays.graph import as_graph_node
from lossary.arrays.real import check_indexes
from lossary.engine import dispatch, plans, preparation
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call
from lossary.engine.options import COMMON
from lossary.engine.reduction import Total
from lossary.engine.scaling import parts_of
from lossary.engine.swapped import warn_if_swapped
from lossary.engine.user_module import USER_PREFIX, load_attribute
from lossary.formula.formulas import Formulas
from lossary.formula.properties import Properties
from lossary.names import explains_options, unknown_option

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as Calls
    from lossary.engine.exact_sum import Scored
else:
    Calls = object

_PUBLIC = (
    "code", "curvature", "formula", "gradient", "latex",
    "parameters", "plot", "prepare", "problems", "properties", "total", "value_and_gradient"
)  # fmt: skip
"""What ``dir`` lists of a loss; the other methods without an underscore are for the layers that compute."""
_QUIET = np.errstate(all="ignore")
"""NumPy's warnings of overflow, underflow and NaN do not depend on the user's settings."""
_MISSING: Any = inspect.Parameter.empty
"""The default of an input; it does not show in a signature."""
_ARRAYS = ("weight", "where", "class_weight")
"""Options that are arrays."""


class Loss(Calculation, Calls):
    """A loss: its value, gradient and curvature on any supported arrays, and its formula in any language.

    Made by the decorators :func:`lossary.pointwise`, :func:`lossary.softmax` and :func:`lossary.composed`.
    """

    __qualname__: str

    def __init__(self, definition: Callable[..., Any], formulas: Formulas) -> None:
        super().__init__()
        self.definition = definition
        self.formulas = formulas
        self.__name__ = definition.__name__
        self.__qualname__ = definition.__qualname__
        self.__module__ = definition.__module__
        self.__doc__ = definition.__doc__
        self._compute = as_graph_node(functools.partial(dispatch.compute, self), quiet=False)
        self.__signature__ = self.signature()

    @classmethod
    def taken_names(cls) -> set[str]:
        """Return the names that no parameter of a definition may have."""
        return {*COMMON, *cls.extra_options, "prediction", "target", "given", "out", "self", "language", "squared"}

    # ---- what a user calls

    if not TYPE_CHECKING:  # what a type checker knows of these is in calls.pyi

        def __call__(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """The cost of predictions: by default the weighted mean of their losses."""
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            return self._compute("value", prediction, target, options)

        def gradient(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """The gradient of the cost with respect to the prediction, from the derived formula; takes what the loss takes.

            With ``reduction="none"``, the derivative of each sample's weighted loss with respect to its own prediction.
            """
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            return self._compute("gradient", prediction, target, options)

        def value_and_gradient(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """The cost and its gradient with respect to the prediction; takes what the loss takes."""
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            value, gradient = self._compute("value_and_gradient", prediction, target, options)
            return value, gradient

        def curvature(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """The second derivative of the cost with respect to each element of the prediction (the Hessian's diagonal)."""
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            return self._compute("curvature", prediction, target, options)

        def total(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """An exact, mergeable total of the weighted losses; takes what the loss takes, but no reduction.

            See :class:`lossary.Total`.
            """
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            for name in ("reduction", "normalizer", "empty", "returns"):
                if name in options:
                    raise TypeError(f"{self.__name__}.total: a total is a total, neither reduced nor more; leave out {name}=")
            if self.has_binary_target and options.get("check", True) is True:
                axis = self.class_axis(self.read_options(options))
                warn_if_swapped(self.__name__, select.of(prediction, target), prediction, target, axis)
            check_indexes(prediction, target, options.get("weight"))
            total, parts = Total(), parts_of(options.get("weight"))
            if not parts:
                total.add_weighted(*self.sample_losses(prediction, target, **options))
            for part, shift in parts:
                losses, weights = self.sample_losses(prediction, target, **{**options, "weight": part})
                total.add_scaled(losses, weights, shift)
                total.count = len(losses)
            return total

    def prepare(self, prediction: Any, target: Any, **options: Any) -> None:
        """Compile ahead what such calls will need: value, value and gradient, and on torch a step of training.

        Takes what the loss takes. The arrays say which dtypes, classes and options there will be, not how many samples: axes of
        samples may have length 0, or any but 1 (which stands for 1 itself), and tensors may be on the device ``meta``. Kernels
        are kept on disk for all processes of the machine; where one cannot be had, a RuntimeWarning says why.

        >>> import numpy as np, lossary
        >>> lossary.huber.prepare(np.empty(0, "float32"), np.empty(0, "float32"), delta=2.0)
        """
        call = self.read_call(prediction, target, options)
        if self.kind != "composed" and select.name_of(prediction, target) != "jax":  # these have no kernels
            preparation.prepare(self, call, options, plans.SMALLEST)

    @_QUIET
    def sample_losses(self, prediction: Any, target: Any, **options: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the weighted losses of unmasked samples and their weights (None if all are 1), as NumPy arrays of one axis.

        They are computed in the same way whatever their number, so that no loss depends on its batch.
        """
        arrays = {"prediction": prediction, "target": target, **{name: options[name] for name in _ARRAYS if name in options}}
        for role, value in arrays.items():
            if hasattr(value, "detach"):
                select.of(value).array(value, f"{self.__name__}: {role}")
                if value.is_meta:
                    raise ValueError(
                        f"{self.__name__}: {role} must hold numbers; got a tensor on meta; give it its numbers first"
                    )
        plain = {name: as_numpy(value) for name, value in arrays.items()}
        if not any(hasattr(value, "detach") for value in plain.values()):  # NumPy has no bfloat16
            prediction, target, options = plain.pop("prediction"), plain.pop("target"), {**options, **plain}
        checked = self.read_options({**options, "reduction": "none"})
        backend = select.of(prediction, target)
        call = self.in_rows(self.read(checked, backend, backend.detached(prediction), target))
        call.keep_compute_dtype = True
        losses = dispatch.losses_by_kernel(self, call)
        counted = None if losses is None else self.count_samples(call)
        if losses is None or counted is None:
            self.load(call)
            losses, counted = self.weighted_losses(call), (self.divisor_weight(call), call.mask)
        weights, mask = (None if array is None else to_numpy(array).reshape(-1) for array in counted)
        losses = to_numpy(losses).reshape(-1)
        return (losses, weights) if mask is None else (losses[mask], None if weights is None else weights[mask])

    def exact_losses(self, prediction: np.ndarray, target: np.ndarray, *, squared: bool, **options: Any) -> Scored | None:
        """Return unweighted losses of float64 predictions with their exact sums by one kernel, or None if there is none."""
        return None

    @_QUIET
    def problems(self, prediction: Any, target: Any, **options: Any) -> dict[str, np.ndarray]:
        """Return what is invalid about the input: for each kind of problem that occurs, a mask over the samples."""
        call = self.read_call(prediction, target, {**options, "check": None})
        self.load(call)
        found: dict[str, np.ndarray] = {}
        for problem in call.problems:
            samples = to_numpy(problem.samples())
            if samples.any():
                found[problem.kind] = found.get(problem.kind, False) | samples
        return found

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The loss's own parameters and their defaults."""
        return types.MappingProxyType(self.formulas.parameters)

    @property
    def properties(self) -> Properties:
        """What is known of the loss: its kind, domains, convexity, minimiser."""
        return self.formulas.properties

    @explains_options
    def latex(self, what: str = "value", *, given: str | None = None) -> str:
        """The formula of one sample as LaTeX: its ``"value"``, its ``"gradient"`` or its ``"curvature"``.

        A loss of a probability is written in terms of the probability; ``given="logits"`` writes it in terms of a raw score z.

        >>> import lossary
        >>> lossary.squared_error.latex()
        '\\\\left(\\\\hat{y} - y\\\\right)^{2}'
        """
        from lossary.formula.languages import latex

        if given is not None:
            self.check_choice("given", given, self.formulas.given)
        return latex.write(self.formulas, what, given)

    def code(self, language: str, **options: Any) -> str:
        """The formula as source text: ``"numpy"``, ``"torch"``, ``"jax"``, ``"numba"``, ``"javascript"`` or ``"sql"``.

        ``"gradient:javascript"`` and so on give the derivative with respect to the prediction, ``"curvature:…"`` the second.
        ``"numba"`` is the kernel for float64 arrays, value and gradient in one loop (``"value:numba"`` for the value alone).
        Parameters become arguments, but for SQL, where they are written in (``code("sql", delta=2)``).

        >>> import lossary
        >>> print(lossary.huber.code("javascript"))
        (prediction, target, delta) => {
          const t1 = prediction - target;
          const t2 = Math.abs(t1);
          return (t2 <= delta ? t1 ** 2 / 2 : delta * (t2 - delta / 2));
        }
        """
        from lossary.formula.languages.write import write

        return write(self.formulas, language, options, self.kernel_source)

    def plot(self, **options: Any) -> Any:
        """Return a figure of the loss and its gradient, ``loss.plot(delta=3)``; options as of :func:`lossary.plots.loss`."""
        from lossary.drawing.curve import draw_loss  # which imports matplotlib

        known = [*self.formulas.parameters, *(name for name in inspect.signature(draw_loss).parameters if name != "loss")]
        for name in options:
            if name not in known:
                raise unknown_option(f"{self.__name__}.plot", name, known)
        parameters = {name: options.pop(name) for name in self.formulas.parameters if name in options}
        if parameters:
            options["parameters"] = parameters
        return draw_loss(self, **options)

    def __dir__(self) -> list[str]:
        return sorted({*_PUBLIC, *(name for name in super().__dir__() if name.startswith("__"))})

    def __repr__(self) -> str:
        return f"<{self.kind} loss {self.__name__}{self.__signature__}>"

    def __prepare_scriptable__(self) -> NoReturn:  # torch.jit.script asks for it
        raise NotImplementedError(no_torchscript(self.__name__))

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self.__module__.startswith(USER_PREFIX):  # another process has not loaded that file yet
            return load_attribute, (sys.modules[self.__module__].__file__, self.__qualname__)
        return self.__qualname__  # pickled as what it is: a name in its module

    # ---- how a call runs

    def _refuse_inputs(self, prediction: Any, target: Any, extra: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Raise for inputs that are too many, or missing, perhaps because they have another library's names."""
        if extra:
            example = next(iter(self.formulas.parameters), "weight")
            raise TypeError(
                f"{self.__name__}: only prediction and target go by position; got {len(extra)} more; "
                f"name the others, as in {example}={extra[0] if isinstance(extra[0], (int, float)) else '…'}"
            )
        self.refuse_unknown(options)
        missing = [name for name, value in (("prediction", prediction), ("target", target)) if value is _MISSING]
        raise TypeError(
            f"{self.__name__} takes a prediction and a target; {' and '.join(missing)} "
            f"{'are' if len(missing) > 1 else 'is'} missing; pass prediction first, then target"
        )

    def read_call(self, prediction: Any, target: Any, options: dict[str, Any]) -> Call:
        """Return the call of these inputs and options, read but not loaded."""
        return self.read(self.read_options(options), select.of(prediction, target), prediction, target)


def no_torchscript(name: str) -> str:
    """Return why something has no TorchScript."""
    return (
        f"{name} has no TorchScript: that is compiled from Python source, and a loss is made of its formula as it runs; "
        "use torch.compile, torch.export or torch.jit.trace"
    )
