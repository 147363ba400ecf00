"""The three kinds of loss, and the decorators that make a loss of a definition."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from lossary.derive import derivative, stable, substitute, trace
from lossary.domains import Interval
from lossary.expression import Expression, apply, symbol
from lossary.loss import Call, Loss, Problem, check_number
from lossary.vocabulary import exp, log, sigmoid, xmuly

Definition = Callable[..., Any]
Link = tuple[Callable[[Expression], Expression], Interval]

PROBABILITIES: Mapping[str, Link] = {
    "logits": (sigmoid, Interval()),
    "probabilities": (lambda p: p, Interval(0.0, 1.0)),
    "log_probabilities": (exp, Interval(high=0.0)),
}
"""What a prediction that is a probability may be given as: how the formula's prediction follows, and where the given lies."""

_LOGITS_HINT = 'these look like raw scores: pass given="logits", or apply softmax or a sigmoid first'
_SUM_TOLERANCE = 1e-4


class Pointwise(Loss):
    """Element by element: every element is a sample, or a component of one if ``axis`` says so."""

    kind = "pointwise"

    def __init__(
        self,
        definition: Definition,
        *,
        given: Mapping[str, Link] | None = None,
        convex: bool | None = None,
        minimizer: str | None = None,
    ) -> None:
        self._links = given or {}
        super().__init__(definition, ("prediction", "target"), convex=convex, minimizer=minimizer)
        self._formulas: dict[tuple[str | None, int, bool], Expression] = {}

    def _given_choices(self) -> tuple[str, ...]:
        return tuple(self._links)

    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """The formula of one element."""
        return self._formula(given, order, weighted=False)

    def _formula(self, given: str | None, order: int, *, weighted: bool) -> Expression:
        key = (given, order, weighted)
        if key not in self._formulas:
            formula = trace(self.definition, ("prediction", "target", *self._parameters))
            if given is not None:
                formula = substitute(formula, {"prediction": self._links[given][0](symbol("prediction"))})
            formula = stable(formula)
            if weighted:  # inside the formula, so that an infinite slope of weight 0 counts nothing: 0·inf = 0
                formula = xmuly(symbol("weight"), formula)
            for _ in range(order):
                formula = derivative(formula, "prediction")
            self._formulas[key] = formula
        return self._formulas[key]

    def _read_input(self, backend: Any, prediction: Any, target: Any, axis: Any, own: dict[str, Any]) -> Call:
        prediction = backend.array(prediction, f"{self.__name__}: prediction")
        target = backend.array(target, f"{self.__name__}: target")
        refuse_bool(self, backend, prediction)
        shape = tuple(prediction.shape)
        if tuple(target.shape) != shape:
            raise ValueError(
                f"{self.__name__}: prediction and target have the same shape; got {shape} and {tuple(target.shape)}; "
                "nothing is broadcast silently, so reshape one of them (often with squeeze() or [:, None])"
            )
        axes = self._axes(axis, len(shape))
        dtype = backend.compute_dtype(prediction, target)
        call = Call(
            backend=backend,
            prediction=backend.cast(prediction, dtype),
            target=backend.cast(target, dtype),
            dtype=dtype,
            given_dtype=prediction.dtype if backend.kind(prediction) == "float" else dtype,
            sample_shape=tuple(n for i, n in enumerate(shape) if i not in axes),
            axes=axes,
            own=own,
        )
        given = own.get("given")
        interval = self._links[given][1] if given else self.properties.prediction
        add_interval_problem(call, "prediction", call.prediction, interval, _remedy(given, interval))
        add_interval_problem(call, "target", call.target, self.properties.target, "check the target column or its scale")
        return call

    def _axes(self, axis: Any, ndim: int) -> tuple[int, ...]:
        if axis is None:
            return ()
        axes = axis if isinstance(axis, tuple) else (axis,)
        return tuple(sorted({normalize_axis(self, a, ndim) for a in axes}))

    def _evaluate(self, call: Call, order: int) -> Any:
        values = {"prediction": call.prediction, "target": call.target, **call.parameters}
        if call.weight is not None:
            weight = call.spread(call.weight)
            if call.axes:
                weight = call.backend.xp.broadcast_to(weight, tuple(call.prediction.shape))
            values["weight"] = weight
        formula = self._formula(call.own.get("given"), order, weighted=call.weight is not None)
        return call.backend.evaluate(formula, values, call.prediction)

    def _weighted_losses(self, call: Call) -> Any:
        return call.backend.add_up(self._evaluate(call, 0), call.axes)

    def _slopes(self, call: Call, order: int) -> Any:
        return self._evaluate(call, order)

    def _make_harmless(self, call: Call, unused: Any) -> None:
        where, unused = call.backend.xp.where, call.spread(unused)
        given = call.own.get("given")
        interval = self._links[given][1] if given else self.properties.prediction
        call.prediction = where(unused, interval.inner_point, call.prediction)
        call.target = where(unused, self.properties.target.inner_point, call.target)


class Softmax(Loss):
    """Row by row: Σₖ tₖ f(log pₖ) over the classes of one axis, f being the definition and p = softmax(logits)."""

    kind = "softmax"
    _own: Mapping[str, Any] = {"class_weight": None, "ignore_index": None, "label_smoothing": 0.0}

    def __init__(self, definition: Definition, *, convex: bool | None = None) -> None:
        super().__init__(definition, ("log_probability",), convex=convex, minimizer="mean")

    def _given_choices(self) -> tuple[str, ...]:
        return tuple(PROBABILITIES)

    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """f(log p) and its derivatives; of the logits' log-softmax, or of the prediction where it is a probability."""
        formula = trace(self.definition, ("log_probability", *self._parameters))
        if given == "probabilities":
            formula = substitute(formula, {"log_probability": log(symbol("prediction"))})
        elif given == "log_probabilities":
            formula = substitute(formula, {"log_probability": symbol("prediction")})
        formula = stable(formula)
        for _ in range(order):
            formula = derivative(formula, "log_probability" if given in (None, "logits") else "prediction")
        return formula

    def _read_input(self, backend: Any, prediction: Any, target: Any, axis: Any, own: dict[str, Any]) -> Call:
        prediction = backend.array(prediction, f"{self.__name__}: prediction")
        target = backend.array(target, f"{self.__name__}: target")
        refuse_bool(self, backend, prediction)
        if isinstance(axis, tuple):
            raise TypeError(f"{self.__name__}: axis is the one axis of the classes; got {axis}")
        axis = normalize_axis(self, -1 if axis is None else axis, prediction.ndim)
        classes, dense = prediction.shape[axis], target.ndim == prediction.ndim
        sample_shape = tuple(n for i, n in enumerate(prediction.shape) if i != axis)
        if classes == 0:
            raise ValueError(f"{self.__name__}: there is at least one class; got a class axis of length 0")
        if tuple(target.shape) != (tuple(prediction.shape) if dense else sample_shape):
            raise ValueError(
                f"{self.__name__}: target holds class indices of shape {sample_shape}, or class probabilities of shape "
                f"{tuple(prediction.shape)}; got {tuple(target.shape)}; the class axis is {axis}, pass axis= if it is another"
            )
        dtype = backend.compute_dtype(prediction, target)
        call = Call(
            backend=backend,
            prediction=backend.move_axis(backend.cast(prediction, dtype), axis, -1),
            target=target,
            dtype=dtype,
            given_dtype=prediction.dtype if backend.kind(prediction) == "float" else dtype,
            sample_shape=sample_shape,
            axes=(prediction.ndim - 1,),
            own={**own, "axis": axis, "classes": classes, "dense": dense},
        )
        smoothing = own["label_smoothing"]
        call.own["label_smoothing"] = check_number(f"{self.__name__}: label_smoothing", smoothing, Interval(0.0, 1.0))
        self._read_prediction(call, prediction)
        if dense:
            self._read_dense_target(call, axis)
        else:
            self._read_labels(call)
        self._read_class_weight(call)
        return call

    def _read_prediction(self, call: Call, prediction: Any) -> None:
        given = call.own["given"]
        if given == "logits":
            return
        interval = PROBABILITIES[given][1]
        add_interval_problem(call, "prediction", call.prediction, interval, _remedy(given, interval))
        xp = call.backend.xp
        probabilities = xp.exp(call.prediction) if given == "log_probabilities" else call.prediction
        self._add_sum_problem(call, "prediction", probabilities, prediction.dtype)

    def _read_dense_target(self, call: Call, axis: int) -> None:
        backend, own_dtype = call.backend, call.target.dtype
        if call.own["ignore_index"] is not None:
            raise TypeError(
                f"{self.__name__}: ignore_index= is a class index, but target holds class probabilities; use where= instead"
            )
        call.target = backend.move_axis(backend.cast(call.target, call.dtype), axis, -1)
        add_interval_problem(call, "target", call.target, Interval(0.0, 1.0), "pass class indices or class probabilities")
        self._add_sum_problem(call, "target", call.target, own_dtype)

    def _add_sum_problem(self, call: Call, role: str, probabilities: Any, given_dtype: Any) -> None:
        backend = call.backend
        half = backend.is_half(given_dtype)
        tolerance = backend.eps(given_dtype) ** 0.5 if half else _SUM_TOLERANCE
        sums = backend.add_up(probabilities, (probabilities.ndim - 1,))
        what = "log_probabilities" if call.own["given"] == "log_probabilities" and role == "prediction" else "probabilities"
        call.problems.append(
            Problem(
                f"{role} sum",
                ~(abs(sums - 1) <= tolerance),
                sums,
                (),
                f"the {what} of a {role} row sum to 1 (within {tolerance:.0e})",
                "normalise the rows yourself, or pass check=False to take them as they are"
                + (f"; if {_LOGITS_HINT}" if role == "prediction" else ""),
            )
        )

    def _read_labels(self, call: Call) -> None:
        backend, labels, ignored = call.backend, call.target, call.own["ignore_index"]
        if backend.kind(labels) != "integer":
            raise TypeError(
                f"{self.__name__}: class indices are integers; got dtype {labels.dtype} of shape {tuple(labels.shape)}; "
                "convert them with astype(int), or pass class probabilities with a class axis"
            )
        counted = None
        if ignored is not None:
            try:
                ignored = operator.index(ignored)
            except TypeError:
                raise TypeError(f"{self.__name__}: ignore_index is an integer; got {ignored!r}") from None
        index = backend.class_index(labels)
        if ignored is not None and (ignored >= 0 or backend.signed(labels)):
            counted = index != ignored
            call.mask = counted
        outside = (index < 0) | (index >= call.own["classes"])
        call.problems.append(
            Problem(
                "label",
                outside if counted is None else outside & counted,
                labels,
                (),
                f"a class index lies in 0 … {call.own['classes'] - 1}, there being {call.own['classes']} classes",
                "pass ignore_index= if this index marks rows to leave out"
                if counted is None
                else f"only ignore_index={ignored} marks rows to leave out",
            )
        )
        harmless = backend.readable(outside) and not bool(outside.any())
        call.target = index if harmless else backend.xp.where(outside, 0, index)

    def _read_class_weight(self, call: Call) -> None:
        backend, weight = call.backend, call.own["class_weight"]
        if weight is None:
            return
        if isinstance(weight, (list, tuple)) and backend.differentiable:
            weight = backend.xp.asarray(weight)
        weight = backend.array(weight, f"{self.__name__}: class_weight")
        if tuple(weight.shape) != (call.own["classes"],):
            raise ValueError(
                f"{self.__name__}: class_weight has one weight a class, so its shape is ({call.own['classes']},); "
                f"got {tuple(weight.shape)}"
            )
        valid = (weight >= 0).all()
        if backend.readable(valid) and not bool(valid):
            raise ValueError(f"{self.__name__}: a class weight is a number ≥ 0; got {weight}")
        call.own["class_weight"] = backend.cast(weight, call.dtype)

    def _divisor_weight(self, call: Call) -> Any:
        # a sample weighs w·Σ tₖcₖ, t before smoothing
        class_weight = call.own["class_weight"]
        if class_weight is None:
            return call.weight
        if call.own["dense"]:
            per_sample = call.backend.add_up(call.target * class_weight, (call.target.ndim - 1,))
        else:
            per_sample = class_weight[call.target]
        return per_sample if call.weight is None else per_sample * call.weight

    def _coefficients(self, call: Call) -> Any:
        """w·tₖ·cₖ for every class, t after smoothing."""
        backend, smoothing = call.backend, call.own["label_smoothing"]
        target = call.target
        if not call.own["dense"]:
            target = backend.one_hot(target, call.own["classes"], call.prediction)
        if smoothing:
            target = target * (1 - smoothing) + smoothing / call.own["classes"]
        if call.own["class_weight"] is not None:
            target = target * call.own["class_weight"]
        return target if call.weight is None else target * call.weight[..., None]

    def _terms(self, call: Call, coefficient: Any, prediction: Any, order: int) -> Any:
        """Coefficient times f, or its derivative, of each class; in terms of log p where logits are given."""
        given = call.own["given"]
        name = "log_probability" if given == "logits" else "prediction"
        formula = xmuly(symbol("coefficient"), self.formula(given, order))
        values = {"coefficient": coefficient, name: prediction, **call.parameters}
        return call.backend.evaluate(formula, values, prediction)

    def _weighted_losses(self, call: Call) -> Any:
        backend = call.backend
        log_p = backend.log_softmax(call.prediction) if call.own["given"] == "logits" else call.prediction
        if call.own["dense"] or call.own["label_smoothing"]:
            terms = self._terms(call, self._coefficients(call), log_p, 0)
            return backend.add_up(terms, (terms.ndim - 1,))
        weight = self._divisor_weight(call)
        log_p = backend.take(log_p, call.target)
        return self._terms(call, backend.full(tuple(log_p.shape), 1.0, log_p) if weight is None else weight, log_p, 0)

    def _slopes(self, call: Call, order: int) -> Any:
        backend, coefficients = call.backend, self._coefficients(call)
        if call.own["given"] != "logits":
            return self._terms(call, coefficients, call.prediction, order)
        log_p = backend.log_softmax(call.prediction)
        p, rest = backend.xp.exp(log_p), -backend.xp.expm1(log_p)  # p and 1 - p, neither by a subtraction that cancels
        first = self._terms(call, coefficients, log_p, 1)
        first_sum = backend.add_up(first, (first.ndim - 1,))[..., None]
        if order == 1:
            # Σₖ sₖ(δⱼₖ - pⱼ) with sₖ = tₖf′(log pₖ), as sⱼ(1 - pⱼ) - pⱼ Σ_{k≠j} sₖ
            return first * rest - p * (first_sum - first)
        second = self._terms(call, coefficients, log_p, 2)
        second_sum = backend.add_up(second, (second.ndim - 1,))[..., None]
        return second * rest**2 + p**2 * (second_sum - second) - p * rest * first_sum

    def _as_given(self, call: Call, slopes: Any) -> Any:
        return call.backend.move_axis(slopes, -1, call.own["axis"])

    def _make_harmless(self, call: Call, unused: Any) -> None:
        where, classes = call.backend.xp.where, call.own["classes"]
        value = {"logits": 0.0, "probabilities": 1 / classes, "log_probabilities": -1.0}[call.own["given"]]
        call.prediction = where(unused[..., None], value, call.prediction)
        if call.own["dense"]:
            call.target = where(unused[..., None], 1 / classes, call.target)
        else:
            call.target = where(unused, 0, call.target)


class Composed(Loss):
    """Any array code from the components of a sample, along the last axis, to its loss."""

    kind = "composed"

    def __init__(
        self,
        definition: Definition,
        *,
        gradient: Definition | None = None,
        curvature: Definition | None = None,
        convex: bool | None = None,
    ) -> None:
        super().__init__(definition, ("prediction", "target"), convex=convex, minimizer=None)
        self._given_derivatives = {1: gradient, 2: curvature}

    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """There is none: raises."""
        raise TypeError(
            f"{self.__name__} is composed of array operations, so it has no formula to write out; "
            "only pointwise and softmax losses have latex() and code()"
        )

    def _read_input(self, backend: Any, prediction: Any, target: Any, axis: Any, own: dict[str, Any]) -> Call:
        prediction = backend.array(prediction, f"{self.__name__}: prediction")
        target = backend.array(target, f"{self.__name__}: target")
        refuse_bool(self, backend, prediction)
        shape = tuple(prediction.shape)
        if tuple(target.shape) != shape:
            raise ValueError(
                f"{self.__name__}: prediction and target have the same shape; got {shape} and {tuple(target.shape)}; "
                "nothing is broadcast silently, so reshape one of them"
            )
        axis = normalize_axis(self, -1 if axis is None else axis, len(shape))
        dtype = backend.compute_dtype(prediction, target)
        call = Call(
            backend=backend,
            prediction=backend.move_axis(backend.cast(prediction, dtype), axis, -1),
            target=backend.move_axis(backend.cast(target, dtype), axis, -1),
            dtype=dtype,
            given_dtype=prediction.dtype if backend.kind(prediction) == "float" else dtype,
            sample_shape=tuple(n for i, n in enumerate(shape) if i != axis),
            axes=(len(shape) - 1,),
            own={**own, "axis": axis},
        )
        for role in ("prediction", "target"):
            add_interval_problem(call, role, getattr(call, role), getattr(self.properties, role), "check its scale")
        return call

    def _losses(self, call: Call, prediction: Any) -> Any:
        losses = self.definition(prediction, call.target, **call.parameters)
        if tuple(losses.shape) != call.sample_shape:
            raise ValueError(
                f"{self.__name__}: the definition of a composed loss returns one loss a sample, so its shape is "
                f"{call.sample_shape}; got {tuple(losses.shape)}; reduce over the last axis only"
            )
        if call.weight is None:
            return losses
        formula = apply("xmuly", symbol("weight"), symbol("loss"))
        return call.backend.evaluate(formula, {"weight": call.weight, "loss": losses}, losses)

    def _weighted_losses(self, call: Call) -> Any:
        return self._losses(call, call.prediction)

    def _slopes(self, call: Call, order: int) -> Any:
        given = self._given_derivatives[order]
        if given is not None:
            slopes = given(call.prediction, call.target, **call.parameters)
            return slopes if call.weight is None else slopes * call.weight[..., None]
        if order == 1 and call.backend.differentiable:
            return call.backend.gradient(lambda prediction: self._losses(call, prediction).sum(), call.prediction)
        what = {1: "gradient", 2: "curvature"}[order]
        raise TypeError(
            f"{self.__name__}: the {what} of a composed loss is not derived"
            + (" for NumPy arrays" if order == 1 else "")
            + f"; give it as a function of the same arguments: @composed({what}=…)"
        )

    def _as_given(self, call: Call, slopes: Any) -> Any:
        return call.backend.move_axis(slopes, -1, call.own["axis"])

    def _make_harmless(self, call: Call, unused: Any) -> None:
        where, unused = call.backend.xp.where, unused[..., None]
        call.prediction = where(unused, self.properties.prediction.inner_point, call.prediction)
        call.target = where(unused, self.properties.target.inner_point, call.target)


def normalize_axis(loss: Loss, axis: Any, ndim: int) -> int:
    """The axis counted from the front, or an error that says which there are."""
    try:
        place = operator.index(axis)
    except TypeError:
        raise TypeError(f"{loss.__name__}: axis is an integer; got {axis!r}") from None
    if not -ndim <= place < ndim:
        raise ValueError(f"{loss.__name__}: axis lies in {-ndim} … {ndim - 1} for a prediction of {ndim} axes; got {place}")
    return place % ndim


def refuse_bool(loss: Loss, backend: Any, prediction: Any) -> None:
    """Raise for a prediction of truth values."""
    if backend.kind(prediction) == "bool":
        raise TypeError(f"{loss.__name__}: prediction is made of numbers; got bool; pass scores or probabilities")


def add_interval_problem(call: Call, role: str, values: Any, interval: Interval, remedy: str) -> None:
    """Note which values lie outside an interval."""
    if not interval.everything:
        invariant = f"a {role} lies in {interval}"
        call.problems.append(Problem(f"{role} range", interval.outside(values), values, call.axes, invariant, remedy))


def _remedy(given: str | None, interval: Interval) -> str:
    return _LOGITS_HINT if given else f"map it into {interval} first"


L = TypeVar("L", bound=Loss)


def _decorate(make: Callable[..., L], definition: Definition | None, options: dict[str, Any]) -> Any:
    if definition is None:
        return lambda function: make(function, **options)
    return make(definition, **options)


@overload
def pointwise(definition: Definition, /) -> Pointwise: ...
@overload
def pointwise(
    *, given: Mapping[str, Link] | None = None, convex: bool | None = None, minimizer: str | None = None
) -> Callable[[Definition], Pointwise]: ...
def pointwise(definition: Definition | None = None, /, **options: Any) -> Any:
    """A loss of a definition that takes one prediction and one target, in the words of :mod:`lossary.vocabulary`.

    ``given`` says what the prediction may be given as (:data:`lossary.kinds.PROBABILITIES` for a probability); ``convex`` and
    ``minimizer`` ("mean" or "median") are facts that the reports use.

    >>> import lossary
    >>> from lossary.vocabulary import log1p
    >>> @lossary.pointwise
    ... def cauchy(prediction, target, *, scale=1.0):
    ...     return log1p(((prediction - target) / scale) ** 2)
    >>> cauchy.gradient([3.0], [1.0], scale=2.0)
    array([0.5])
    """
    return _decorate(Pointwise, definition, options)


@overload
def softmax(definition: Definition, /) -> Softmax: ...
@overload
def softmax(*, convex: bool | None = None) -> Callable[[Definition], Softmax]: ...
def softmax(definition: Definition | None = None, /, **options: Any) -> Any:
    """A loss of a definition f of one log-probability; the loss of a row is Σₖ tₖ f(log pₖ), with p = softmax(logits).

    >>> import lossary
    >>> from lossary.vocabulary import exp
    >>> @lossary.softmax
    ... def focal(log_probability, *, gamma=2.0):
    ...     return -(1 - exp(log_probability))**gamma * log_probability
    >>> float(focal([[0.0, 0.0]], [1]))
    0.17328679513998632
    """
    return _decorate(Softmax, definition, options)


@overload
def composed(definition: Definition, /) -> Composed: ...
@overload
def composed(
    *, gradient: Definition | None = None, curvature: Definition | None = None, convex: bool | None = None
) -> Callable[[Definition], Composed]: ...
def composed(definition: Definition | None = None, /, **options: Any) -> Any:
    """A loss of array code: prediction and target with the components of a sample on the last axis, one loss a sample out.

    Operators, methods such as ``sum(-1)`` and the words of :mod:`lossary.vocabulary` work on NumPy, torch and JAX arrays alike.
    torch and JAX find the gradient themselves; for NumPy it is given by hand, as a function of the same arguments.

    >>> import lossary
    >>> @lossary.composed(gradient=lambda prediction, target: -target)
    ... def dot(prediction, target):
    ...     return -(prediction * target).sum(-1)
    >>> dot.gradient([[1.0, 2.0]], [[3.0, 4.0]])
    array([[-3., -4.]])
    """
    return _decorate(Composed, definition, options)
