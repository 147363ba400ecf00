"""What reports remark on: one table of findings, each with a code, what it means, why it matters and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lossary.errors import UsageError, short_repr

WARNING, NOTE = "warning", "note"


@dataclass(frozen=True)
class Finding:
    """A remark on one report: the kind of finding, and the sentence that says what was found."""

    code: str
    level: str
    """ "warning" for a sign of a mistake in the data or in the options, else "note"."""
    message: str
    count: int | None = None
    """The number of rows, ids or groups that it is about, or None if it is about none in particular."""
    ignored: bool = False
    """True if the user asked not to be told."""


@dataclass(frozen=True)
class Kind:
    """A kind of finding, which is a row of the table."""

    code: str
    title: str
    level: str
    what: str
    why: str
    remedy: str

    def found(self, message: str, count: int | None = None) -> Finding:
        """Return a finding of this kind."""
        return Finding(self.code, self.level, message, count)


# ---- L1: predictions

ZERO_PROBABILITY = Kind(
    "L101",
    "Probability 0 for what happened",
    WARNING,
    "The prediction gives probability 0 to the class that the row has, so the loss of the row is infinite.",
    "One such row makes the mean loss infinite, whatever the other rows are. Often a softmax in float32 was rounded to 0 or 1.",
    "Predict no probability of exactly 0 or 1; store logits and score those; or move probabilities by `--clip 1e-15`, which "
    "the report then says.",
)
CLIPPED = Kind(
    "L102",
    "Probabilities were clipped",
    WARNING,
    "`--clip` moved probabilities away from 0 and 1.",
    "The score is that of changed predictions, and depends on the number that was chosen.",
    "Report the number with the score, or store logits, which need no clipping.",
)
FEW_DIGITS = Kind(
    "L103",
    "Probabilities stored with too few digits",
    WARNING,
    "Probabilities are stored as float32 or float16, and some are exactly 1 in that type.",
    "Probabilities closer to 1 than the type can hold are equal, though their losses are not.",
    "Store logits, or probabilities in float64.",
)
SATURATED = Kind(
    "L104",
    "Saturated logits",
    WARNING,
    "Logits lie beyond ±36.7, where the probability is 0 or 1 in float64.",
    "Such confidence is rarely meant: percentages, counts or scores of another scale may have been taken for logits.",
    "Check that `--given` says what the predictions are, and that they are scaled as they were trained.",
)
CLASSES_BY_PLACE = Kind(
    "L105",
    "Classes matched to columns by place",
    WARNING,
    "No prediction column is named after a class, so the first class took the first column, and so on.",
    "If the columns stand in another order, every row is scored against the wrong class.",
    "Name the columns after the classes, or list them in the order of `--classes`.",
)
INFINITE = Kind(
    "L106",
    "Infinite losses",
    WARNING,
    "Some rows have an infinite loss.",
    "The mean is then infinite too, and has no interval. A difference of two infinite losses is no number.",
    "Look at the row that is named; correct it, choose a loss that stays finite, or use `--clip` for probabilities.",
)

CROSSING = Kind(
    "L107",
    "Quantiles that cross",
    WARNING,
    "In some rows the quantile of a lower level lies above that of a higher one.",
    "No distribution has such quantiles. Each level is scored by itself, and an interval whose ends have changed places covers "
    "nothing.",
    "Sort the quantiles of each row, which never makes the mean quantile loss larger, or train them so that they cannot cross.",
)

# ---- L2: rows and ids

DUPLICATE_IDS = Kind(
    "L201",
    "Ids that occur more than once",
    WARNING,
    "Rows have an id that an earlier row has; each was scored.",
    "Rows that are there twice count twice, and the interval takes them as independent.",
    "Remove the repetitions, name all columns that tell rows apart, as in `--id site,day`, or name the column as `--cluster` "
    "if the rows are different ones.",
)
MISSING_IDS = Kind(
    "L202",
    "Rows without an id",
    WARNING,
    "The id of some rows is null or NaN.",
    "Such rows cannot be looked up, nor checked for repetitions.",
    "Write an id into each row, or name another column.",
)
UNPREDICTED = Kind(
    "L203",
    "Rows of the truth without a prediction",
    NOTE,
    "`--truth` holds rows that have no prediction; `--unpredicted skip` left them out.",
    "If the missing rows are the hard ones, the score is better than the model.",
    "Predict every row, or check that the rows left out are not special.",
)
SKIPPED = Kind(
    "L204",
    "Rows left out",
    NOTE,
    "Rows could not be scored, and `--skip-invalid` left them out.",
    "The score is that of the other rows. Where rows fail for a reason that has to do with the target, it is biased.",
    "Correct the data; the report counts the reasons.",
)
FEW_IN_BOTH = Kind(
    "L205",
    "Few rows in common",
    WARNING,
    "Fewer than half of the rows of either side are in both.",
    "The comparison is of the rows that both have, which may be unlike the others; or the id means different things.",
    "Check that the id is written the same way and means the same rows in both.",
)
BY_PLACE = Kind(
    "L206",
    "Rows compared place by place",
    NOTE,
    "No id was named, so the first row was compared with the first, and so on.",
    "If the order differs, predictions of different rows are compared. The target is checked to agree in each row.",
    "Name the column that tells rows apart by `--id`.",
)
MISSING_MEMBERS = Kind(
    "L207",
    "Ensembles with missing members",
    NOTE,
    "Some rows lack members of their ensemble; `--missing-members skip` scored each row by those that it has.",
    "A smaller ensemble has a larger CRPS on average, unless it is scored as fair; and members may be missing where the "
    "forecast is hard.",
    'Fill in the members, or compare models on rows that are whole; `estimator="fair"` does not depend on how many there are.',
)
NOT_SCORED = Kind(
    "L208",
    "Values of the long form that are not scored",
    NOTE,
    "The long form holds values beside those that the loss takes, such as means or medians beside quantiles.",
    "They are left out, and the score says nothing of them.",
    "Score them by a loss of their own, as in `--loss mae --prediction median`; a median counts as the quantile 0.5 in "
    "`--prediction 'quantile_*,median'`.",
)
JOINED_BY_PART = Kind(
    "L209",
    "The truth is joined by a part of the id",
    NOTE,
    "The truth lacks some of the columns of the id; it was joined by those that it has.",
    "So forecasts that differ in the other columns, such as the day on which they were made, share one truth.",
    "Nothing, if that is meant; else name a truth that has all columns of the id.",
)

# ---- L3: intervals

CLUSTERED = Kind(
    "L301",
    "Rows taken as dependent",
    NOTE,
    "Intervals take rows with the same value of `--cluster` as dependent.",
    "They are wider than those of independent rows, and as wide as they have to be.",
    "Nothing; it says how the interval was made.",
)
FEW_CLUSTERS = Kind(
    "L302",
    "Few clusters",
    WARNING,
    "Intervals rest on fewer than 30 clusters.",
    "The spread of so few clusters is known roughly, so intervals are often too narrow.",
    "Gather more clusters, or take the interval as a rough one.",
)
FEW_ROWS_CARRY = Kind(
    "L303",
    "Few rows carry most of the loss",
    NOTE,
    "1 % of the rows carry more than half of the loss.",
    "The mean and its interval rest on those rows, and another sample may have others.",
    "Look at the worst rows; a loss that grows more slowly, such as `huber` or `mae`, may say more.",
)
MANY_GROUPS = Kind(
    "L304",
    "Too many groups to resample",
    NOTE,
    "A column has so many groups that they have no resampled intervals.",
    "Resampling each group takes memory for each.",
    "Leave out `--interval bootstrap`, or group by a column of fewer values.",
)

DEPENDENT_TIMES = Kind(
    "L305",
    "Times taken as dependent",
    NOTE,
    "With `--time`, the interval of the mean takes the losses of one time as dependent on those of the times near it.",
    "Where good days follow good days, rows say less than as many independent rows would: the interval is wider, and right.",
    "Name `--horizon` if forecasts look several times ahead and are dependent for no other reason.",
)
FEW_TIMES = Kind(
    "L306",
    "Few distinct times",
    NOTE,
    "There are fewer than 10 distinct times, so the interval takes rows as independent.",
    "So few times do not show how they depend on one another.",
    "Score more times, or name the time as `--cluster` if rows of one time depend on one another.",
)
ROUNDED_TIMES = Kind(
    "L307",
    "Times were rounded down",
    NOTE,
    "There are more distinct times than are kept in memory: 65,536, or fewer where many models are compared.",
    "Rows of one second, minute, hour or day then count as rows of one time.",
    "Nothing, unless `--horizon` counts finer steps of time: then store a coarser time, or score a part of the rows.",
)
INDEPENDENT_PARTS = Kind(
    "L308",
    "Parts taken as independent rows",
    NOTE,
    "The intervals of periods and groups take their rows as independent, though that of the mean does not.",
    "Where rows of one time depend on one another, these intervals are too narrow.",
    "Judge differences between periods with care.",
)
RUNS_AS_CLUSTERS = Kind(
    "L309",
    "Runs taken as clusters",
    NOTE,
    "With `--run`, the interval takes rows of one run as dependent, and so rows of the same id in different runs.",
    "A model that is trained again gives other losses; the interval says how sure the mean is over other runs too. Runs are "
    "taken as independent: folds whose models share training rows are not, and no estimate is right for them (Bengio and "
    "Grandvalet, 2004).",
    "Nothing for seeds; of folds, take the interval as too narrow.",
)
RUNS_ON_THESE_ROWS = Kind(
    "L310",
    "Runs on these rows alone",
    WARNING,
    "Runs are clusters, and nothing says which of their rows are the same.",
    "The interval says how sure the mean is over other runs on the same rows. Over other rows it is surer than it should be.",
    "Name the column that tells rows apart by `--id`, the same in every run.",
)
ONE_RUN = Kind(
    "L311",
    "A single run",
    WARNING,
    "The column of `--run` holds one value.",
    "Nothing tells how runs differ, so there is no interval.",
    "Leave out `--run`, or add other runs.",
)

FEW_ROWS = Kind(
    "L312",
    "Few rows",
    NOTE,
    "Intervals and p-values of models rest on fewer than 30 rows and the normal distribution.",
    "The spread of so few rows is known roughly, so differences look surer than they are.",
    "Gather more rows, or take the verdict as a rough one.",
)

# ---- L4: what a report leaves out

NO_BEST_CONSTANT = Kind(
    "L401",
    "No best constant prediction, or not the usual one",
    NOTE,
    "The best constant prediction was not found, or another one stands for it; the sentence says why.",
    "Without it there is no skill: nothing to judge the mean loss by.",
    "Compare with a simple model instead.",
)
SEVERAL_PREDICTIONS = Kind(
    "L402",
    "No best constant, calibration or residuals",
    NOTE,
    "The loss is not one of a single prediction and a target, of which a best constant, calibration and residuals are.",
    "These parts of the report are left out.",
    "Nothing; add a loss of one prediction by `--also` if it fits.",
)
NO_WEIGHT = Kind(
    "L403",
    "Every row weighs 0",
    NOTE,
    "The weights add up to 0.",
    "There is no mean.",
    "Check the column of weights.",
)
PERFECT_CONSTANT = Kind(
    "L404",
    "A constant prediction has no loss",
    NOTE,
    "One constant predicts every row without loss, so there is no skill.",
    "All targets are the same, or the loss cannot tell them apart.",
    "Check the target column.",
)

# ---- L5: comparisons

WINS_YET_WORSE = Kind(
    "L501",
    "Better on most rows, yet worse on average",
    NOTE,
    "One side has the smaller loss on more rows, and the larger mean loss.",
    "It gains a little often, and loses much on few rows.",
    "Look at the rows that changed most, and choose the loss whose mean is what matters to you.",
)
OTHER_IN_GROUP = Kind(
    "L502",
    "Another verdict in a group",
    NOTE,
    "In some group the verdict is another than that of all rows.",
    "An improvement on average may be a loss for some. Each group is judged by its own rows alone, so of many groups some "
    "differ by chance.",
    "Look at the groups that are named.",
)
MORE_IS_BETTER = Kind(
    "L503",
    "A score, of which more is better",
    NOTE,
    "`--higher-is-better` takes the column as a score; it counts as a loss of the opposite sign.",
    "Text and pages show scores. In JSON and in Python a difference below 0 means that B has the higher score.",
    "Nothing; it says how to read the signs.",
)

NOT_IN_ALL = Kind(
    "L504",
    "Rows that not every model has",
    NOTE,
    "Rows were left out, as one of the models lacks them or cannot be scored on them.",
    "Models are compared on the same rows. If a model fails on the hard ones, it looks better than it is.",
    "Predict every row by every model.",
)

# ---- L6: how files were read

PERCENT = Kind(
    "L601",
    "Numbers written in percent",
    NOTE,
    "Every number in the first rows of a column of text has a percent sign, so it is read as a share: 12.5 % is 0.125.",
    "A column beside it that holds percent without the sign would be of another unit.",
    "Check that prediction and target are in the same unit. A number without the sign in such a column is an error.",
)
DELIMITER = Kind(
    "L602",
    "The delimiter was found in the header",
    NOTE,
    "The header of a CSV file has no comma (of a TSV file no tab), and another delimiter.",
    "Files with semicolons often have decimal commas.",
    "Nothing if the columns are right; else say `--delimiter`, and `--decimal ,` for decimal commas.",
)
FIRST_SHEET = Kind(
    "L603",
    "The first sheet of several",
    NOTE,
    "A workbook has several sheets, and the first one that holds something was read.",
    "The predictions may stand in another.",
    "Name the sheet by `--sheet`.",
)

TWO_COLUMNS = Kind(
    "L604",
    "Two columns of probabilities as one prediction",
    NOTE,
    "A binary loss was given a column for each class, which sum to 1; that of the second class is the prediction.",
    "It says which class counts as the event.",
    "Nothing if the classes are right; else name them in order by `--classes`.",
)

KINDS: Mapping[str, Kind] = {kind.code: kind for kind in tuple(globals().values()) if isinstance(kind, Kind)}
"""The table: every kind of finding by its code."""


def codes_of(ignore: Any) -> tuple[str, ...]:
    """Return the codes of findings not to be told, from a list, or text with commas; raise for a code that there is not."""
    items = ignore.split(",") if isinstance(ignore, str) else ignore
    if not isinstance(items, Iterable) or not all(isinstance(item, str) for item in items):
        raise UsageError(f'ignore lists codes of findings, as in ["L101"]; got {short_repr(ignore)}')
    codes = [code.strip().upper() for item in items for code in item.split(",")]
    for code in codes:
        if code not in KINDS:
            raise UsageError(
                f"there is no finding {code!r}; there are {', '.join(KINDS)}; `lossary explain` says what they are"
            )
    return tuple(codes)


def marked(findings: Iterable[Finding], ignored: Iterable[str]) -> tuple[Finding, ...]:
    """Return the findings, with those of some codes marked as ignored."""
    return tuple(replace(finding, ignored=finding.code in ignored) for finding in findings)
