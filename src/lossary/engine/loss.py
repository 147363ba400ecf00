"""What every loss can do. The kinds of loss (pointwise, softmax, composed) are in ``kinds.py``."""

from __future__ import annotations

import dataclasses
import inspect
import math
import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from lossary import arrays as backends
from lossary import log
from lossary.arrays.real import check_indexes
from lossary.engine.call import (
    Call,
    Problem,
    Request,
    as_listed,
    as_numpy,
    check_number,
    check_size,
    is_array,
    no_torchscript,
    to_numpy,
    whole_number_problem,
)
from lossary.engine.reduction import EMPTY, REDUCTIONS, Reduction, Total, by_size
from lossary.engine.swapped import warn_if_swapped
from lossary.formula.definition import intervals_of, parameters_of
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression
from lossary.names import explains_options, unknown_option, wrong_choice

if TYPE_CHECKING:
    from lossary.engine.array_plan import Few
    from lossary.engine.calls import Loss as Calls
    from lossary.engine.exact_sum import Scored
    from lossary.engine.plans import Plan
    from lossary.kernels.task import Task
else:
    Calls = object

_PUBLIC = (
    "code", "curvature", "formula", "gradient", "latex",
    "parameters", "plot", "prepare", "problems", "properties", "total", "value_and_gradient"
)  # fmt: skip
"""What is listed of a loss; the other methods without an underscore are for the layers that compute."""

_QUIET = np.errstate(all="ignore")
"""What NumPy says of overflow, underflow and NaN does not depend on what the user has set for it."""
_COMMON: dict[str, Any] = {
    "weight": None,
    "where": None,
    "axis": None,
    "reduction": "mean",
    "normalizer": None,
    "empty": "nan",
    "check": True,
}
_MISSING: Any = inspect.Parameter.empty
"""What an input is that was not passed; as a default, it does not show in a signature."""
_REMEMBERED = 256
"""Checked options that a loss remembers; then it forgets all and starts anew."""
_ARGUMENTS = ("prediction", "target", "given", "out", "self", "language", "squared")
"""What else methods take, so that no parameter is called so."""
_ARRAYS = ("weight", "where", "class_weight")
"""Options that are arrays."""
_PLAIN = frozenset({str, int, float, bool, type(None)})
"""Types of options that need no arrays to be read."""


@dataclass(frozen=True)
class Properties:
    """What is known of a loss: one row of the table that documentation and tests read."""

    kind: str
    """"pointwise", "softmax" or "composed"."""
    given: tuple[str, ...]
    """What the prediction may be given as, the default first; empty where there is no choice."""
    prediction: Interval
    """Where the prediction of the formula may lie."""
    target: Interval
    """Where the target may lie."""
    convex: bool | None
    """Whether the loss is convex in the prediction as given by default; None where nobody said."""
    minimizer: str | None
    """The constant prediction with the least mean loss: "mean" or "median" of the target; None where it has no name."""


def _are_words(value: Any) -> bool:
    return type(value) is tuple and all(type(word) is str for word in value)


def _takes_gradient(out: Any, prediction: Any) -> bool:
    """Whether an array evidently takes the gradient with respect to a prediction."""
    if type(out) is not np.ndarray or type(prediction) is not np.ndarray:
        return False
    alike = out.shape == prediction.shape and out.dtype == prediction.dtype
    return alike and prediction.dtype.kind == "f" and out.flags.writeable and out.flags.c_contiguous


class Loss(ABC, Calls):
    """A loss: its value, gradient and curvature on any supported arrays, and its formula in any language.

    Made by the decorators :func:`lossary.pointwise`, :func:`lossary.softmax` and :func:`lossary.composed`.
    """

    kind: str
    __name__: str
    __qualname__: str
    traced: Expression
    """The formula just as the definition has it; composed losses have none."""
    _own: Mapping[str, Any] = {}
    """Options beside the common ones that this kind of loss has, with their defaults."""
    _sized: tuple[str, ...] = ()
    """Those of them that are numbers and computed with."""

    def __init__(
        self, definition: Callable[..., Any], leading: tuple[str, ...], *, convex: bool | None, minimizer: str | None
    ) -> None:
        self.definition = definition
        self.__name__ = definition.__name__
        self.__qualname__ = definition.__qualname__
        self.__module__ = definition.__module__
        self.__doc__ = definition.__doc__
        self._answer = backends.one_node(self._answer_now, quiet=False)
        self._requests: dict[Any, Request] = {}
        self.plans: dict[Any, Plan] = {}
        self._convex, self._minimizer = convex, minimizer
        taken = {*_COMMON, *self._own, *_ARGUMENTS}
        self._parameters = parameters_of(definition, self.kind, leading, taken)
        self._intervals = intervals_of(definition, leading, self._parameters, formula=self.kind != "composed")
        self.__signature__ = self._signature()

    # ---- what a user calls

    if not TYPE_CHECKING:  # what a type checker knows of these is in calls.pyi

        def __call__(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """The cost of predictions: by default the weighted mean of their losses."""
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            return self._answer("value", prediction, target, options)

        def gradient(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """The gradient of the cost with respect to the prediction, from the derived formula; takes what the loss takes.

            With ``reduction="none"``, the derivative of each sample's weighted loss with respect to its own prediction.
            """
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            return self._answer("gradient", prediction, target, options)

        def value_and_gradient(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """The cost and its gradient with respect to the prediction; takes what the loss takes."""
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            value, gradient = self._answer("value_and_gradient", prediction, target, options)
            return value, gradient

        def curvature(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """The second derivative of the cost with respect to each element of the prediction (the Hessian's diagonal)."""
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            return self._answer("curvature", prediction, target, options)

        def total(self, prediction=_MISSING, target=_MISSING, *extra, **options):
            """An exact, mergeable total of the weighted losses; takes what the loss takes, but no reduction.

            See :class:`lossary.Total`.
            """
            if extra or target is _MISSING or prediction is _MISSING:
                self._refuse_inputs(prediction, target, extra, options)
            for name in ("reduction", "normalizer", "empty", "returns"):
                if name in options:
                    raise TypeError(f"{self.__name__}.total: a total is a total, neither reduced nor more; leave out {name}=")
            if self._of_events and options.get("check", True) is True:
                axis = self._class_axis(self._read_options(options))
                warn_if_swapped(self.__name__, backends.of(prediction, target), prediction, target, axis)
            check_indexes(prediction, target, options.get("weight"))
            total, parts = Total(), _parts_of(options.get("weight"))
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
        from lossary.engine import plans, preparation

        call = self._read(prediction, target, options)
        if self.kind != "composed" and backends.name_of(prediction, target) != "jax":  # these have no kernels
            preparation.prepare(self, call, options, plans.SMALLEST)

    @_QUIET
    def sample_losses(self, prediction: Any, target: Any, **options: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """The weighted losses of the unmasked samples, and what each weighs (None if 1), as NumPy arrays of one axis.

        By one way of computing however few there are: so no loss depends on the batch that its sample is in.
        """
        arrays = {"prediction": prediction, "target": target, **{name: options[name] for name in _ARRAYS if name in options}}
        for role, value in arrays.items():
            if hasattr(value, "detach"):
                backends.of(value).array(value, f"{self.__name__}: {role}")
                if value.is_meta:
                    raise ValueError(
                        f"{self.__name__}: {role} must hold numbers; got a tensor on meta; give it its numbers first"
                    )
        plain = {name: as_numpy(value) for name, value in arrays.items()}
        if not any(hasattr(value, "detach") for value in plain.values()):  # NumPy has no bfloat16
            prediction, target, options = plain.pop("prediction"), plain.pop("target"), {**options, **plain}
        request = self._read_options({**options, "reduction": "none"})
        backend = backends.of(prediction, target)
        call = self._in_rows(self.read(request, backend, backend.detached(prediction), target))
        call.whole = True
        losses = backend.fused_losses(self, call)
        counted = None if losses is None else self.count_samples(call)
        if losses is None or counted is None:
            self._load(call)
            losses, counted = self._weighted_losses(call), (self._divisor_weight(call), call.mask)
        weights, mask = (None if array is None else to_numpy(array).reshape(-1) for array in counted)
        losses = to_numpy(losses).reshape(-1)
        return (losses, weights) if mask is None else (losses[mask], None if weights is None else weights[mask])

    def exact_losses(self, prediction: np.ndarray, target: np.ndarray, *, squared: bool, **options: Any) -> Scored | None:
        """Unweighted losses of float64 predictions with their exact sums, by one kernel; None where there is none."""
        return None

    def _in_rows(self, call: Call) -> Call:
        """The call with arrays that lie as if each sample stood in a row of its own: what is summed first depends on that."""
        backend = call.backend
        call.prediction, call.target = backend.contiguous(call.prediction), backend.contiguous(call.target)
        return call

    @_QUIET
    def problems(self, prediction: Any, target: Any, **options: Any) -> dict[str, np.ndarray]:
        """What is invalid about the input: for each kind of problem that occurs, a mask over the samples."""
        call = self._read(prediction, target, {**options, "check": None})
        self._load(call)
        found: dict[str, np.ndarray] = {}
        for problem in call.problems:
            samples = to_numpy(problem.samples())
            if samples.any():
                found[problem.kind] = found.get(problem.kind, False) | samples
        return found

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The loss's own parameters and their defaults."""
        return types.MappingProxyType(self._parameters)

    @cached_property
    def properties(self) -> Properties:
        """What is known of the loss: its kind, domains, convexity, minimiser."""
        return Properties(
            self.kind,
            self._given_choices(),
            self._intervals.get("prediction", Interval()),
            self._intervals.get("target", Interval()),
            self._convex,
            self._minimizer,
        )

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
            self._one_of("given", given, self._given_choices())
        return latex.write(self, what, given)

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
        from lossary.formula.languages import write

        return write(self, language, options)

    @property
    def own_options(self) -> Mapping[str, Any]:
        """Options that only this kind of loss has, with their defaults."""
        return types.MappingProxyType(dict(self._own))

    def read_code_options(self, options: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        """What ``code`` was given: the ``given``, and the value of every parameter."""
        choices = self._given_choices()
        known = {**self._parameters, **({"given": choices[0]} if choices else {})}
        for name in options:
            if name not in known:
                raise unknown_option(f"{self.__name__}.code", name, known)
        read = {**known, **options}
        given = read.pop("given", None)
        if given is not None:
            self._one_of("given", given, choices)
        return given, {
            name: self._number(backends.of(), name, value, self._intervals.get(name)) for name, value in read.items()
        }

    def plot(self, **options: Any) -> Any:
        """A figure of the loss and its gradient, ``loss.plot(delta=3)``; options as of :func:`lossary.plots.loss`."""
        from lossary import plots

        known = [*self._parameters, *(name for name in inspect.signature(plots.loss).parameters if name != "loss")]
        for name in options:
            if name not in known:
                raise unknown_option(f"{self.__name__}.plot", name, known)
        own = {name: options.pop(name) for name in self._parameters if name in options}
        if own:
            options["parameters"] = own
        return plots.loss(self, **options)

    def __dir__(self) -> list[str]:
        return sorted({*_PUBLIC, *(name for name in super().__dir__() if name.startswith("__"))})

    def __repr__(self) -> str:
        return f"<{self.kind} loss {self.__name__}{self.__signature__}>"

    def __prepare_scriptable__(self) -> NoReturn:  # torch.jit.script asks for it
        raise NotImplementedError(no_torchscript(self.__name__))

    def __reduce__(self) -> str | tuple[Any, ...]:
        from lossary.losses.find import OWN, find_loss

        if self.__module__.startswith(OWN):  # another process has not loaded that file yet
            return find_loss, (f"{sys.modules[self.__module__].__file__}:{self.__qualname__}",)
        return self.__qualname__  # pickled as what it is: a name in its module

    # ---- what the kinds add

    @abstractmethod
    def _read_input(self, backend: Any, prediction: Any, target: Any, request: Request) -> Call:
        """Arrays as they were given, their shapes and dtypes checked."""

    @abstractmethod
    def _load_input(self, call: Call) -> None:
        """Prediction and target as they are computed with, and all problems of their values listed."""

    def kernel_task(self, call: Call, with_loss: bool, order: int) -> tuple[Task, list[Any]] | None:
        """A fused kernel for the losses and the slopes (none for ``order`` 0), and the arrays that it reads.

        None where there is none for this call.
        """
        return None

    def counting_task(self, call: Call) -> tuple[Task, tuple[str, ...]] | None:
        """A kernel for the divisor of a mean, where samples differ, and what it reads; None where there is none."""
        return self._counting(call, labelled=False, ignored=None, class_weighted=False)

    def _counting(
        self, call: Call, *, labelled: bool, ignored: int | None, class_weighted: bool
    ) -> tuple[Task, tuple[str, ...]] | None:
        from lossary.kernels import counting

        name, weighted = call.backend.dtype_name, call.weight is not None and call.reduction.how == "mean"
        kernel = counting.Counting(
            precision=name(call.dtype),
            target=name(call.target.dtype) if labelled else None,
            weight=name(call.weight.dtype) if weighted else None,
            masked=call.mask is not None,
            ignoring=ignored is not None,
            class_weighted=class_weighted,
        )
        task = counting.task(kernel, math.prod(call.sample_shape), call.own.get("classes", 0), ignored or 0)
        return None if task is None else (task, kernel.reads())

    def kernel_source(self, given: str | None, with_loss: bool, order: int) -> str:
        """The text of a kernel for plain arrays, as an example of what is compiled."""
        raise TypeError(f"{self.__name__} is composed of array operations, so there is no kernel of it to write out")

    def few_function(self, call: Call, with_loss: bool, order: int) -> Few | None:
        """Return losses and slopes as a function of NumPy arrays, or None if there is none for such calls."""
        return None

    def count_samples(self, call: Call) -> tuple[Any, Any] | None:
        """What samples weigh and which ones count, before the call is loaded; None where that cannot be told."""
        weight = None if call.weight is None else call.backend.cast(call.weight, call.dtype)
        return weight, call.mask

    @abstractmethod
    def _weighted_losses(self, call: Call) -> Any:
        """wℓ for each sample, before masking."""

    @abstractmethod
    def _slopes(self, call: Call, order: int) -> Any:
        """The first or second derivative of each sample's wℓ with respect to its prediction."""

    def _divisor_weight(self, call: Call) -> Any:
        """What each sample counts in the divisor of the mean; None where each counts 1."""
        return call.weight

    def _given_choices(self) -> tuple[str, ...]:
        return ()

    def _class_axis(self, request: Request) -> int | None:
        """The axis of the classes, where there is one."""
        return None

    @cached_property
    def _of_events(self) -> bool:
        """Whether the target is a probability."""
        target = self.properties.target
        return (target.low, target.high) == (0, 1)

    @abstractmethod
    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """The formula of one sample or component: its value, or a derivative with respect to the prediction."""

    # ---- how a call runs

    def _refuse_inputs(self, prediction: Any, target: Any, extra: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Raise for inputs that are too many, or missing, perhaps because they have another library's names."""
        if extra:
            example = next(iter(self._parameters), "weight")
            raise TypeError(
                f"{self.__name__}: only prediction and target go by position; got {len(extra)} more; "
                f"name the others, as in {example}={extra[0] if isinstance(extra[0], (int, float)) else '…'}"
            )
        self._refuse_unknown(options)
        missing = [name for name, value in (("prediction", prediction), ("target", target)) if value is _MISSING]
        raise TypeError(
            f"{self.__name__} takes a prediction and a target; {' and '.join(missing)} "
            f"{'are' if len(missing) > 1 else 'is'} missing; pass prediction first, then target"
        )

    def _answer_now(self, operation: str, prediction: Any, target: Any, options: dict[str, Any]) -> Any:
        """The one place that decides how a call is computed: fused, or by plain array operations."""
        out = None
        if "out" in options:
            options = dict(options)
            out = options.pop("out")
        request = self._read_options(options)
        if request.own.get("returns") and operation not in ("value", "value_and_gradient"):
            raise TypeError(f"{self.__name__}: returns= adds to the value, which {operation} does not compute; leave it out")
        backend = backends.of(prediction, target)
        if self._of_events and request.check:
            warn_if_swapped(self.__name__, backend, prediction, target, self._class_axis(request))
        if out is not None and not (operation != "value" and _takes_gradient(out, prediction)):
            self._check_out(self.read(request, backend, prediction, target), operation, out)
        answer = backend.fused(self, request, operation, prediction, target, out)
        if answer is None and (scaled := _by_a_power_of_two(backend, options)):
            return self._answer_now(operation, prediction, target, scaled if out is None else {**scaled, "out": out})
        if answer is None:
            log.served(self.__name__, operation, prediction, target, "array operations")
            answer = self.answer_plainly(self.read(request, backend, prediction, target), operation)
        return answer if out is None else self._put(answer, out)

    @_QUIET
    def answer_plainly(self, call: Call, operation: str) -> Any:
        """The answer by array operations: the twin of every kernel, and differentiable where the backend is."""
        call = dataclasses.replace(call, problems=[])
        backend, reduction = call.backend, call.reduction
        self._load(call)
        divisor = None
        if reduction.how != "none":
            divisor = reduction.divisor(backend, call.sample_shape, self._divisor_weight(call), call.mask)
        losses = self._weighted_losses(call) if operation in ("value", "value_and_gradient") else None
        slopes = None if operation == "value" else self._slopes(call, 2 if operation == "curvature" else 1)
        answers = []
        if losses is not None:
            losses = call.masked(call.poisoned(losses, call.invalid), call.mask)
            answers.append(self._answer_value(call, self._finish_value(call, losses, reduction, divisor), losses))
        if slopes is not None:
            slopes = call.poisoned(slopes, None if call.invalid is None else call.spread(call.invalid))
            if reduction.how != "none":
                share = reduction.share(backend, divisor)
                slopes = backend.multiply(
                    slopes, backend.cast(share, call.dtype) if is_array(share) or isinstance(share, np.generic) else share
                )
            slopes = call.masked(slopes, None if call.mask is None else call.spread(call.mask))
            answers.append(backend.cast(self._as_given(call, slopes), call.given_dtype))
        return tuple(answers) if len(answers) > 1 else answers[0]

    def _check_out(self, call: Call, operation: str, out: Any) -> None:
        """Refuse an ``out=`` that cannot take the gradient."""
        name, shape = self.__name__, tuple(call.prediction.shape)
        if operation == "value":
            raise TypeError(f"{name}: out= takes a gradient, and the loss alone has none; use value_and_gradient(…, out=…)")
        if call.backend.differentiable or not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
            raise TypeError(f"{name}: out= is a NumPy array for the gradient of NumPy arrays; got {type(out).__name__}")
        flaw = "" if out.flags.writeable else ", read-only"
        if any(step == 0 and length > 1 for step, length in zip(out.strides, out.shape, strict=True)):
            flaw += ", whose elements share memory"
        if out.shape != shape or out.dtype != call.given_dtype or flaw:
            raise ValueError(
                f"{name}: out= is a writeable array of the gradient's shape {shape} and dtype {call.given_dtype}; got "
                f"shape {out.shape}, dtype {out.dtype}{flaw}; numpy.empty({shape}, '{call.given_dtype}') makes one"
            )

    @staticmethod
    def _put(answer: Any, out: np.ndarray) -> Any:
        """The answer with its gradient in the caller's array."""
        gradient = answer[1] if isinstance(answer, tuple) else answer
        if gradient is not out:
            np.copyto(out, gradient)
        return (answer[0], out) if isinstance(answer, tuple) else out

    def _answer_value(self, call: Call, cost: Any, losses: Any) -> Any:
        """What a call hands back for its value."""
        return cost

    def _finish_value(self, call: Call, losses: Any, reduction: Reduction, divisor: Any) -> Any:
        if reduction.how == "none":
            half = call.backend.is_half(call.given_dtype)
            return call.backend.cast(losses + 0.0, call.given_dtype if half else call.dtype)  # + 0.0: no loss of -0.0
        return call.backend.scalar(reduction.cost(call.backend, losses, divisor) + 0.0, call.dtype)

    def _read(self, prediction: Any, target: Any, options: dict[str, Any]) -> Call:
        return self.read(self._read_options(options), backends.of(prediction, target), prediction, target)

    def read(self, request: Request, backend: Any, prediction: Any, target: Any) -> Call:
        """The call with everything read that is not the values of arrays: options, shapes, dtypes."""
        return self.read_options_of(self._read_input(backend, prediction, target, request), request)

    def read_options_of(self, call: Call, request: Request) -> Call:
        """The call with the options read that are arrays, or may be."""
        backend = call.backend
        if not request.plain:
            intervals, numbers = self._intervals, call.parameters.items()
            call.parameters = {name: self._number(backend, name, value, intervals.get(name)) for name, value in numbers}
            normalizer = call.reduction.normalizer
            if normalizer is not None:
                call.reduction = dataclasses.replace(
                    call.reduction, normalizer=self._number(backend, "normalizer", normalizer, Interval(0.0))
                )
            self._read_weights(call, request.weight, request.where)
        arrays = {"prediction": call.prediction, "target": call.target, "weight": call.weight, "where": call.mask}
        backend.one_device(self.__name__, {**arrays, "class_weight": call.own.get("class_weight"), **call.parameters})
        self.check_sizes(call)
        return call

    def check_sizes(self, call: Call) -> None:
        """Refuse numbers that the dtype computed in cannot hold."""
        numbers = {**call.parameters, **{name: call.own[name] for name in self._sized if call.own.get(name) is not None}}
        for name, value in numbers.items():
            check_size(f"{self.__name__}: {name}", value, call.backend, call.dtype)
        if call.reduction.normalizer is not None:
            check_size(f"{self.__name__}: normalizer", call.reduction.normalizer, call.backend, call.dtype, inverted=True)

    @staticmethod
    def _add_whole_number_problem(call: Call, role: str, values: Any, axes: tuple[int, ...]) -> None:
        problem = whole_number_problem(call.backend, call.dtype, role, values, axes)
        if problem is not None:
            call.problems.append(problem)

    def _load(self, call: Call) -> None:
        """Arrays in the dtype and order that is computed in, and what is wrong with their values raised or marked."""
        where = call.mask
        self._load_input(call)
        if call.weight is not None:
            weight = call.weight
            call.weight = call.backend.cast(weight, call.dtype)
            call.problems.append(
                Problem("weight", ~(weight >= 0), weight, (), "a weight is a number ≥ 0", "use where= to leave samples out")
            )
            finite = "a weight is finite in the dtype computed in"
            call.problems.append(
                Problem("weight size", call.weight == math.inf, weight, (), finite, "divide all weights by the largest")
            )
            self._add_whole_number_problem(call, "weight", weight, ())
        if where is not None and call.mask is not where:
            call.mask = call.mask & where
        self.settle_problems(call, call.check)
        if call.check is not None:
            self._make_unused_harmless(call)

    def _read_options(self, options: dict[str, Any]) -> Request:
        """Options checked as far as that takes no arrays; remembered where all are plain numbers and words."""
        types_ = tuple(map(type, options.values()))
        if not _PLAIN.issuperset(types_):
            arrays = {name: value for name, value in options.items() if type(value) not in _PLAIN and not _are_words(value)}
            if not all(name in _ARRAYS and (name in _COMMON or name in self._own) for name in arrays):
                return self._check_options(options, plain=False)
            if arrays:
                plain = self._read_options({name: value for name, value in options.items() if name not in arrays})
                own = {**plain.own, **{name: arrays.pop(name) for name in ("class_weight",) if name in arrays}}
                return dataclasses.replace(plain, plain=False, own=own, **arrays)
        key = (*options.items(), types_)  # with the types, because 1 == True
        request = self._requests.get(key)
        if request is None:
            request = self._check_options(options, plain=True)
            if len(self._requests) >= _REMEMBERED:  # a divisor, say, may be another number at every call
                self._requests.clear()
            self._requests[key] = request
        return request

    def _check_options(self, options: dict[str, Any], *, plain: bool) -> Request:
        known = self._known_options()
        self._refuse_unknown(options)
        read = {**known, **options}
        self._one_of("reduction", read["reduction"], REDUCTIONS)
        self._one_of("empty", read["empty"], EMPTY)
        if not isinstance(read["check"], (bool, type(None))):
            raise TypeError(f"{self.__name__}: check is True or False; got {read['check']!r}")
        if "given" in read:
            self._one_of("given", read["given"], self._given_choices())
        if read["normalizer"] is not None and read["reduction"] == "none":
            raise ValueError(
                f'{self.__name__}: normalizer= divides a sum, and reduction="none" makes none; leave one of them out'
            )
        read |= self._checked_own(read)
        if plain:
            for name in self._parameters:
                read[name] = check_number(f"{self.__name__}: {name}", read[name], self._intervals.get(name) or Interval())
            if read["normalizer"] is not None:
                read["normalizer"] = check_number(f"{self.__name__}: normalizer", read["normalizer"], Interval(0.0))
        parameters = {name: read.pop(name) for name in self._parameters}
        reduction = Reduction(read.pop("reduction"), read.pop("normalizer"), read.pop("empty"))
        common = {name: read.pop(name) for name in ("weight", "where", "axis", "check")}
        plain = plain and common["weight"] is None and common["where"] is None  # one number is no array, but read as one
        return Request(
            plain=plain, options=object() if plain else None, parameters=parameters, reduction=reduction, own=read, **common
        )

    def _known_options(self) -> dict[str, Any]:
        """The options of a call with their defaults."""
        known = {**self._parameters, **self._own, **_COMMON}
        choices = self._given_choices()
        return {**known, "given": choices[0]} if choices else known

    def _refuse_unknown(self, options: Mapping[str, Any]) -> None:
        known = self._known_options()
        for name in options:
            if name not in known:
                raise unknown_option(self.__name__, name, ("prediction", "target", *known, "out"))

    def _checked_own(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options that only this kind of loss has, checked as far as that takes no arrays."""
        return {}

    def _one_of(self, name: str, value: Any, choices: tuple[str, ...]) -> None:
        if not isinstance(value, str) or value not in choices:
            raise wrong_choice(self.__name__, name, value, choices)

    def _number(self, backend: Any, name: str, value: Any, interval: Interval | None) -> Any:
        """A parameter or divisor: a plain number, or a 0-d array of torch or JAX, which stays one; checked where it can be."""
        interval = interval or Interval()
        role = f"{self.__name__}: {name}"
        if not is_array(value) or not backend.differentiable:
            return check_number(role, value, interval)
        if backends.name_of(value) != "numpy" and backends.of(value) is not backend:
            got = f"{type(value).__name__} of {backends.name_of(value)}"
            raise TypeError(f"{role} is a number, or an array of the prediction's library; got {got}; pass float({name})")
        # an array of torch or JAX may be learned or traced, so it stays one
        if value.ndim != 0:
            raise TypeError(f"{role} is one number; got an array of shape {tuple(value.shape)}")
        if backend.readable(value):
            check_number(role, value.item(), interval)
            return value
        return backend.xp.where(interval.outside(value), math.nan, value)

    def _read_weights(self, call: Call, weight: Any, where: Any) -> None:
        backend, shape = call.backend, call.sample_shape
        if weight is not None:
            weight = backend.array(as_listed(weight, call.prediction), f"{self.__name__}: weight")
            hint = "; weights of classes go into class_weight=" if "class_weight" in call.own else ""
            self._same_shape("weight", weight, shape, hint)
            if backend.kind(weight) == "bool":
                raise TypeError(f"{self.__name__}: weight is made of numbers; got bool; a mask goes into where=")
            call.weight = weight
        if where is not None:
            where = backend.array(as_listed(where, call.prediction), f"{self.__name__}: where")
            self._same_shape("where", where, shape)
            if backend.kind(where) != "bool":
                raise TypeError(
                    f"{self.__name__}: where is a mask of booleans, true for samples that count; got dtype {where.dtype}; "
                    "write where=mask != 0, or weight= for weights"
                )
            call.mask = where

    def _same_shape(self, name: str, array: Any, shape: tuple[int, ...], hint: str = "") -> None:
        if tuple(array.shape) != shape:
            raise ValueError(
                f"{self.__name__}: {name} has one value a sample, so its shape is {shape}; got {tuple(array.shape)}; "
                f"nothing is broadcast silently, so reshape or broadcast it first{hint}"
            )

    def settle_problems(self, call: Call, check: bool | None) -> None:
        """Raise for invalid values, or mark their samples where raising is impossible."""
        backend = call.backend
        if check is None:  # only asked for
            return
        problems = [p for p in call.problems if check or p.kind == "label"]
        if call.mask is not None:
            for problem in problems:
                mask = call.mask
                for axis in problem.axes:
                    mask = backend.expand(mask, axis)
                problem.mask = problem.mask & mask
        for problem in problems:
            if check and backend.readable(problem.mask):
                problem.refuse(self.__name__)
                continue
            samples = problem.samples()
            call.invalid = samples if call.invalid is None else call.invalid | samples

    def _make_unused_harmless(self, call: Call) -> None:
        """Replace masked samples, and those of weight 0, by some with a finite loss and slope."""
        backend = call.backend
        unused, nothing = None if call.mask is None else ~call.mask, self._weighs_nothing(call)
        weights = [x for x in (call.weight, call.own.get("class_weight")) if x is not None]
        if nothing is not None and any(map(backend.learned, weights)):
            nothing = self._hides(call, nothing)
        if nothing is not None:
            unused = nothing if unused is None else unused | nothing
        if unused is not None:
            self._make_harmless(call, unused)

    def _weighs_nothing(self, call: Call) -> Any:
        """Samples that weigh 0; None where there are no weights."""
        return None if call.weight is None else call.weight == 0

    def _hides(self, call: Call, nothing: Any) -> Any:
        """Of samples that weigh 0, those whose prediction must not be seen where the weight may be differentiated; or None."""
        return None

    def _as_given(self, call: Call, slopes: Any) -> Any:
        """Slopes with their axes where the caller's prediction has them."""
        return slopes

    @abstractmethod
    def _make_harmless(self, call: Call, unused: Any) -> None:
        """Replace samples that count nothing by some with a finite loss and slope."""

    def _signature(self) -> inspect.Signature:
        keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        options: dict[str, Any] = {**self._parameters}
        if self._given_choices():
            options["given"] = self._given_choices()[0]
        options |= {**self._own, **_COMMON}
        return inspect.Signature(
            [
                inspect.Parameter("prediction", either),
                inspect.Parameter("target", either),
                *(inspect.Parameter(name, keyword, default=default) for name, default in options.items()),
            ]
        )


def _float64(weight: Any) -> np.ndarray | None:
    """Weights as NumPy's numbers; None where there are none, or what is given is not numbers."""
    if weight is None or isinstance(weight, np.ma.MaskedArray):
        return None
    array = weight.detach().cpu().double().numpy() if hasattr(weight, "detach") else np.asarray(weight)
    return array.astype(np.float64) if array.dtype.kind in "iuf" else None


def _parts_of(weight: Any) -> list[tuple[Any, int]]:
    """Weights in parts whose products are numbers, each divided by 2 to a power; empty if they are one part, or no weights."""
    array = _float64(weight)
    parts = [] if array is None else by_size(array)
    if not any(shift for _, shift in parts):
        return []
    as_given = weight.detach().cpu().double().new_tensor if hasattr(weight, "detach") else np.asarray
    return [(as_given(part), shift) for part, shift in parts]


@_QUIET
def _by_a_power_of_two(backend: Any, options: dict[str, Any]) -> dict[str, Any] | None:
    """The options of a mean with weights of ordinary size, where they were very large or small; None where they were not.

    A common factor of all weights changes no mean, but their sum, or a product with a loss, may be no number.
    """
    if options.get("reduction", "mean") != "mean" or options.get("normalizer") is not None:
        return None
    found = dict[str, Any]()
    for name in ("weight", "class_weight"):
        value = options.get(name)
        if value is None or (is_array(value) and not backend.readable(value)) or (array := _float64(value)) is None:
            continue
        largest = float(array.max(initial=0.0))
        exponent = math.frexp(largest)[1]
        if 0 < largest < math.inf and abs(exponent) > _ORDINARY:
            half = exponent // 2  # 2^-exponent alone may be no number
            value = array if not is_array(value) else value.double() if hasattr(value, "detach") else value
            found[name] = value * 2.0**-half * 2.0 ** (half - exponent)
    return {**options, **found} if found else None


_ORDINARY = 30
"""Powers of 2 up to which a largest weight is taken as it is."""
