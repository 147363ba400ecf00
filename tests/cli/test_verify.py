"""Whether a report is of some data: to the bit, by the options that it records."""

import json
import math
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lossary
from lossary.cli import main as cli
from lossary.cli.verify import differences
from lossary.report import compare, score

rng = np.random.default_rng(11)
N = 60
TABLE = {
    "k": np.arange(N),
    "y": rng.integers(0, 2, N).astype(float),
    "p": rng.random(N),
    "q": rng.random(N),
    "w": rng.random(N),
    "g": rng.choice(["a", "b"], N),
}
OPTIONS = {"loss": "bce", "given": "probabilities", "target": "y", "prediction": "p"}
OWN = """
import lossary
@lossary.pointwise
def gentle(prediction, target):
    return (prediction - target) ** 2
"""


@pytest.fixture
def files(tmp_path):
    pq.write_table(pa.table(TABLE), tmp_path / "a.parquet")
    pq.write_table(pa.table(TABLE | {"p": TABLE["q"]}), tmp_path / "b.parquet")
    pq.write_table(pa.table({"k": TABLE["k"], "y": TABLE["y"]}), tmp_path / "truth.parquet")
    pq.write_table(pa.table({name: TABLE[name] for name in ("k", "p")}), tmp_path / "p.parquet")
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path


@pytest.fixture
def verify(files, capsys):
    """Write a document, verify it, and return the exit code, stdout and stderr."""

    def verify(document, *arguments, truth=None):
        more = [] if truth is None else ["--truth", str(truth)]
        (files / "report.json").write_text(document if isinstance(document, str) else json.dumps(document))
        with pytest.raises(SystemExit) as exit:
            cli.main(["verify", str(files / "report.json"), *(str(files / one) for one in arguments), *more])
        return exit.value.code, *capsys.readouterr()

    return verify


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"group": "g", "also": "mae", "weight": "w", "id": "k", "interval": "bootstrap", "level": np.float32(0.5)},
        {"loss": lossary.huber, "parameters": {"delta": np.float64(0.25)}, "given": None, "cluster": "g", "worst": 3},
        {"loss": "rmse", "given": None, "ignore": ["L302"], "details": False},
        {"loss": "own", "given": None},
    ],
)
def test_a_report_is_of_its_own_files_and_of_no_others(verify, files, options):
    asked = OPTIONS | options
    if asked["loss"] == "own":
        asked["loss"] = f"{files / 'own.py'}:gentle"
    document = score([files / "a.parquet"], workers=1, progress=lambda *_: None, **asked).to_dict()
    assert "workers" not in document["call"]["options"]
    assert document["call"]["files"] == [{"path": str(files / "a.parquet"), "bytes": (files / "a.parquet").stat().st_size}]
    for arguments in ((), ("a.parquet",)):
        code, out, err = verify(document, *arguments)
        assert (code, err) == (0, "")
        assert "report.json is of these data: all " in out
    code, out, err = verify(document, "b.parquet")
    assert code == 1
    assert "  mean  " in out
    assert "is not of these data" in err


def test_comparisons_and_labels_of_another_file(verify, files):
    both = compare(files / "a.parquet", files / "b.parquet", id="k", group="g", **OPTIONS).to_dict()
    assert verify(both)[0] == verify(both, "a.parquet", "b.parquet")[0] == 0
    code, out, _ = verify(both, "b.parquet", "a.parquet")
    assert code == 1
    now = -both["difference"]
    assert f"  {both['difference']!r} then, {now!r} now ({now - both['difference']:+.3g}, 200 %)" in out
    ranked = compare(files / "a.parquet", names=["one", "other"], **OPTIONS | {"prediction": "p,q"}).to_dict()
    assert ranked["kind"] == "ranking"
    assert verify(ranked)[0] == verify(ranked, "a.parquet")[0] == 0
    assert verify(ranked, "b.parquet")[0] == 1
    apart = score(files / "p.parquet", truth=files / "truth.parquet", id="k", **OPTIONS).to_dict()
    assert verify(apart)[0] == 0
    (files / "truth.parquet").rename(files / "moved.parquet")
    assert verify(apart)[0] == 4
    assert verify(apart, "p.parquet", truth=files / "moved.parquet")[0] == 0


def test_rows_without_an_id_are_known_by_the_name_of_their_file(verify, files):
    document = score(files / "a.parquet", interval="bootstrap", **OPTIONS).to_dict()
    (files / "moved").mkdir()
    (files / "a.parquet").rename(files / "moved" / "a.parquet")
    code, _, err = verify(document, "moved/a.parquet")
    assert (code, err) == (0, "")
    (files / "moved" / "a.parquet").rename(files / "c.parquet")
    code, out, err = verify(document, "c.parquet")
    assert code == 1
    assert all(line.strip().startswith("interval.") for line in out.splitlines()[1:3])
    assert "knows rows without an id by the name of their file" in err


def test_one_bit_is_seen_and_said(verify, files):
    document = score(files / "a.parquet", **OPTIONS).to_dict()
    mean = document["mean"]
    above = math.nextafter(mean, 9.0)
    code, out, _ = verify(document | {"mean": above})
    assert code == 1
    assert out.startswith("1 of ")
    assert f"  mean  {above!r} then, {mean!r} now (-2.22e-16, 1 ulp)" in out
    code, out, err = verify(document | {"lossary": "0.0.9", "new": 1, "mean": mean + 1})
    assert (code, out.count("then")) == (1, 1)  # a key that another version has is no difference
    assert "made by lossary 0.0.9, and this is" in err
    code, _, err = verify(document | {"call": document["call"] | {"files": [{"path": "x.csv", "bytes": 7}]}})
    assert code == 0
    assert "bytes; x.csv had 7" in err
    code, _, err = verify(document | {"call": document["call"] | {"files": []}})
    assert "made of 0 files, and these are 1" in err


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (0.0, -0.0, ["x  0.0 then, -0.0 now"]),
        (1, 1, []),
        (1, True, ["x  1 then, true now"]),
        ("Infinity", 2.5, ["x  Infinity then, 2.5 now"]),
        ([1.0, 2.0], [1.0], ["x[1]  2.0 then, nothing now"]),
        ({"a": [{"b": 1}], "file": "x"}, {"a": [{"b": 3}], "file": "y"}, ["x.a[0].b  1 then, 3 now (+2, 200 %)"]),
        ({"a": 1}, {"c": None}, ["x.a  1 then, nothing now", "x.c  nothing then, null now"]),
        (1.0, struct.unpack("<d", struct.pack("<q", struct.unpack("<q", struct.pack("<d", 1.0))[0] + 3))[0],
         ["x  1.0 then, 1.0000000000000007 now (+6.66e-16, 3 ulp)"]),
    ],
)  # fmt: skip
def test_differences(then, now, said):
    assert [f"{one.place}  {one}" for one in differences({"x": then}, {"x": now})] == said


def test_what_cannot_be_verified_is_refused(verify, files):
    columns = {name: TABLE[name] for name in ("y", "p")}
    nameless = score(columns, **OPTIONS).to_dict()
    assert (nameless["call"]["data"], nameless["call"]["options"]) == (None, OPTIONS)
    assert verify(nameless, "a.parquet")[0] == 0  # rows are the same, wherever they come from
    arrays = score(None, loss="mse", target=TABLE["y"], prediction=TABLE["p"]).to_dict()
    summed = score(files / "a.parquet", loss=lossary.absolute_error + lossary.huber, target="y", prediction="p").to_dict()
    for document, code, said in (
        ("{", 2, "is not JSON"),
        ("[]", 2, "is no score and no comparison"),
        ({"kind": "checks"}, 2, "is no score and no comparison"),
        ({"kind": "score", "schema": 1, "lossary": "0.0.1"}, 2, "was made by lossary 0.0.1, whose reports do not say how"),
        (arrays, 2, "made of arrays, or of a loss without a name"),
        (summed, 2, "made of arrays, or of a loss without a name"),
        (nameless, 2, "made of data that have no name; name the files"),
        (nameless | {"call": nameless["call"] | {"options": OPTIONS | {"colour": 1}}}, 2, "has no option 'colour'"),
    ):
        found = verify(document, *(["a.parquet"] if "colour" in said else []))
        assert found[0] == code
        assert said in found[2]
