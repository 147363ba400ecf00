"""Check the options of a score or a comparison before any file is opened."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.engine.listwise import Listwise
from lossary.engine.loss import Loss
from lossary.errors import UsageError, nearest, short_repr
from lossary.losses.find import find_loss
from lossary.names import did_you_mean
from lossary.report.measure.plan.choices import EVERY, METHODS
from lossary.report.measure.plan.figures import loss_of
from lossary.report.measure.plan.levels import FROM_NAMES, LEVELS
from lossary.report.measure.plan.plan import (
    PRESENT,
    ColumnPlan,
    OtherLoss,
    has_components,
    is_of_vectors,
    shape_of,
)
from lossary.report.measure.plan.ready import GIVEN, ready_made_loss, ready_made_score
from lossary.report.measure.statistics.intervals import IntervalOptions
from lossary.report.read.text import parse_number

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as AnyLoss


def column(value: Any, role: str) -> str | None:
    """Return the name of the column of a role, or None if there is none."""
    if value is None:
        return None
    if not isinstance(value, str):
        remedy = "name the column of the data"
        if isinstance(value, (list, tuple)):
            remedy = "name one, into which others are joined if there are several"
        elif hasattr(value, "__len__"):
            remedy = "add it to the data as a column, and name that"
        raise UsageError(f"the {role} is the name of one column; got {short_repr(value)}; {remedy}")
    return str(value)


def columns(value: Any, role: str) -> list[str]:
    """Return the names of the columns of a role without repetitions, from one name or several."""
    if value is None:
        return []
    if isinstance(value, str):
        return [str(value)]
    items = list(value) if isinstance(value, Iterable) and not isinstance(value, (bytes, Mapping)) else [value]
    for item in items:
        if not isinstance(item, str):
            raise UsageError(
                f"{'an' if role == 'id' else 'a'} {role} is the name of a column, or a list of names; got {short_repr(item)}; "
                "name columns of the data"
            )
    return list(dict.fromkeys(map(str, items)))


def classes(value: Any) -> list[str] | None:
    """Return the names of classes in order, from text, numbers or booleans, such as scikit-learn's ``classes_``."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.split(",")
    if not isinstance(value, Iterable) or isinstance(value, (bytes, Mapping)):
        raise UsageError(
            f"classes are a list of names, or names with commas between them; got {short_repr(value)}; list them in order"
        )
    found = []
    for item in value:
        plain = item.item() if hasattr(item, "item") else item  # a scalar of NumPy or torch
        if isinstance(plain, float) and plain.is_integer():
            plain = int(plain)
        if not isinstance(plain, (str, int)):
            raise UsageError(f"a class is named by text or a whole number; got {short_repr(plain)}; list the classes in order")
        found.append(str(plain))
    return found


def interval_options(method: Any, level: Any, cluster: str | None) -> IntervalOptions:
    """Return how intervals are made; rows of one cluster depend on one another."""
    if not isinstance(method, str) or method not in METHODS:
        near = did_you_mean(method, METHODS)
        raise UsageError(f"interval is one of {', '.join(METHODS)}; got {short_repr(method)}{near}")
    if not _is_number(level) or not 0 < level < 1:
        raise UsageError(f"the level of an interval is a number between 0 and 1, as 0.95; got {short_repr(level)}")
    return IntervalOptions(method, level, method != "none" and (cluster is not None or method == "bootstrap"))


def dependent(
    options: IntervalOptions,
    *,
    cluster: str | None,
    run: str | None,
    time: str | None,
    every: Any,
    horizon: Any,
    time_zone: Any = None,
) -> IntervalOptions:
    """Return how intervals are made of rows in runs or in time; raise where these options do not go together."""
    if every is not None and (not isinstance(every, str) or every not in EVERY):
        near = did_you_mean(every, EVERY)
        raise UsageError(f"every is one of {', '.join(EVERY)}; got {short_repr(every)}{near}")
    if time_zone is not None and not isinstance(time_zone, str):
        raise UsageError(f"a time zone is a name, such as Europe/Berlin; got {short_repr(time_zone)}")
    for name, value in (("every", every), ("horizon", horizon), ("time_zone", time_zone)):
        if value is not None and time is None:
            raise UsageError(f'{name} is of rows in time; name the column of times too, as in time="date"')
    if run is not None and options.method == "bootstrap":
        raise UsageError('runs are too few to be drawn again; leave out interval="bootstrap": runs are then clusters')
    if horizon is not None:
        check_count(horizon, "a horizon is how many times ahead forecasts look", 1)
        other = next((name for name, x in (("run", run), ("cluster", cluster)) if x is not None), None)
        if other is not None or options.method != "normal":
            other = f'interval="{options.method}"' if other is None else other
            raise UsageError(f"a horizon makes the interval by the order of times; leave out {other}, or the horizon")
        return replace(options, horizon=int(horizon))
    return replace(options, resampled=options.resampled or (run is not None and options.method != "none"))


def check_count(value: Any, what: str, least: int = 0) -> None:
    """Raise unless the value is an integer, and large enough."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise UsageError(f"{what}, {least} or more; got {short_repr(value)}")


def check_boolean(value: Any, name: str) -> None:
    """Raise unless the value is True or False; the text "no" is neither."""
    if not isinstance(value, (bool, np.bool_)):
        raise UsageError(f"{name} is True or False; got {short_repr(value)}")


def decides(plan: ColumnPlan, cost: Any, capacity: float | None) -> None:
    """Raise if decisions are to be judged that do not follow from the probability of one event."""
    if (cost is None and capacity is None) or plan.is_binary:
        return
    raise UsageError(
        f"costs and a capacity are of decisions by the probability of one event; {plan.loss.__name__} judges other "
        'predictions; leave them out, or score by loss="binary_cross_entropy"'
    )


def with_clip(plan: ColumnPlan, clip: Any) -> ColumnPlan:
    """Return the plan with probabilities clipped; raise unless the loss takes them as probabilities."""
    if clip is None:
        return plan
    if not _is_number(clip) or not 0 < clip < 0.5:
        raise UsageError(f"clip is the least probability, a number between 0 and 0.5, as 1e-15; got {short_repr(clip)}")
    if plan.given_as not in ("probabilities", "log_probabilities"):
        raise UsageError(
            f"clip moves probabilities away from 0 and 1, and {plan.loss.__name__} takes "
            f"{plan.given_as or 'no probabilities'}; "
            'leave it out, or pass given="probabilities" if that is what they are'
        )
    return replace(plan, clip=float(clip))


def with_partial(plan: ColumnPlan, others: Sequence[OtherLoss], missing_members: Any) -> ColumnPlan:
    """Return the plan with what is done about missing members; raise unless every loss can leave some out."""
    if missing_members not in ("raise", "skip"):
        raise UsageError(f"missing_members is raise or skip; got {short_repr(missing_members)}")
    if missing_members == "raise":
        return plan
    lacking = [loss.__name__ for loss in (plan.loss, *(other.loss for other in others)) if PRESENT not in loss.formulas.arrays]
    if lacking:
        raise UsageError(
            f"members are those of an ensemble, as of crps_ensemble, and {lacking[0]} takes all its numbers; leave out "
            'missing_members="skip"'
        )
    return replace(plan, partial=True)


def ready_made(loss: Any, given: Any, prediction: Any, *, higher_is_better: bool) -> Any:
    """Return the loss, or that of a column which holds it ready-made, where ``given`` is "loss"; raise if that is not clear."""
    check_boolean(higher_is_better, "higher_is_better")
    if given == GIVEN:
        if loss is not None:
            raise UsageError(
                f'given="{GIVEN}" says that the prediction is the loss of its row; leave out loss={short_repr(loss)}'
            )
        if not isinstance(prediction, str):
            raise UsageError(f"a ready-made loss is one column; got {short_repr(prediction)}; name it as the prediction")
        return ready_made_score if higher_is_better else ready_made_loss
    if loss is None:
        raise UsageError(
            f'a score takes a loss, as in loss="huber"; or given="{GIVEN}" if the prediction is itself the loss of its row'
        )
    if higher_is_better:
        raise UsageError(f'higher_is_better is for ready-made scores; leave it out, or pass given="{GIVEN}" without a loss')
    return loss


def check_loss(loss: AnyLoss | str, parameters: Any, given: str | None) -> tuple[Loss, dict[str, Any]]:
    """Return the loss and its parameters, with defaults that matter; refuse what it does not take."""
    found = find_loss(loss_of(loss))
    own = all_parameters(found, _by_name(found, parameters))
    try_options(found, own, given)
    return found, own


def _by_name(loss: Loss, parameters: Any) -> dict[str, Any]:
    """Return parameters by name: numbers, and words where the loss has a choice."""
    if parameters is None:
        return {}
    required = 'parameters are a mapping of names to numbers, as {"delta": 2.0}; got'
    if not isinstance(parameters, Mapping):
        raise UsageError(f"{required} {short_repr(parameters)}")
    found = dict[str, Any]()
    for name, number in parameters.items():
        if name in loss.formulas.arrays:
            found[name] = _listed(loss, name, number)
        elif not isinstance(name, str) or not (_is_number(number) or name in loss.choices):
            raise UsageError(f"{required} {short_repr(number)} for {short_repr(name)}")
        else:
            found[name] = float(number) if _is_number(number) and not isinstance(number, int) else number
    return found


def _listed(loss: Loss, name: str, value: Any) -> Any:
    """Return a parameter that is an array of numbers, one for each column, as a tuple; "from-names" as it is."""
    if name == LEVELS and value == FROM_NAMES:
        return value
    numbers: Any = [parse_number(word) for word in value.split(",")] if isinstance(value, str) else value
    try:
        return tuple([float(number) for number in numbers])
    except (TypeError, ValueError):
        also = f', or "{FROM_NAMES}"' if name == LEVELS else ""
        raise UsageError(
            f"{name} of {loss.__name__} are numbers, one for each column, as in 0.1,0.5,0.9{also}; got {short_repr(value)}"
        ) from None


def all_parameters(loss: Loss, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a loss, with defaults that matter; refuse those that it does not take."""
    for name in given:
        if name in loss.extra_options:
            raise UsageError(f"{name} is an option of {loss.__name__} in Python, not of a score; leave it out")
        known = {**loss.parameters, **loss.choices}
        if name not in known:
            raise UsageError(f"{loss.__name__} has no parameter {name!r}{nearest(name, known, 'it has')}")
    neutral = loss.formulas.neutral
    # what changes nothing by default is told of only where it is asked for
    own = {name: x for name, x in {**loss.parameters, **given}.items() if name not in neutral or neutral[name] != x}
    return {name: tuple(x) if isinstance(x, list) else x for name, x in own.items() if x is not None}


def try_options(loss: Loss, parameters: Mapping[str, Any], given: str | None) -> None:
    """Call the loss once with its options, on arrays so small that nothing is compiled; raise if a row is not what it takes.

    Array code may take rows of some length only, so it is called first on rows of the data.
    """
    axes_of = loss.formulas.axes
    if isinstance(loss, Listwise):
        axes_of = {}  # a row is a list
    if axes_of and not axes_of.keys() >= set(loss.inputs):
        raise UsageError(
            f"{loss.__name__} is a loss of lists of items, and a report takes each row by itself; call the loss on arrays"
        )
    for name, axes in axes_of.items():
        if len(axes) > 1 and not is_of_vectors(loss):
            raise UsageError(
                f"{loss.__name__} takes arrays of the axes {', '.join(axes)} as {name}, and a row of a table holds numbers "
                "along one axis; call the loss on arrays"
            )
    if given is not None and not loss.properties.given:
        raise UsageError(f'{loss.__name__} takes its prediction as it is; leave out given="{given}"')
    try:
        if loss.choose(parameters)[0].leaves_out is not None:
            raise UsageError(
                f"{loss.__name__} leaves samples out with {dict(parameters)}, and a report counts every row; "
                "leave such rows out of the data"
            )
        if given is not None:
            loss.check_choice("given", given, loss.properties.given)
        options: dict[str, Any] = {**parameters, **({"given": given} if given else {})}
        if shape_of(loss) == "classes":
            labels, rows = np.zeros(1, np.int64), np.zeros((1, 2))
            loss(rows, labels if loss.choose(parameters)[0].target_form is None else rows, check=False, **options)
        elif loss.kind == "composed":
            chosen, rest = loss.choose(options)
            chosen.read_options(rest)
            _check_arrays(loss, rest)
        else:
            form = given or next(iter(loss.properties.given), None)
            shapes = {name: (1, 1) if has_components(loss, name) else (1,) for name in loss.inputs}
            points = [np.full(shape, loss.formulas.interval(name, form).inner_point) for name, shape in shapes.items()]
            loss(*points, check=False, **options)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None


def _check_arrays(loss: Loss, options: Mapping[str, Any]) -> None:
    """Raise for levels and the like outside their interval."""
    for name in loss.formulas.arrays:
        interval, numbers = loss.formulas.intervals[name], options.get(name)
        wrong = [x for x in numbers if x != x or interval.outside(x)] if isinstance(numbers, tuple) else []
        if wrong:
            raise UsageError(f"{name} of {loss.__name__} lie in {interval}; got {wrong[0]}; correct them")


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
