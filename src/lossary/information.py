"""Uncertainty of distributions and divergences between them, on NumPy, torch and JAX arrays.

Distributions lie along ``axis``: probabilities in [0, 1] which sum to 1 within 1e-4 (within √eps in half precision). A row
that is none raises and says where; where values cannot be looked at, under ``jit`` or on a GPU, it becomes NaN.
``check=False`` skips the check and takes the numbers as they are. Results are in nats, or in units of another ``base`` (2 for
bits), in the precision given; half precision is computed in float32. 0·log 0 is 0. On torch and JAX all are differentiable.
"""

from __future__ import annotations

import math
from typing import Any

from lossary.arrays import select
from lossary.arrays.checks import InvalidValues, normalize_axis, sum_tolerance
from lossary.arrays.graph import as_graph_node
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, symbol
from lossary.formula.numbers import check_number
from lossary.formula.relative import relative_term
from lossary.formula.stable import stable
from lossary.names import explains_options
from lossary.vocabulary import log, xlogy, xmuly

__all__ = [
    "cross_entropy",
    "entropy",
    "jensen_shannon",
    "kl_divergence",
    "perplexity",
    "relative_entropy",
    "self_information",
]


@explains_options
@as_graph_node
def self_information(p: Any, *, base: float | None = None, check: bool = True) -> Any:
    r"""Return how surprising an event of probability p is: :math:`I = -\log p` (Shannon, 1948; Tribus, 1961).

    Element by element: each number is the probability of an event of its own. A certain event gives 0, an impossible one ∞; NaN
    stays NaN. A probability outside [0, 1] and a ``base`` not above 1 raise.

    >>> from lossary.information import self_information
    >>> self_information([1.0, 0.5, 0.25], base=2)
    array([0., 1., 2.])
    """
    call = _Call("self_information", {"p": p}, None, base, check)
    return call.result(0 - call.evaluate(log(symbol("p"))))


@explains_options
@as_graph_node
def entropy(p: Any, *, axis: int = -1, base: float | None = None, check: bool = True) -> Any:
    r"""Return the mean self-information of a distribution: :math:`H(p) = -\sum_j p_j \log p_j` (Shannon, 1948).

    It lies between 0, where one outcome is certain, and log m, where m outcomes are equally likely. Where p is 0,
    its slope is ∞.

    ``p`` holds distributions along ``axis``; the result has its shape without that axis. A row that is no distribution, an axis
    that is not there and a ``base`` not above 1 raise.

    >>> from lossary.information import entropy
    >>> float(entropy([0.5, 0.25, 0.25], base=2))
    1.5
    """
    call = _Call("entropy", {"p": p}, axis, base, check)
    return call.result(0 - call.total(xlogy(symbol("p"), symbol("p"))))


@explains_options
@as_graph_node
def cross_entropy(p: Any, q: Any, *, axis: int = -1, base: float | None = None, check: bool = True) -> Any:
    r"""The mean surprise at outcomes that follow p, for one who believes q: :math:`H(p, q) = -\sum_j p_j \log q_j`.

    It is least, and equals the entropy of p, where q = p. It is ∞ where q rules out what p allows. As a loss, with logits or
    class indices, it is :data:`lossary.cross_entropy`.

    ``p`` and ``q`` have one shape; the rest as for :func:`entropy`. Shapes that differ raise as well.

    >>> from lossary.information import cross_entropy
    >>> float(cross_entropy([1.0, 0.0], [0.25, 0.75], base=2))
    2.0
    """
    call = _Call("cross_entropy", {"p": p, "q": q}, axis, base, check)
    return call.result(0 - call.total(xlogy(symbol("p"), symbol("q"))))


@explains_options
@as_graph_node
def relative_entropy(p: Any, q: Any, *, axis: int = -1, base: float | None = None, check: bool = True) -> Any:
    r"""Return the cost of q where p is true: :math:`D(p \| q) = \sum_j p_j \log (p_j / q_j)` (Kullback and Leibler, 1951).

    It is the cross-entropy less the entropy of p, but keeps its digits where p and q are close. It is 0 where q = p and
    positive elsewhere, not symmetric, and ∞ where q rules out what p allows; so where both are 0, the slope in p is ∞. Rows
    whose sums agree to rounding (8 eps) count as having one sum, so that rounding makes no divergence, and none below 0.

    ``p`` and ``q`` have one shape; the rest as for :func:`entropy`. Shapes that differ raise as well. :func:`kl_divergence` is
    another name.

    >>> from lossary.information import relative_entropy
    >>> float(relative_entropy([1.0, 0.0], [0.25, 0.75], base=2))
    2.0
    >>> float(relative_entropy([0.5, 0.5], [0.5 + 1e-9, 0.5 - 1e-9]))
    1.99999999789...e-18
    """
    call = _Call("relative_entropy", {"p": p, "q": q}, axis, base, check)
    p, q = symbol("p"), symbol("q")
    # Σ p log(p/q) = Σ [p log(p/q) - p + q] + Σ (p - q): the first sum has no negative terms, so it keeps all digits of a small
    # divergence. The second is 0 for distributions; what is left of it by rounding counts as 0, though its slope stays.
    excess, scale = call.total(p - q), call.total(p + q)
    backend = call.backend
    rounding = backend.xp.where(abs(excess) <= 8 * call.eps * scale, excess, 0)
    # where both are 0, any p > 0 would cost ∞: so does the slope
    at_origin = xmuly(p, -log(q)) - p + q
    return call.result(call.total(relative_term(p, q, at_origin)) + (excess - _constant(rounding)))


kl_divergence = relative_entropy


@explains_options
@as_graph_node
def jensen_shannon(p: Any, q: Any, *, axis: int = -1, base: float | None = None, check: bool = True) -> Any:
    r"""Return a symmetric, finite distance of two distributions: :math:`\tfrac12 D(p \| m) + \tfrac12 D(q \| m)`.

    Here m = (p + q)/2. The Jensen–Shannon divergence (Lin, 1991) lies between 0, where p = q, and log 2, where no outcome is
    possible under both. Its square root is a distance. Its slope is -∞ where only one of p and q is 0, in that one, and
    ½·log 2 in both where both are.

    ``p`` and ``q`` have one shape; the rest as for :func:`entropy`. Shapes that differ raise as well.

    >>> from lossary.information import jensen_shannon
    >>> float(jensen_shannon([1.0, 0.0], [0.0, 1.0], base=2))
    1.0
    """
    call = _Call("jensen_shannon", {"p": p, "q": q}, axis, base, check)
    p, q = symbol("p"), symbol("q")
    # D(p‖m) = D(2p‖p + q)/2, without a midpoint that underflows; the linear parts of the terms cancel, p - m + q - m = 0
    # where both are 0, either alone costs p·log 2: half of the sum for each term
    at_origin = math.log(2) * (p + q)
    terms = relative_term(2 * p, p + q, at_origin) + relative_term(2 * q, p + q, at_origin)
    return call.result(call.total(terms) / 4)


@explains_options
@as_graph_node
def perplexity(p: Any, *, axis: int = -1, check: bool = True) -> Any:
    r"""Return how many equally likely outcomes would be as uncertain: :math:`e^{H(p)}`, the exponential of the entropy.

    It lies between 1 and the number of outcomes. The perplexity of a model is the exponential of a cross-entropy in nats. Where
    p is 0, its slope is ∞ and its second derivative NaN.

    ``p`` is as for :func:`entropy`, and so are the shape of the result and the errors.

    >>> from lossary.information import perplexity
    >>> float(perplexity([0.5, 0.5, 0.0]))
    2.0
    """
    call = _Call("perplexity", {"p": p}, axis, None, check)
    return call.result(call.backend.xp.exp(0 - call.total(xlogy(symbol("p"), symbol("p")))))


def _constant(x: Any) -> Any:
    """X, as a number that is not differentiated."""
    library = select.name_of(x)
    if library == "jax":
        import jax

        return jax.lax.stop_gradient(x)
    return x.detach() if library == "torch" else x


class _Call:
    """One call: distributions read and checked, formulas of them evaluated, the answer handed back in the right units."""

    def __init__(self, name: str, given: dict[str, Any], axis: Any, base: Any, check: bool) -> None:
        self.name = name
        self.backend = backend = select.of(*given.values())
        arrays = {role: backend.array(value, f"{name}: {role}") for role, value in given.items()}
        shapes = [tuple(x.shape) for x in arrays.values()]
        if shapes[-1] != shapes[0]:
            raise ValueError(
                f"{name}: p and q have the same shape; got {shapes[0]} and {shapes[-1]}; nothing is broadcast silently, "
                "so reshape one of them"
            )
        backend.one_device(name, arrays)
        for role, x in arrays.items():
            if backend.kind(x) == "bool":
                raise TypeError(f"{name}: {role} is made of probabilities; got bool; convert it to float first")
        self.axes = () if axis is None else (normalize_axis(name, axis, len(shapes[0])),)
        self.nat = 1.0 if base is None else math.log(check_number(f"{name}: base", base, Interval(1.0, math.inf, open=True)))
        dtype = backend.compute_dtype(*arrays.values())
        self.values = {role: backend.cast(x, dtype) for role, x in arrays.items()}
        dtypes = {x.dtype for x in arrays.values() if backend.kind(x) == "float"}
        self.dtype = dtypes.pop() if len(dtypes) == 1 else dtype
        self.eps = max(map(backend.eps, (*dtypes, self.dtype)))
        self.invalid = self._check(arrays) if check else None

    def _check(self, arrays: dict[str, Any]) -> Any:
        """Raise for what is no distribution, or say which rows those are where nothing can be raised."""
        invalid = None
        for problem in [problem for role, x in arrays.items() for problem in self._problems(role, x)]:
            if self.backend.readable(problem.mask):
                problem.refuse(self.name)
            else:
                samples = problem.samples()
                invalid = samples if invalid is None else invalid | samples
        return invalid

    def _problems(self, role: str, given: Any) -> list[InvalidValues]:
        x, backend, unit = self.values[role], self.backend, Interval(0.0, 1.0)
        remedy = "pass probabilities (softmax makes them of scores), or check=False to take the numbers as they are"
        found = [InvalidValues("range", unit.outside(x), x, self.axes, f"a probability in {role} lies in {unit}", remedy)]
        if self.axes:
            tolerance = sum_tolerance(backend, given.dtype)
            sums = backend.sum_axes(x, self.axes)
            invariant = f"the probabilities of a distribution in {role} sum to 1 (within {tolerance:.0e})"
            remedy = "normalise them yourself, or pass check=False to take the numbers as they are"
            found.append(InvalidValues("sum", ~(abs(sums - 1) <= tolerance), sums, (), invariant, remedy))
        return found

    def evaluate(self, formula: Expression) -> Any:
        return self.backend.evaluate(stable(formula), self.values, self.values["p"])

    def total(self, formula: Expression) -> Any:
        """Σ of the formula along the axis."""
        return self.backend.sum_axes(self.evaluate(formula), self.axes)

    def result(self, nats: Any) -> Any:
        """The answer in the units and the precision asked for; NaN where the input is invalid."""
        backend = self.backend
        if self.nat != 1:
            nats = nats / self.nat
        if self.invalid is not None:
            nats = backend.multiply(nats, backend.xp.where(self.invalid, math.nan, backend.full((), 1.0, self.values["p"])))
        return backend.scalar(nats, self.dtype)
