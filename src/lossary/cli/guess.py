"""Guess from the names and the first rows of a file how it would be scored, and say the command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from lossary.cli.seen import Seen, not_said, one_of
from lossary.report.read.form import TextFormat

PREDICTIONS = (
    *("y_pred", "y_hat", "yhat", "prediction", "predictions", "pred", "preds", "predicted", "predicted_mean", "forecast"),
    "mean",
    *("fitted", "fittedvalues", "pred_label", "predicted_label", "predicted_class", "y_score", "y_prob", "y_proba", "proba"),
    *("prob", "probs", "probability", "probabilities", "score", "logit", "logits", "p"),
)
STEMS = (
    *("logit_", "logits_", "prob_", "probs_", "proba_", "probability_", "y_prob_", "y_proba_", "y_pred_", "pred_", "p_"),
    "class_",
)
"""Beginnings of the names of columns for one class each."""
MEMBERS = ("ens_*", "ens*[0-9]", "member_*", "member*[0-9]", "sample_[0-9]*")
SCORES = (
    *("acc", "accuracy", "exact_match", "em", "is_correct", "correct", "acc_norm", "pass", "passed", "score", "reward"),
    "rating",
)
"""Names of ready-made scores, of which more is better, as harnesses and judges write them."""
LOSSES = ("loss", "nll", "error", "cross_entropy", "log_loss")
LONG = ("output_type_id", "value")


def command_for(files: Sequence[Any], form: TextFormat) -> list[str]:
    """Return the options that would score the files; raise unless names say which columns are the target and the prediction.

    Names are recognised where exactly one of the usual ones is there.
    """
    seen = Seen(files, form)
    # without a target, a column called score is one that is ready-made
    alone = _ready_made(seen) if seen.target is None else None
    found = _long_form(seen) or alone or next(_forms(seen), None) or _ready_made(seen)
    if found is None:
        several = "; if there are several models, lossary compare says how to rank them" if len(seen.names) > 2 else ""
        example = 'loss="huber" target="y" prediction="p"'
        raise not_said(seen, "which is the target and which the prediction", example, several)
    return found


def _forms(seen: Seen) -> Iterator[list[str]]:
    """Yield the options of each way in which the columns can be read, the surest first."""
    target = _target_options(seen)
    if target is None:
        return
    if len(seen.quantiles) == 1:
        (columns,) = seen.quantiles.values()
        levels = ["--loss", "weighted_interval_score", "--levels", "from-names"]
        yield [*levels, *target, "--prediction", seen.glob(columns)]
    for pattern in MEMBERS:
        if len(columns := seen.like(pattern)) > 1:
            yield ["--loss", "crps_ensemble", *target, "--prediction", seen.glob(columns)]
    yield from _classes(seen, target)
    name = one_of([name for name in seen.names if name != seen.target], PREDICTIONS)
    single = [columns[0] for stem in STEMS if len(columns := seen.like(f"{stem}*")) == 1]
    if name is None and len(set(single)) == 1:
        name = single[0]
    if name is None and "--truth" in target and seen.target is not None:  # as in files for Kaggle
        name = seen.target
    if name is not None and (found := _single(seen, target, name)):
        yield found


def _target_options(seen: Seen) -> list[str] | None:
    """Return the options of the target and the id, or None if nothing says where the target is."""
    others = [name for name in seen.names if name != seen.target and name not in seen.id]
    if seen.target is not None and others:
        skip = ["--unlabelled", "skip"] if seen.lacks_some(seen.target) else []
        return [*seen.id_options(), "--target", seen.target, *skip]
    if not seen.id:
        return None
    return ["--truth", "TRUTH.csv", *seen.id_options(), "--target", seen.target or "target"]


def _classes(seen: Seen, target: Sequence[str]) -> Iterator[list[str]]:
    """Yield the options of columns for one class each."""
    labels = seen.labels(seen.target) if seen.target is not None else ()
    known = {name.casefold(): name for name in seen.rest}
    named = [known[label.casefold()] for label in labels if label.casefold() in known]
    if 1 < len(labels) == len(named) and all(map(seen.is_numbers, named)):
        yield ["--loss", "cross_entropy", "--given", seen.form(named), *target, "--prediction", ",".join(named)]
    for stem in STEMS:
        columns = seen.like(f"{stem}*")
        if len(columns) < 2:
            continue
        ends, form = [name[len(stem) :] for name in columns], seen.form(columns)
        of_two = ends == ["0", "1"] and form == "probabilities"
        loss = "binary_cross_entropy" if of_two else "cross_entropy"
        prediction = ["--prediction", f"{columns[0][: len(stem)]}*"]
        yield ["--loss", loss, "--given", form, *target, *prediction, *_class_names(ends, labels)]


def _class_names(ends: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return the option that names the classes in the order of the columns, where labels are beginnings of their names."""
    if {end.casefold() for end in ends} == {label.casefold() for label in labels} or len(ends) != len(labels):
        return []
    found = [[label for label in labels if _begin_alike(label, end)] for end in ends]
    each = [names[0] for names in found if len(names) == 1]
    return ["--classes", ",".join(each)] if len({*each}) == len(ends) else []


def _begin_alike(one: str, other: str) -> bool:
    one, other = one.casefold(), other.casefold()
    return one.startswith(other) or other.startswith(one)


def _single(seen: Seen, target: Sequence[str], name: str) -> list[str]:
    """Return the options of one column of predictions; none if it fits no loss."""
    found = [*target, "--prediction", name]
    labels = () if seen.target in (None, name) else seen.labels(seen.target)
    if seen.is_list(name):
        values = seen.first.columns[name].at(0)
        is_probabilities = values is not None and min(values) >= 0 and abs(sum(values) - 1) < 0.05
        return ["--loss", "cross_entropy", "--given", "probabilities" if is_probabilities else "logits", *found]
    if not seen.is_numbers(name):
        return ["--loss", "accuracy", *found]
    predicted, form = seen.labels(name), seen.form([name])
    says_label = name.casefold().endswith(("label", "class"))
    if labels and {*predicted} <= {*labels} and (len(labels) <= 2 or says_label):
        return ["--loss", "accuracy", *found]
    if form != "numbers" and (len(labels) == 2 or ("--truth" in target and form == "probabilities")):
        return ["--loss", "binary_cross_entropy", "--given", form, *found, *_two_classes(name, labels)]
    if seen.target not in (None, name) and not seen.is_numbers(str(seen.target)):
        return []
    return ["--loss", "absolute_error", *found]


def _two_classes(name: str, labels: Sequence[str]) -> list[str]:
    """Return the option that names the classes, the event last: the label that the end of the column's name begins with."""
    if all(label in ("0", "1", "True", "False") for label in labels):
        return []
    event = [label for label in labels if _begin_alike(label, name.rpartition("_")[2])]
    ordered = sorted(labels, key=lambda label: label in event) if len(event) == 1 else labels
    return ["--classes", ",".join(ordered)]


def _ready_made(seen: Seen) -> list[str] | None:
    """Return the options of a column that is itself the loss or the score of each row."""
    for names, more in ((SCORES, ["--higher-is-better"]), (LOSSES, [])):
        known = {name.casefold(): name for name in seen.names if name != seen.target}
        held = [known[name] for name in names if name in known and seen.is_numbers(known[name])]
        if held:
            return ["--given", "loss", *more, *seen.id_options(), "--prediction", held[0]]
    return None


def _long_form(seen: Seen) -> list[str]:
    """Return the options for the long form of forecast hubs."""
    if not {*LONG} <= {*seen.names}:
        return []
    shared = [name for name in seen.names if name not in (*LONG, "output_type", "model_id", seen.target_value)]
    truth = ["--target", seen.target_value] if seen.target_value else ["--truth", "TRUTH.csv", "--target", "oracle_value"]
    return ["--loss", "weighted_interval_score", "--long", "=".join(LONG), "--id", ",".join(shared), *truth]


def as_command(files: Sequence[str], options: Sequence[str], command: str = "score") -> str:
    """Return a command of a shell."""
    return shlex.join(["lossary", command, *files, *options])
