"""Guess from the names and the first rows of a file how it would be scored, and say the command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from lossary.errors import UsageError
from lossary.report.measure.plan.labels import labels_of
from lossary.report.measure.plan.levels import levels_of
from lossary.report.read.data import tables_of
from lossary.report.read.form import TextFormat
from lossary.report.read.table import Batch

TARGETS = ("y_true", "y", "target", "label", "labels", "actual", "ground_truth", "truth", "gold_label", "observed", "obs")
PREDICTIONS = (
    *("y_pred", "prediction", "pred", "predicted", "yhat", "y_hat", "forecast", "pred_label", "predicted_label"),
    *("y_score", "y_prob", "proba", "prob", "score", "logit", "p"),
)
GLOBS = ("logit_*", "logits_*", "prob_*", "proba_*", "p_*", "class_*")
KEYS = ("date", "time", "timestamp", "datetime", "ds", "day", "week", "month", "year", "fold", "split", "index", "weight")
"""Columns that are no predictions, whatever numbers they hold."""
QUANTILES = ("quantile_*", "q*", "p*", "0.*", "*-lo-*,*-hi-*", "lower_*,upper_*")
MEMBERS = ("ens_*", "member_*", "sample_*")
LONG = ("output_type_id", "value")
IDS = ("id", "row_id", "doc_id", "sample_id", "unique_id", "row", "k")
_ROWS = 4096


def command_for(files: Sequence[Any], form: TextFormat) -> list[str]:
    """Return the options that would score the files; raise unless names say which columns are the target and the prediction.

    Names are recognised where exactly one of the usual ones is there.
    """
    table = tables_of(list(files), form)[0]
    names = list(table.kinds)
    target, id = _one(names, TARGETS), _one(names, IDS)
    known = [] if id is None else ["--id", id]
    if forecasts := _forecasts(names, None if target is None else [*known, "--target", target]):
        return forecasts
    glob = [pattern for pattern in GLOBS if len(_matches(names, pattern)) > 1]
    # a column for each class says more than one of predicted labels beside them
    single = None if len(glob) == 1 else _one([name for name in names if name != target], PREDICTIONS)
    if target is None or (single is None and len(glob) != 1):
        listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        several = "; if there are several models, lossary compare says how to rank them" if len(names) > 2 else ""
        raise UsageError(
            f"{table.path} has the columns {listed}, whose names do not say which is the target and which the prediction; "
            f'name them, as in loss="huber" target="y" prediction="p"{several}'
        )
    columns = _matches(names, glob[0]) if single is None else [single]
    first = next(table.batches([target, *columns], _ROWS))
    pattern = single if single is not None else columns[0][: len(glob[0]) - 1] + "*"
    if single is not None and (words := labels_of(first, single)) and all(word[:1].isalpha() for word in words):
        return ["--loss", "accuracy", "--target", target, "--prediction", single, *(["--id", id] if id is not None else [])]
    form_of = _form(first, columns)
    labels = labels_of(first, target) if table.kinds[target] != "list" else ()
    found = ["--target", target, "--prediction", pattern, *(["--id", id] if id is not None else [])]
    ends = [column[len(glob[0]) - 1 :] for column in columns] if single is None else []
    if ends == ["0", "1"] and form_of == "probabilities":
        return ["--loss", "binary_cross_entropy", "--given", form_of, *found]
    if len(columns) > 1:
        return ["--loss", "cross_entropy", "--given", form_of, *found]
    if len(labels) <= 2 and form_of != "numbers":
        named = [] if all(label in ("0", "1", "True", "False") for label in labels) else ["--classes", ",".join(labels)]
        return ["--loss", "binary_cross_entropy", "--given", form_of, *found, *named]
    return ["--loss", "absolute_error", *found]


def models_command_for(files: Sequence[Any], form: TextFormat) -> list[str]:
    """Return the options that would rank the columns of a file; raise unless names say which is the target.

    Every column of numbers that is neither the target nor an id is taken as the predictions of a model.
    """
    table = tables_of(list(files), form)[0]
    names = list(table.kinds)
    target, id = _one(names, TARGETS), _one(names, IDS)
    first = next(table.batches(names, _ROWS))
    rest = [name for name in names if name not in (target, id) and name.casefold() not in (*IDS, *KEYS)]
    models = [name for name in rest if table.kinds[name] in ("number", "untyped") and _is_numbers(first, name)]
    if target is None or len(models) < 2:
        listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        raise UsageError(
            f"{table.path} has the columns {listed}, whose names do not say which is the target and which are predictions; "
            'name them, as in loss="huber" target="y" prediction="a,b"'
        )
    found = ["--target", target, "--prediction", ",".join(models), *(["--id", id] if id is not None else [])]
    forms = {_form(first, [name]) for name in models}
    if len(labels_of(first, target)) <= 2 and "numbers" not in forms:
        return [
            "--loss",
            "binary_cross_entropy",
            "--given",
            "probabilities" if forms == {"probabilities"} else "logits",
            *found,
        ]
    return ["--loss", "absolute_error", *found]


def _is_numbers(batch: Batch, name: str) -> bool:
    found = batch.columns[name].numbers()
    return not any(mask is not None and mask.any() for mask in (found.text, found.null))


def _forecasts(names: Sequence[str], rest: Sequence[str] | None) -> list[str]:
    """Return the options for quantiles, members of an ensemble, or the long form of hubs; none if names say no such thing."""
    if set(LONG) <= {*names}:
        shared = [name for name in names if name not in (*LONG, "output_type", "model_id")]
        form = ["--long", "=".join(LONG), "--id", ",".join(shared), "--truth", "TRUTH.csv", "--target", "oracle_value"]
        return ["--loss", "weighted_interval_score", *form]
    for pattern in QUANTILES if rest is not None else ():
        found = [name for part in pattern.split(",") for name in names if fnmatchcase(name.casefold(), part)]
        if len(found) > 1 and levels_of(found) is not None:
            cased = ",".join(_as_written(found, part) for part in pattern.split(","))
            return ["--loss", "weighted_interval_score", "--levels", "from-names", *(rest or ()), "--prediction", cased]
    for pattern in MEMBERS if rest is not None else ():
        if len(_matches(names, pattern)) > 1:
            members = _as_written(names, pattern)
            return ["--loss", "crps_ensemble", *(rest or ()), "--prediction", members]
    return []


def _as_written(names: Sequence[str], pattern: str) -> str:
    """Return a pattern in the case of the first name that it matches."""
    name = next(name for name in names if fnmatchcase(name.casefold(), pattern))
    fixed = pattern.strip("*")
    place = name.casefold().index(fixed.partition("*")[0])
    return pattern.replace(fixed, name[place : place + len(fixed)])


def _one(names: Iterable[str], usual: Sequence[str]) -> str | None:
    """Return the only name that is among the usual ones without regard to case, or None."""
    found = [name for name in names if name.casefold() in usual]
    return found[0] if len(found) == 1 else None


def _matches(names: Iterable[str], pattern: str) -> list[str]:
    beginning = re.escape(pattern.removesuffix("*"))
    return [name for name in names if re.fullmatch(f"{beginning}.+", name, re.IGNORECASE)]


def _form(batch: Batch, columns: Sequence[str]) -> str:
    """Return what predictions look like: "probabilities", "logits", or "numbers" where a column holds whole numbers only."""
    values = np.stack([batch.columns[name].numbers().values.astype(np.float64) for name in columns], axis=1)
    if values.min() >= 0 and values.max() <= 1 and (len(columns) == 1 or bool((abs(values.sum(axis=1) - 1) < 0.05).all())):
        return "probabilities"
    return "numbers" if len(columns) == 1 and bool((values == np.rint(values)).all()) else "logits"


def as_command(files: Sequence[str], options: Sequence[str], command: str = "score") -> str:
    """Return a command of a shell."""
    return shlex.join(["lossary", command, *files, *options])
