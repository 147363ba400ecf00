"""Queries of DuckDB: executed, they find the means that scores and the losses themselves find."""

import functools
import gzip
import re

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import lossary
from lossary.cli import main as cli
from lossary.losses import registry
from lossary.report import UsageError, score
from lossary.report.measure.plan.plan import shape_of
from lossary.report.query import write_query
from lossary.report.read.form import TextFormat

N = 40
rng = np.random.default_rng(5)
P = rng.dirichlet([1, 2, 3], N)
TABLE = {
    "y": rng.normal(size=N),
    "p": rng.normal(size=N),
    "q": rng.uniform(0.05, 0.95, N),
    "b": rng.integers(0, 2, N),
    "t": rng.choice(["no", "Yes"], N),
    "w": rng.integers(0, 3, N) / 2,
    'g "x"': rng.choice(["a", "it's", "b\nc"], N),
    "h": rng.integers(1, 4, N),
    "label": rng.choice(["cat", " Dog", "eel"], N),
    "class": rng.integers(0, 3, N),
    "z_eel": rng.normal(size=N),
    "z_cat": rng.normal(size=N),
    "z_dog": rng.normal(size=N),
    **{f"p_{k}": P[:, k] for k in range(3)},
    **{f"m_{k}": rng.integers(0, 2, N) for k in range(3)},
}
BINARY = {"loss": "bce", "target": "b", "prediction": "q", "given": "probabilities"}
SQUARES = {"loss": "mse", "target": "y", "prediction": "p"}
SHARES = {"given": "probabilities"}
CASES = {
    "a figure": {"loss": "rmse", "target": "y", "prediction": "p"},
    "parameters": {"loss": "huber", "parameters": {"delta": 0.5}, "target": "y", "prediction": "p", "also": "mae"},
    "weights and groups": {**SQUARES, "weight": "w", "group": ['g "x"', "h"]},
    "a binary loss": {**BINARY, "group": ["h"], "also": "mse,zero_one"},
    "logits": {"loss": "bce", "target": "b", "prediction": "p", "also": "zero_one"},
    "names of two classes": {**BINARY, "target": "t", "classes": "no,yes"},
    "clipped": {**BINARY, "clip": 0.2},
    "accuracy": {"loss": "accuracy", "target": "b", "prediction": "b2"},
    "classes by name": {"loss": "ce", "target": "label", "prediction": "z_*", "group": ["h"], "also": "zero_one"},
    "classes by place": {"loss": "ce", "target": "label", "prediction": "p_*", **SHARES, "classes": "cat,dog,eel"},
    "classes by number": {"loss": "ce", "target": "class", "prediction": "p_2,p_0,p_1", **SHARES, "clip": 0.1},
    "numbers that are names": {"loss": "brier", "target": "h", "prediction": "z_*", "classes": "1,2,3", "given": "logits"},
    "rows of numbers": {"loss": "dice", "target": "m_*", "prediction": "p_*", "weight": "w", "group": ["h"]},
    "several predictions": {"loss": "gaussian", "target": "y", "prediction": {"mean": "p", "variance": "q"}},
    "ready-made": {"given": "loss", "prediction": "p", "higher_is_better": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The table as Parquet, as CSV with decimal commas, and compressed."""
    folder = tmp_path_factory.mktemp("it's")
    table = pa.table(TABLE | {"b2": TABLE["b"] ^ (np.arange(N) % 5 == 0)})
    pq.write_table(table, folder / "x.parquet")
    pa_csv.write_csv(table, folder / "x.csv")
    texts = {
        name: [str(x).replace(".", ",") for x in column.to_pylist()]
        for name, column in zip(table.column_names, table, strict=True)
    }
    pa_csv.write_csv(pa.table(texts), folder / "comma.csv", pa_csv.WriteOptions(delimiter=";"))
    (folder / "x.csv.gz").write_bytes(gzip.compress((folder / "x.csv").read_bytes()))
    return folder


@pytest.fixture(scope="module")
def expected(files):
    """The score of each case, made once."""
    return functools.cache(lambda case: score(files / "x.parquet", **CASES[case]))


def executed(data, form=None, **options):
    result = duckdb.sql(write_query(data, form=form or TextFormat(), **options))
    return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "comma.csv"])
def test_the_query_finds_what_the_score_finds(files, expected, name, case):
    form = TextFormat(decimal="," if name == "comma.csv" else None)
    found = expected(case)
    whole, *parts = executed(files / name, form, **CASES[case])
    assert whole["rows"] == found.count - found.weightless
    assert (whole["part_of"], whole["without_loss"]) == (None, 0)
    assert whole[found.loss] == pytest.approx(found.mean, rel=1e-12)
    if found.figure is not None and found.figure.name != "score":
        assert whole[found.figure.name] == pytest.approx(found.figure.value, rel=1e-12)
    for k, other in enumerate(found.also):
        same = sum(one.loss == other.loss for one in found.also[:k]) + (other.loss == found.loss)
        assert whole[other.loss + (f"_{same + 1}" if same else "")] == pytest.approx(other.mean, rel=1e-12)
    means = {(one["part_of"], one["part"]): one[found.loss] for one in parts}
    groups = {(b.by, str(part.name)): part.mean for b in found.breakdowns if b.kind == "group" for part in b.parts}
    assert means == pytest.approx(groups, rel=1e-12)


def test_every_loss_of_numbers_that_has_sql(tmp_path):
    tried = []
    for name, loss in [*registry.items(), ("a sum", lossary.huber + 0.5 * lossary.absolute_error)]:
        given = next(iter(loss.properties.given), None)
        if shape_of(loss) != "number" or loss.formulas.axes or loss.leaves_out is not None:
            continue
        points = np.array([0.25, 0.5, 0.75])
        rows = {}
        for k, one in enumerate(loss.inputs):
            low, high = loss.formulas.interval(one, given).low, loss.formulas.interval(one, given).high
            values = -points if high <= 0 else points if high <= 1 else 1 + points if low >= 0 else points - 0.6
            whole = loss.formulas.whole_types.get(one)
            rows[one] = np.roll(np.array([0, 1, 1]) if whole else values, k)
        with np.errstate(all="ignore"):
            try:
                expected = float(loss(*rows.values(), check=False))
                loss.code("sql")
            except (TypeError, ValueError):
                continue
        options = {
            "prediction": {one: one for one in loss.predictions},
            "target": "target" if "target" in loss.inputs else None,
        }
        pq.write_table(pa.table(rows), tmp_path / "rows.parquet")
        query = write_query(tmp_path / "rows.parquet", loss=loss, form=TextFormat(), **options)
        found = duckdb.sql(query).fetchall()[0][4]
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), name
        tried += [name] * (expected == expected)  # some take inputs in order of size, as two times
    assert len(tried) > 40, tried


def test_files_as_they_are(files, expected):
    mean = expected("a figure").mean
    for data in ("x.csv.gz", ["x.csv", "x.csv"], ["x.parquet", "x.parquet"]):
        paths = [files / one for one in data] if isinstance(data, list) else files / data
        assert executed(paths, **SQUARES)[0]["squared_error"] == pytest.approx(mean, rel=1e-12)
    (files / "latin.txt").write_bytes("y,p,é\n1,2.5,ü\nNA,1,ß\n".encode("latin-1"))
    options = {**SQUARES, "group": ["é"], "unlabelled": "skip"}
    whole, part = executed(files / "latin.txt", TextFormat(encoding="latin-1"), **options)
    assert (whole["rows"], whole["squared_error"], part["part"]) == (1, 2.25, "ü")
    lists = {"y": [0, 2], "p": [[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]}
    pq.write_table(pa.table(lists), files / "lists.parquet")
    (found,) = executed(files / "lists.parquet", loss="ce", given="probabilities", target="y", prediction="p")
    assert found["cross_entropy"] == pytest.approx(-np.log([0.5, 0.25]).mean())


def test_a_label_that_is_no_class_is_counted(files):
    (files / "odd.csv").write_text("y,p_a,p_b\na,0.5,0.5\nc,0.5,0.5\n")
    (found,) = executed(files / "odd.csv", loss="ce", given="probabilities", target="y", prediction="p_*")
    assert (found["rows"], found["without_loss"]) == (2, 1)
    assert found["cross_entropy"] == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("x.csv", {**SQUARES, "group": ["y:3"]}, "not by bins; leave out --group y:3"),
        ("x.npz", SQUARES, "for Parquet files, or for CSV files, by their names"),
        ("x.parquet", {"loss": "ce", "target": "m_*", "prediction": "p_*"}, "SQL has class labels only"),
        ("x.parquet", {**BINARY, "given": "log_probabilities", "prediction": "p", "clip": 0.1}, "clips probabilities"),
        ("x.parquet", {"loss": "crps_ensemble", "target": "y", "prediction": "p_*"}, "SQL cannot say this loss: "),
    ],
)
def test_what_sql_cannot_say_is_refused(files, name, options, said):
    np.savez(files / "x.npz", y=TABLE["y"], p=TABLE["p"])
    with pytest.raises(UsageError, match=said):
        write_query(files / name, form=TextFormat(), **options)


def test_the_command_prints_the_query(files, capsys):
    def run(*more):
        with pytest.raises(SystemExit) as exit:
            cli.main(["score", str(files / "x.csv"), "--loss", "rmse", "--target", "y", "--prediction", "p", "--sql", *more])
        return exit.value.code, *capsys.readouterr()

    code, out, err = run("--group", "h", "--weight", "w", "--interval", "none")
    assert (code, err) == (0, "")
    squares = (TABLE["p"] - TABLE["y"]) ** 2
    assert duckdb.sql(out).fetchall()[0][-1] == pytest.approx(np.sqrt(np.average(squares, weights=TABLE["w"])))
    for more in (["--json"], ["--fail-above", "1"], ["--skip-invalid"], ["--truth", "t.csv"], ["--missing-members", "skip"]):
        code, out, err = run(*more)
        assert (code, out) == (2, "")
        assert re.search("leave (it )?out", err)
