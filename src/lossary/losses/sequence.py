"""Losses of sequences of labels whose places in time are not known."""

import math
from typing import Annotated, Any, Literal

import numpy as np

from lossary.array_words import arange, cast, concatenate, fold, log_softmax, take_along_axis
from lossary.engine.decorators import composed
from lossary.formula.domains import Interval, LogProbability, NonNegative
from lossary.formula.links import ArrayLink
from lossary.formula.properties import Requirement
from lossary.vocabulary import exp, log, logaddexp, maximum, stop_gradient, where

NEVER = -1e37
"""Stands for log 0: what is added to it changes nothing in either precision, and its slopes are numbers."""


def _log(p: Any) -> Any:
    return where(p == 0, -math.inf, log(where(p == 0, 1.0, p)))  # the slope of log at 0 would be infinite


def _of_logits(log_p: Any, slopes: Any) -> Any:
    return slopes - np.exp(log_p) * slopes.sum(-1, keepdims=True)


FORMS = {
    "logits": ArrayLink(log_softmax, Interval(), _of_logits),
    "log_probabilities": ArrayLink(lambda log_p: log_p, Interval(high=0.0), lambda log_p, slopes: slopes),
    "probabilities": ArrayLink(
        _log, Interval(0.0, 1.0), lambda log_p, slopes: np.where(slopes == 0, 0.0, slopes * np.exp(-log_p))
    ),
}


def _finite(log_p: Any) -> Any:
    return where(log_p < NEVER, NEVER, log_p)


def _states(target: Any, blank: int, classes: int) -> tuple[Any, Any]:
    """Return the class of each state, labels with blanks around them, and which of them follow a label without a blank."""
    label = where((target >= 0) & (target < classes), target, blank)
    pairs = concatenate([(0 * label + blank)[..., None], label[..., None]])
    last = 0 * label.sum(-1)[..., None] + blank
    state = concatenate([pairs.reshape((*target.shape[:-1], 2 * target.shape[-1])), last])
    return state, concatenate([state[..., :2] != state[..., :2], state[..., 2:] != state[..., :-2]])


def _arrive(state: Any, skips: Any) -> Any:
    """Return the log-probability to come into each state: from itself, from the one before, or past a blank."""
    never, count = 0 * state[..., :1] + NEVER, state.shape[-1]
    before = concatenate([never, state])[..., :count]
    earlier = where(skips, concatenate([never, never, state])[..., :count], NEVER)
    # log Σ eˣ; its slope does not depend on what is taken out of the sum
    top = stop_gradient(maximum(maximum(state, before), earlier))
    return top + log(exp(state - top) + exp(before - top) + exp(earlier - top))


def _step(state: Any, emitted: Any, skips: Any, counts: Any) -> Any:
    """Return the log-probabilities of states after one more time, where it counts."""
    after = _arrive(state, skips) + emitted
    return where(counts, where(after < NEVER, NEVER, after), state)


def _start(prediction: Any, classes: Any) -> Any:
    place = arange(classes.shape[-1], classes) + 0 * classes
    return cast(where(place == 0, 0.0, NEVER), prediction)


def _ends(state: Any, length: Any) -> Any:
    """Return the log-probability to end with the last label or a blank behind it."""
    last = take_along_axis(state, 2 * length[..., None])[..., 0]
    label = take_along_axis(state, where(length > 0, 2 * length - 1, 0)[..., None])[..., 0]
    return logaddexp(last, where(length > 0, label, NEVER))


def _read(prediction: Any, target: Any, blank: Any, prediction_length: Any, target_length: Any) -> tuple[Any, Any, Any]:
    """Return blank as a class, and the lengths as arrays."""
    times, classes = prediction.shape[-2:]
    if not 0 <= blank < classes or int(blank) != blank:
        raise ValueError(
            f"ctc: blank is one of the classes, a whole number from 0 to {classes - 1}; got {blank}; "
            "the classes lie on the last axis of the prediction, time before it"
        )
    none = 0 * target.sum(-1)
    return (
        int(blank),
        none + times if prediction_length is None else prediction_length,
        none + target.shape[-1] if target_length is None else target_length,
    )


def _no_label(prediction: Any, target: Any, blank: Any, target_length: Any) -> Any:
    known = (target >= 0) & (target < prediction.shape[-1]) & (target != blank)
    return ~known if target_length is None else ~known & (arange(target.shape[-1], target) < target_length[..., None])


def _slope(
    prediction: Any,
    target: Any,
    *,
    infeasible: str,
    blank: float,
    prediction_length: Any,
    target_length: Any,
) -> Any:
    """Return the slopes, by the probability of each state at each time: of all paths to it and from it."""
    blank, times, labels = _read(prediction, target, blank, prediction_length, target_length)
    log_p = _finite(prediction)
    state, skips = _states(target, blank, prediction.shape[-1])
    emitted = np.moveaxis(np.take_along_axis(log_p, state[..., None, :], -1), -2, 0)
    counts = np.arange(len(emitted)) < times[..., None]
    counts = np.moveaxis(counts, -1, 0)[..., None]

    to, now = np.empty_like(emitted), _start(prediction, state)
    for t in range(len(emitted)):
        to[t] = now = _step(now, emitted[t], skips, counts[t])
    loss = -_ends(now, labels)[..., None]

    place = np.arange(state.shape[-1])
    end = np.where((place == 2 * labels[..., None]) | (place == 2 * labels[..., None] - 1), 0.0, NEVER).astype(log_p.dtype)
    behind = np.flip(np.concatenate([skips[..., 2:], skips[..., :2] & False], -1), -1)
    shares, rest = np.empty_like(emitted), end
    for t in reversed(range(len(emitted))):
        shares[t] = np.where(~counts[t] | (loss > -NEVER / 2), 0.0, np.exp(to[t] + rest + loss))
        coming = np.flip(_arrive(np.flip(rest + emitted[t], -1), behind), -1)
        rest = np.where(counts[t], np.where(coming < NEVER, NEVER, coming), end)

    found = np.zeros(prediction.shape, prediction.dtype)
    classes = prediction.shape[-1]
    of_time = np.moveaxis(shares, 0, -2)
    rows = np.arange(found.size // classes).reshape((*found.shape[:-1], 1))
    flat = np.bincount((rows * classes + state[..., None, :]).ravel(), of_time.ravel(), found.size)
    return -flat.reshape(found.shape).astype(found.dtype)


@composed(
    signature="(t,c),(l)",
    given=FORMS,
    arrays={"prediction_length": "()", "target_length": "()"},
    gradient=_slope,
    lipschitz=1,
    requires=(
        Requirement(
            _no_label,
            "target",
            "a label is a class other than blank",
            "number the classes from 0, and pass target_length= where labels are padded",
        ),
        Requirement(
            lambda prediction, prediction_length: (
                None if prediction_length is None else prediction_length > prediction.shape[-2]
            ),
            "prediction_length",
            "prediction_length is at most the length of the time axis",
            "the prediction has the shape (…, time, classes)",
        ),
        Requirement(
            lambda target, target_length: None if target_length is None else target_length > target.shape[-1],
            "target_length",
            "target_length is at most the length of the target's last axis",
            "the target has the shape (…, labels)",
        ),
    ),
)
def ctc(
    prediction: LogProbability,
    target: int,
    *,
    infeasible: Literal["infinity", "zero"] = "infinity",
    blank: NonNegative = 0,
    prediction_length: Annotated[int | None, Interval(0)] = None,
    target_length: Annotated[int | None, Interval(0)] = None,
):
    r"""Connectionist temporal classification, -log of the probability of a sequence of labels (Graves et al., 2006), in nats.

    .. math:: -\log \sum_{\pi: B(\pi) = y} \prod_t p_t(\pi_t)

    The sum is over all paths π, one class a time, that become the labels y when repeated classes are written once and then
    ``blank``, class 0 unless given, is left out. ``given`` says what the prediction is: ``"logits"`` (the gradient is p less
    the probability of each class on such paths, so it sums to 0 at each time), ``"log_probabilities"`` or ``"probabilities"``.

    The prediction has the shape (samples, time, classes), the target (samples, labels). ``prediction_length`` and
    ``target_length``, one a sample, say how many of them count; what lies behind is not looked at. Labels that take more time
    than there is have no path: they cost ∞, or 0 with ``infeasible="zero"``, with gradient 0 either way. No labels cost
    the blanks. torch takes log-probabilities as (time, samples, classes), and by default divides each loss by its number of
    labels.

    Labels out of range or equal to ``blank``, lengths beyond the axes, and shapes that do not fit raise.

    >>> import lossary
    >>> lossary.ctc([[[0.0, 1.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]], [[1, 2]], reduction="none")
    array([1.02744485])
    """
    blank, times, labels = _read(prediction, target, blank, prediction_length, target_length)
    log_p = _finite(prediction)
    state, skips = _states(target, blank, prediction.shape[-1])
    emitted = take_along_axis(log_p, state[..., None, :])
    counts = (arange(prediction.shape[-2], target) < times[..., None])[..., None]
    reached = fold(lambda now, e, c: _step(now, e, skips, c), _start(prediction, state), emitted, counts, axis=-2)
    loss = -_ends(reached, labels)
    return where(loss > -NEVER / 2, math.inf if infeasible == "infinity" else 0.0, loss)
