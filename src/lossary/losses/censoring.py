"""How likely it is not to be censored: the weights of what was observed."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.names import explains_options


@explains_options
def censoring_survival(time: Any, event: Any, *, horizon: float, train_time: Any = None, train_event: Any = None) -> np.ndarray:
    r"""Return the probability Ĝ to be uncensored until a horizon or until just before an event (Kaplan and Meier, 1958).

    .. math:: \hat G(t) = \prod_{s \le t} \left(1 - \frac{c_s}{n_s - d_s}\right)

    At a time s, n are still observed, d have the event and c are censored, which comes after events of the same time. The
    result is what ``censoring=`` of :func:`lossary.survival_brier` takes: Ĝ just before ``time`` for an event up to
    ``horizon``, Ĝ(horizon) for a time beyond, and 1 for those censored before, who weigh nothing.

    ``time`` and ``event`` (1, or 0 for censoring) are arrays of one axis. Ĝ is estimated from ``train_time`` and
    ``train_event``, or from these themselves. Where it is 0 and needed, this raises, as do NaN, lengths that differ and other
    values of events.

    >>> import lossary
    >>> lossary.censoring_survival([2.0, 6.0, 1.0, 8.0], [1, 0, 0, 1], horizon=5.0)
    array([0.75, 0.75, 1.  , 0.75])
    """
    times, happened = _read("time", time, "event", event)
    known = (times, happened)
    if train_time is not None or train_event is not None:
        known = _read("train_time", train_time, "train_event", train_event)
    steps, place = np.unique(known[0], return_inverse=True)
    leaving, events = np.bincount(place), np.bincount(place, known[1])
    exposed = leaving[::-1].cumsum()[::-1] - events
    stay = np.divide(exposed - (leaving - events), exposed, out=np.ones(len(steps)), where=exposed > 0)
    survival = np.r_[1.0, stay.cumprod()]  # before the first step, and from each on
    before, at_horizon = survival[np.searchsorted(steps, times)], survival[np.searchsorted(steps, horizon, "right")]
    found = np.where(times > horizon, at_horizon, np.where(happened, before, 1.0))
    if (found == 0).any():
        latest = times[found == 0].min()
        raise ValueError(
            "censoring_survival: the probability to be uncensored is above 0 where it is divided by; got 0 at index "
            f"{int(np.argmax(found == 0))}, as all who were observed so long were censored; take a horizon before {latest:g}"
        )
    return found


def _read(time_name: str, time: Any, event_name: str, event: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return times and whether the event came, checked."""
    times, events = np.asarray(time, float), np.asarray(event)
    if times.ndim != 1 or times.shape != events.shape:
        raise ValueError(
            f"censoring_survival: {time_name} and {event_name} are arrays of one axis, one value a sample; got shapes "
            f"{times.shape} and {events.shape}; flatten them, and pass both"
        )
    if np.isnan(times).any() or not np.isin(events, (0, 1)).all():
        raise ValueError(
            f"censoring_survival: {time_name} is no NaN, and {event_name} is 1, or 0 for censoring; got others; leave them out"
        )
    return times, events == 1
