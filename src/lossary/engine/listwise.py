"""Losses of lists of items: flat arrays of items in, with the group that each belongs to, and one loss a group out."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import to_numpy
from lossary.arrays.graph import as_graph_node
from lossary.arrays.protocol import ArrayBackend
from lossary.engine import dispatch
from lossary.engine.call import Call, Options
from lossary.engine.composed import Composed
from lossary.engine.composed_inputs import add_domain_problem, load_array
from lossary.engine.inputs import Definition, new_call, refuse_other_shapes
from lossary.engine.loss import Loss
from lossary.formula.domains import Interval
from lossary.formula.properties import Facts
from lossary.printable import as_typed

_LARGEST = 1 << 22
"""Pairs of items, within lists, that array code has at a time; a list is not divided."""


@dataclass(frozen=True)
class ListIndex:
    """Which items make up which list; lists are in ascending order of their ids."""

    index: np.ndarray
    """For each item, the number of its list."""
    count: int
    blocks: tuple[tuple[np.ndarray, np.ndarray], ...]
    """Lists of one length together: their numbers, and their items in the order of the arrays, a row a list."""

    def broadcast(self, per_list: Any) -> Any:
        """Return one value an item, from one value a list."""
        return per_list[self.index]

    def by_list(self, backend: ArrayBackend, function: Callable[..., Any], arrays: Sequence[Any], like: Any) -> Any:
        """Return what a function makes of the lists of each block, one value a list, in the order of the lists."""
        if not self.blocks:
            return like[:0]
        found = [function(numbers, *(x[items] for x in arrays)) for numbers, items in self.blocks]
        order = np.argsort(np.concatenate([numbers for numbers, _ in self.blocks]))
        return backend.concatenate(found, 0)[order]

    def by_item(self, backend: ArrayBackend, function: Callable[..., Any], arrays: Sequence[Any], like: Any) -> Any:
        """Return what a function makes of the lists of each block, one value an item, in the order of the items."""
        if not self.blocks:
            return like[:0]
        found = [function(numbers, *(x[items] for x in arrays)).reshape(-1) for numbers, items in self.blocks]
        order = np.argsort(np.concatenate([items.ravel() for _, items in self.blocks]))
        return backend.concatenate(found, 0)[order]


@dataclass
class ListCall(Call):
    """A call whose samples are lists of items."""

    lists: ListIndex = dataclasses.field(default_factory=lambda: lists_of(np.empty(0)))

    def broadcast_over_components(self, per_sample: Any, name: str = "") -> Any:
        """Return one value an item, from one value a list."""
        return self.lists.broadcast(per_sample)


class Listwise(Composed):
    """Array code from the items of a list, along the last axis, to its loss; a call takes flat arrays and the groups.

    Lists of one length are computed together, so no list is padded.
    """

    def __init__(
        self,
        definition: Definition,
        *,
        gradient: Definition | None = None,
        curvature: Definition | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(definition, observed=("relevance",), gradient=gradient, curvature=curvature, **facts)
        domains = {**self.properties.domains, "group": Interval()}
        self.formulas.properties = dataclasses.replace(self.formulas.properties, domains=domains)
        self.inputs = self.formulas.inputs = (*self.formulas.inputs, "group")
        self.__signature__, self._takes = self.signature(), len(self.inputs)
        # which items make up which list is no part of a graph
        self._compute = as_graph_node(functools.partial(dispatch.compute, self), lambda *call: True, quiet=False)

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        """Return a call on flat arrays, whose samples are the groups."""
        if options.axis is not None:
            raise TypeError(
                f"{self.__name__}: items lie on the one axis of flat arrays; got axis={as_typed(options.axis)}; leave it out"
            )
        names = self.formulas.arguments
        arrays = {name: backend.array(x, f"{self.__name__}: {name}") for name, x in zip(names, inputs, strict=False)}
        group = _read_group(self.__name__, inputs[-1])
        refuse_other_shapes(self.__name__, {**arrays, "group": group})
        if group.ndim != 1:
            remedy = "flatten them, with the number of its row as the group of each item"
            raise ValueError(f"{self.__name__}: items lie on the one axis of flat arrays; got shape {group.shape}; {remedy}")
        lists = lists_of(group)
        call = new_call(self, backend, arrays, options, ())
        return ListCall(**{**vars(call), "sample_shape": (lists.count,), "lists": lists})

    def load_inputs(self, call: Call) -> None:
        """Convert the items for the computation, and raise for invalid ones, or list the lists that have some."""
        assert isinstance(call, ListCall)
        for role, x in call.inputs.items():
            call.inputs[role] = load_array(self, call, role, x, self.formulas.whole_types.get(role))
            add_domain_problem(call, role, call.inputs[role], self.properties.domains[role])
        problems, call.problems = call.problems, []
        for problem in problems:  # of items; where these cannot be named, of their lists
            if call.mask is not None:
                problem.mask = problem.mask & call.lists.broadcast(call.mask)
            if call.check and call.backend.readable(problem.mask):
                problem.refuse(self.__name__)
            else:
                some = call.lists.by_list(call.backend, lambda _, x: x.any(-1), [problem.mask], problem.mask)
                call.problems.append(dataclasses.replace(problem, mask=some, axes=()))

    def _losses(self, call: Call, inputs: Mapping[str, Any]) -> Any:
        assert isinstance(call, ListCall)

        def of_lists(numbers: np.ndarray, *arrays: Any) -> Any:
            return self.definition(*arrays, **_parameters(call, numbers))

        losses = call.lists.by_list(call.backend, of_lists, [*inputs.values()], call.prediction)
        return self.weigh(call, call.backend.cast(losses, call.dtype))

    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        """Return the derivative of each list's wℓ in the scores of its items."""
        given = self._given_derivatives[order]
        if given is None or (order == 1 and call.backend.differentiable):
            return super().slopes(call, order)
        assert isinstance(call, ListCall)

        def of_lists(numbers: np.ndarray, *arrays: Any) -> Any:
            return given(*arrays, **_parameters(call, numbers))

        slopes = call.lists.by_item(call.backend, of_lists, [*call.inputs.values()], call.prediction)
        slopes = call.backend.cast(slopes, call.dtype)
        return (slopes if call.weight is None else slopes * call.lists.broadcast(call.weight),)

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        """Return slopes as they are: flat."""
        return slopes

    def fill_excluded(self, call: Call, unused: Any) -> None:
        """Replace the items of excluded lists by values with a finite loss and slope."""
        for name, x in call.inputs.items():
            inner = call.backend.full((), self.properties.domains[name].inner_point, x)
            call.inputs[name] = call.backend.xp.where(call.broadcast_over_components(unused), inner, x)
        Loss.fill_excluded(self, call, unused)


def _parameters(call: Call, numbers: np.ndarray) -> dict[str, Any]:
    """Return the parameters of some lists; those with one value a list have an axis of length 1 for the items."""
    arrays = call.parameter_arrays
    return {name: x[numbers][:, None] if name in arrays else x for name, x in call.parameters.items()}


def _read_group(name: str, group: Any) -> np.ndarray:
    if select.name_of(group) == "jax":
        import jax

        if isinstance(group, jax.core.Tracer):
            raise TypeError(
                f"{name}: groups say how items are arranged, so they are known before tracing; got a traced array; pass a "
                "NumPy array that the traced function does not take as an argument"
            )
    return np.asarray(to_numpy(group))


def lists_of(group: np.ndarray) -> ListIndex:
    """Return the lists of items with these groups."""
    ids, index, counts = np.unique(group, return_inverse=True, return_counts=True)
    order, starts = np.argsort(index, kind="stable"), np.cumsum(counts) - counts
    blocks = []
    for length in np.unique(counts):
        numbers = np.flatnonzero(counts == length)
        items = order[starts[numbers][:, None] + np.arange(length)]
        step = max(1, _LARGEST // int(length) ** 2)
        blocks += [(numbers[begin : begin + step], items[begin : begin + step]) for begin in range(0, len(numbers), step)]
    return ListIndex(index, len(ids), tuple(blocks))
