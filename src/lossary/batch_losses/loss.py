"""Losses of a batch, whose samples are compared with one another: the object that a user calls."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from lossary.arrays import select
from lossary.arrays.checks import as_listed
from lossary.arrays.graph import as_graph_node
from lossary.batch_losses.rows import CrossEntropyRows, Found, RowLosses, SimilarityRows
from lossary.batch_losses.side import Side
from lossary.engine.reduction import EMPTY, REDUCTIONS, Reduction
from lossary.engine.results import as_gradient
from lossary.formula.domains import Interval
from lossary.formula.numbers import check_number, is_array
from lossary.linear_losses.reading import read_rows
from lossary.names import unknown_option, wrong_choice
from lossary.vocabulary import norm

_COMMON: Mapping[str, Any] = {
    "normalize": True,
    "weight": None,
    "reduction": "mean",
    "normalizer": None,
    "empty": "nan",
    "chunk": "auto",
    "process_group": None,
}
_POSITIVE = Interval(0.0, open=True)


class BatchLoss:
    """A loss of a batch: each sample's embedding is compared with those of all others, block after block.

    It is called as :func:`lossary.info_nce` is, and has ``gradient`` and ``value_and_gradient``.
    """

    def __init__(
        self,
        name: str,
        inputs: tuple[str, ...],
        rows: Any,
        parameters: Mapping[str, float],
        *,
        doc: str,
        symmetric: bool = False,
    ) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__, self.__doc__ = "lossary", doc
        self.inputs = inputs
        self.predictions = tuple(x for x in inputs if x != "target")
        self.rows: RowLosses = CrossEntropyRows() if rows is None else SimilarityRows(rows)
        self.intervals = {"temperature": _POSITIVE, "bias": Interval()} | ({} if rows is None else rows.formulas.intervals)
        self.parameters = {**parameters, **({} if rows is None else rows.parameters)}
        own = {"symmetric": False, "negative": None} if symmetric else {}
        self.defaults = {**self.parameters, **own, **_COMMON}
        keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        options = [inspect.Parameter(option, keyword, default=x) for option, x in self.defaults.items()]
        self.__signature__ = inspect.Signature([*(inspect.Parameter(x, either) for x in inputs), *options])
        self._compute = as_graph_node(self._compute_now, _exchanges)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Return the cost."""
        return self._compute("value", inputs, options)

    def value_and_gradient(self, *inputs: Any, **options: Any) -> tuple[Any, Any]:
        """Return the cost and its gradient with respect to the embeddings; takes what the loss takes.

        With ``reduction="none"``, the gradient is that of the sum: each loss depends on the whole batch.
        """
        value, gradient = self._compute("value_and_gradient", inputs, options)
        return value, gradient

    def gradient(self, *inputs: Any, **options: Any) -> Any:
        """Return the gradient of the cost with respect to the embeddings; takes what the loss takes."""
        return self.value_and_gradient(*inputs, **options)[1]

    def __dir__(self) -> list[str]:
        public = ("gradient", "inputs", "parameters", "predictions", "value_and_gradient")
        return sorted({*public, *(name for name in super().__dir__() if name.startswith("__"))})

    def __repr__(self) -> str:
        return f"<batch loss {self.__name__}{self.__signature__}>"

    def __reduce__(self) -> str:
        return self.__name__

    # ---- how a call runs

    def _compute_now(self, operation: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        try:
            batch = self._read(inputs, options)
        except Exception:
            if select.name_of(*inputs) == "torch":
                import_module("lossary.batch_losses.on_torch").tell_others(options.get("process_group"))
            raise
        exact = getattr(batch.backend, "as_it_is", None)  # torch alone would multiply in half precision under autocast
        with exact(next(iter(batch.arrays.values()))) if exact else contextlib.nullcontext():
            return self._result(batch, operation)

    def _result(self, batch: BatchCall, operation: str) -> Any:
        if operation == "value":
            return batch.cost(batch.arrays)
        if batch.backend.name == "numpy":
            value, found = batch.cost(batch.arrays), batch.gradients_by_hand()
        else:
            value, found = batch.library.value_and_gradients(batch.cost, batch.arrays)
        return value, as_gradient((*batch.arrays,), found)

    def _read(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> BatchCall:
        for name in options:
            if name not in self.__signature__.parameters:
                raise unknown_option(self.__name__, name, self.__signature__.parameters)
        try:
            given = {**self.defaults, **self.__signature__.bind(*inputs, **options).arguments}
        except TypeError as error:
            raise TypeError(f"{self.__name__}: {error}; it takes {self.__signature__}") from None
        arrays = {name: given[name] for name in (*self.predictions, "negative") if given.get(name) is not None}
        backend = import_module(f"lossary.arrays.{select.name_of(*arrays.values())}")
        labels = given.get("target")
        devices = {**arrays, "target": labels, "weight": given["weight"]}
        backend.one_device(self.__name__, {name: x for name, x in devices.items() if x is not None})
        arrays = {name: backend.array(x, f"{self.__name__}: {name}") for name, x in arrays.items()}
        _check_shapes(self.__name__, arrays)
        dtype = backend.compute_dtype(*arrays.values())
        arrays = {name: x if backend.kind(x) == "float" else backend.cast(x, dtype) for name, x in arrays.items()}
        first = arrays[self.predictions[0]]
        samples = int(first.shape[0])
        if labels is not None:
            labels = _of_samples(self.__name__, "target", backend, labels, first)
        weight = _read_weight(self.__name__, backend, given["weight"], first, dtype)
        reduction = self._read_reduction(backend, given)
        for name in ("normalize", "symmetric"):
            if not isinstance(given.get(name, False), bool):
                raise TypeError(f"{self.__name__}: {name} is True or False; got {given[name]!r}")
        return BatchCall(
            name=self.__name__,
            backend=backend,
            rows=self.rows,
            arrays=arrays,
            dtype=dtype,
            labels=labels,
            parameters={name: self._read_number(backend, name, given[name], self.intervals[name]) for name in self.parameters},
            normalize=given["normalize"],
            symmetric=given.get("symmetric", False),
            weight=weight,
            reduction=reduction,
            divisor=None if reduction.how == "none" else reduction.divisor(backend, (samples,), weight, None),
            chunk=read_rows(self.__name__, given["chunk"]),
            group=given["process_group"],
        )

    def _read_reduction(self, backend: Any, given: Mapping[str, Any]) -> Reduction:
        for name, choices in (("reduction", REDUCTIONS), ("empty", EMPTY)):
            if given[name] not in choices:
                raise wrong_choice(self.__name__, name, given[name], choices)
        normalizer = given["normalizer"]
        if normalizer is not None:
            if given["reduction"] == "none":
                raise ValueError(f'{self.__name__}: normalizer= divides a sum, and reduction="none" makes none; leave one out')
            normalizer = self._read_number(backend, "normalizer", normalizer, Interval(0.0))
        return Reduction(given["reduction"], normalizer, given["empty"])

    def _read_number(self, backend: Any, name: str, value: Any, interval: Interval) -> Any:
        """Return a parameter: a plain number, or a 0-d array of torch or JAX, which may be learned or traced."""
        role = f"{self.__name__}: {name}"
        if not is_array(value) or not backend.differentiable:
            return check_number(role, value, interval)
        if value.ndim != 0:
            raise TypeError(f"{role} is one number; got an array of shape {tuple(value.shape)}")
        if backend.readable(value):
            check_number(role, value.item(), interval)
            return value
        return backend.xp.where(interval.outside(value), float("nan"), value)


@dataclass(frozen=True)
class BatchCall:
    """A call after it was read."""

    name: str
    backend: Any
    rows: RowLosses
    arrays: dict[str, Any]
    """The embeddings by name, as they were passed."""
    dtype: Any
    labels: Any
    parameters: dict[str, Any]
    normalize: bool
    symmetric: bool
    weight: Any
    reduction: Reduction
    divisor: Any
    chunk: int | None
    group: Any

    @property
    def library(self) -> Any:
        """What the library of the arrays does in its own way."""
        return import_module(f"lossary.batch_losses.on_{self.backend.name}")

    def cost(self, arrays: Mapping[str, Any]) -> Any:
        """Return the cost of these embeddings, or the loss of each sample."""
        sides = [side for _, _, side in self._sides({name: self._unit(x) for name, x in arrays.items()})]
        if self.reduction.how == "none":
            losses = sum(self.rows.losses(side) for side in sides) / len(sides)
            if self.weight is not None:
                losses = self.backend.xp.where(self.weight == 0, 0, self.weight * losses)
            first = next(iter(arrays.values())).dtype
            return self.backend.cast(losses, first if self.backend.is_half(first) else self.dtype)
        total = sum(self.rows.cost(side, self.weight) for side in sides) / len(sides)
        return self.backend.scalar(self.reduction.finished(self.backend, total, self.divisor), self.dtype)

    def gradients_by_hand(self) -> list[Any]:
        """Return the gradients of NumPy arrays."""
        units = {name: self._unit(x) for name, x in self.arrays.items()}
        slopes = {name: 0 * unit for name, unit in units.items()}
        sides = self._sides(units)
        share = 1 if self.reduction.how == "none" else self.reduction.share(self.backend, self.divisor)
        for anchor, candidates, side in sides:
            found: Found = self.rows.cost_and_gradients(side, self.weight)
            slopes[anchor] += found.rows / self.parameters.get("temperature", 1.0)
            begin = 0
            for name in candidates:
                end = begin + len(units[name])
                slopes[name] += found.columns[begin:end]
                begin = end
        gradients = []
        for name, x in self.arrays.items():
            gradient = self._through_unit(x, units[name], slopes[name]) * (share / len(sides))
            gradients.append(self.backend.cast(gradient, x.dtype))
        return gradients

    def _sides(self, units: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...], Side]]:
        """Return the directions, each with the names of the anchors and of what the candidates consist of."""
        first, *others = (name for name in units if name != "negative")
        second = others[0] if others else first
        negative = ("negative",) if "negative" in units else ()
        sides = [(first, (second, *negative), self._side(units, first, (second, *negative)))]
        if self.symmetric:
            sides.append((second, (first,), self._side(units, second, (first,))))
        return sides

    def _side(self, units: Mapping[str, Any], anchor: str, candidates: Sequence[str]) -> Side:
        own = {name: x for name, x in self.parameters.items() if name not in ("temperature", "bias")}
        columns, place = self.library.gathered(self.name, units[candidates[0]], self.group)
        if len(candidates) > 1:
            columns = self.backend.concatenate([columns, *(units[name] for name in candidates[1:])], 0)
        labels = None if self.labels is None else (self.labels, self.library.gathered(self.name, self.labels, self.group)[0])
        rows = units[anchor]
        temperature = self.parameters.get("temperature")
        return Side(
            backend=self.backend,
            rows=rows if temperature is None else rows / temperature,
            columns=columns,
            place=self.backend.arange(int(rows.shape[0]), rows) + place,
            labels=labels,
            bias=self.parameters.get("bias"),
            parameters=own,
            chunk=self.chunk,
        )

    def _unit(self, x: Any) -> Any:
        """Return vectors in the dtype of the computation, of length 1 if asked for; one of zeros stays 0 and has slope 0."""
        x, where = self.backend.cast(x, self.dtype), self.backend.xp.where
        if not self.normalize:
            return x
        length = norm(x)
        return where(length == 0, 0, x / where(length == 0, 1, length))

    def _through_unit(self, x: Any, unit: Any, slopes: Any) -> Any:
        """Return the gradient in vectors from that in their multiples of length 1."""
        if not self.normalize:
            return slopes
        length = norm(self.backend.cast(x, self.dtype))
        # d(x/‖x‖) = (1 - u·uᵀ) dx/‖x‖
        across = slopes - unit * (unit * slopes).sum(-1)[:, None]
        return self.backend.xp.where(length == 0, 0, across / self.backend.xp.where(length == 0, 1, length))


def _check_shapes(name: str, arrays: Mapping[str, Any]) -> None:
    shapes = {role: tuple(x.shape) for role, x in arrays.items()}
    (first, shape), *others = shapes.items()
    if len(shape) != 2:
        raise ValueError(f"{name}: {first} has the shape (samples, components); got {shape}; flatten the axes of samples")
    for role, other in others:
        if role == "negative" and (len(other) != 2 or other[1] != shape[1]):
            raise ValueError(
                f"{name}: negative has the shape (any number, components), with {shape[1]} components; got {other}"
            )
        if role != "negative" and other != shape:
            raise ValueError(f"{name}: {first} and {role} have one shape, a row a sample; got {shape} and {other}")


def _of_samples(name: str, role: str, backend: Any, value: Any, first: Any) -> Any:
    array = backend.array(as_listed(value, first), f"{name}: {role}")
    if tuple(array.shape) != (first.shape[0],):
        raise ValueError(
            f"{name}: {role} has one number a sample, so its shape is ({first.shape[0]},); got {tuple(array.shape)}"
        )
    return array


def _read_weight(name: str, backend: Any, weight: Any, first: Any, dtype: Any) -> Any:
    if weight is None:
        return None
    weight = backend.cast(_of_samples(name, "weight", backend, weight, first), dtype)
    valid = (weight >= 0) & (weight < float("inf"))
    if backend.readable(valid) and not bool(valid.all()):
        raise ValueError(
            f"{name}: a weight is a finite number ≥ 0; got {weight[~valid][0].item()}; a weight of 0 leaves a sample out"
        )
    return backend.xp.where(valid, weight, float("nan"))


def _exchanges(operation: str, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Return whether ranks send each other embeddings, which ``torch.compile`` cannot trace."""
    return options.get("process_group") is not None
