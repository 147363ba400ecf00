"""Guess from the names and the first rows of files how their models would be compared, and say the options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lossary.cli.guess import PREDICTIONS, command_for
from lossary.cli.seen import IDS, SPREAD, Seen, not_said, one_of
from lossary.report.read.form import TextFormat


def models_command_for(files: Sequence[Any], form: TextFormat) -> list[str]:
    """Return the options that would compare models: files of one each, rows of one file, or its columns.

    Every column of numbers that is not the target, an id, a key or an end of an interval is taken as a model's predictions.
    """
    if len(files) > 1:
        return command_for(files[:1], form)
    seen = Seen(files, form)
    if seen.target is not None and (found := _stacked(seen, files, form) or _columns(seen) or _quantiles(seen)):
        return found
    example = 'loss="huber" target="y" prediction="a,b"'
    raise not_said(seen, "which is the target and which are predictions", example)


def _stacked(seen: Seen, files: Sequence[Any], form: TextFormat) -> list[str]:
    """Return the options of rows that say in columns of text whose they are."""
    name, id = one_of(seen.rest, PREDICTIONS), one_of(seen.names, IDS)
    words = [column for column in seen.rest if column != name and not seen.is_list(column) and not seen.is_numbers(column)]
    if name is None or id is None or seen.id or not words:
        return []
    return [*command_for(files, form), "--id", id, "--model", ",".join(words)]


def _columns(seen: Seen) -> list[str]:
    """Return the options of columns with a prediction each."""
    of_quantiles = {name for names in seen.quantiles.values() for name in names}
    models = [name for name in seen.rest if name not in of_quantiles and not SPREAD.fullmatch(name) and seen.is_numbers(name)]
    if len(models) < 2 or seen.target is None:
        return []
    skip = ["--unlabelled", "skip"] if seen.lacks_some(seen.target) else []
    found = ["--target", seen.target, *skip, "--prediction", ",".join(models), *seen.id_options()]
    forms, labels = {seen.form([name]) for name in models}, seen.labels(seen.target)
    if len(labels) <= 2 and "numbers" not in forms:
        given = "probabilities" if forms == {"probabilities"} else "logits"
        is_named = not all(label in ("0", "1", "True", "False") for label in labels)
        classes = ["--classes", ",".join(labels)] if is_named else []
        return ["--loss", "binary_cross_entropy", "--given", given, *found, *classes]
    if not seen.is_numbers(seen.target):
        return []
    return ["--loss", "absolute_error", *found]


def _quantiles(seen: Seen) -> list[str]:
    """Return the options of quantiles of several models."""
    if len(seen.quantiles) < 2:
        return []
    ends = [[name.removeprefix(stem) for name in names] if stem else [] for stem, names in seen.quantiles.items()]
    separators = {stem[-1:] for stem in seen.quantiles}
    if not ends[0] or any(sorted(one) != sorted(ends[0]) for one in ends) or len(separators) != 1:
        return []
    stem, names = next(iter(seen.quantiles.items()))
    pattern = ",".join("{model}" + part.removeprefix(stem[:-1]) for part in seen.glob(names).split(","))
    levels = ["--loss", "weighted_interval_score", "--levels", "from-names"]
    return [*levels, "--target", str(seen.target), "--prediction", pattern, *seen.id_options()]
