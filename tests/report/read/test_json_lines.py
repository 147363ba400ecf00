"""JSON lines: nested keys, lists, numbers as text, and lines that are none."""

import gzip
import io
import json

import numpy as np
import pyarrow as pa
import pytest
import scipy.special

from lossary.report import BadDataError, UnreadableError, UsageError, compare, score
from lossary.report.read import json_lines
from lossary.report.read.open import open_table

rng = np.random.default_rng(8)
N = 2500
Z = rng.normal(size=(N, 3)).round(6)
Y = rng.integers(0, 3, N)
LOSSES = -scipy.special.log_softmax(Z, axis=1)[range(N), Y]


def lines(path, rows, opened=open):
    with opened(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


@pytest.fixture
def samples(tmp_path):
    """Rows as harnesses of language models write them."""
    rows = [
        {
            "doc_id": k,
            "doc": {"label": int(Y[k]), "sub.key": {"a": "x"}},
            "logits": Z[k].tolist(),
            "filtered_resps": [[str(z), "False"] for z in Z[k]],
            "acc": bool(Z[k].argmax() == Y[k]),
            "group": None if k % 5 == 0 else f"g{k % 3}",
        }
        for k in range(N)
    ]
    return lines(tmp_path / "samples.jsonl", rows), rows


def test_nested_keys_list_columns_and_items_of_lists(samples, tmp_path):
    path, rows = samples
    items = "filtered_resps.0.0,filtered_resps.1.0,filtered_resps.2.0"
    zipped = lines(tmp_path / "z.jsonl.gz", rows, gzip.open)
    for file, prediction in ((path, "logits"), (path, items), (zipped, "logits"), (io.BytesIO(path.read_bytes()), "logits")):
        found = score(file, loss="ce", target="doc.label", prediction=prediction, id="doc_id", group="group")
        assert found.mean == pytest.approx(LOSSES.mean(), rel=1e-12)
        assert found.worst[0]["id"] in (int(LOSSES.argmax()), str(LOSSES.argmax()))
        names = {part.name: part.count for part in found.breakdowns[0].parts}
        assert names["null"] == N // 5
    expected = np.mean((Y - (Z.argmax(axis=1) == Y)) ** 2)
    assert score(path, loss="mse", target="acc", prediction="doc.label").mean == pytest.approx(expected, rel=1e-12)


def test_comparisons_of_two_runs(samples, tmp_path):
    path, rows = samples
    other = [row | {"logits": (np.array(row["logits"]) * 1.5).tolist()} for row in reversed(rows)]
    found = compare(path, lines(tmp_path / "b.jsonl", other), id="doc_id", loss="ce", target="doc.label", prediction="logits")
    expected = -scipy.special.log_softmax(1.5 * Z, axis=1)[range(N), Y] - LOSSES
    assert found.difference == pytest.approx(expected.mean(), rel=1e-10)


def test_keys_with_dots_and_whole_numbers_beyond_float64(tmp_path):
    path = lines(tmp_path / "a.jsonl", [{"a.b": {"c": 2**53 + 1}, "y": 1, "p": 2.5}, {"a.b": {"c": 2**53 + 2}, "y": 1, "p": 2}])
    found = score(path, loss="mse", target="y", prediction="p", id="a.b.c")
    assert [row["id"] for row in found.worst] == [str(2**53 + 1), str(2**53 + 2)]
    with pytest.raises(BadDataError, match="exact in float64"):
        score(path, loss="mse", target="a.b.c", prediction="p")


def test_what_is_wrong_is_named(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"y": 1, "p": 1, "z": [1, 2]}\n\n{"y": 1, "p"\n{"y": null, "p": 3, "z": [1]}\n{"y": 1, "p": "x", "z": "no"}\n'
    )
    with pytest.raises(BadDataError, match=r"row 2 \(index 1\): got no JSON object in line 3"):
        score(path, loss="mse", target="y", prediction="p")
    found = score(path, loss="mse", target="y", prediction="p", skip_invalid=True)
    assert found.invalid == {"not a number": 1, "null": 1, "no object": 1}
    with pytest.raises(UsageError, match="no column 'q' for the prediction; it has: y, p, z"):
        score(path, loss="mse", target="y", prediction="q")
    (tmp_path / "b.json").write_text('[{"y": 1}]')
    with pytest.raises(UnreadableError, match="no file of JSON lines: its first line"):
        score(tmp_path / "b.json", loss="mse", target="y", prediction="p")


@pytest.mark.parametrize("part", [1, 7, 40, 1000])
def test_parts_are_the_same_rows_with_the_numbers_of_their_lines(tmp_path, monkeypatch, part):
    texts = [
        '{"y": 1, "p": 3}',
        "",
        '{"y": 2,',
        "  ",
        '{"y": "b", "p": "é\\\\n"}\r',
        "\r",
        '{"y": 5, "long": "' + "x" * 90 + '"}',
        "[]",
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(texts * 3).encode())
    expected = [
        (None, f"no JSON object in line {number}") if text[0] == "[" or text[-1] == "," else (str(json.loads(text)["y"]), None)
        for number, text in enumerate(texts * 3, 1)
        if text.strip()
    ]
    monkeypatch.setattr(json_lines, "_PART", part)
    monkeypatch.setattr(json_lines, "_PIECE", 5)
    table, found = open_table(path), {}
    for one in table.parts():
        rows = 0
        for batch in table.batches(["y"], 2, one):
            for k, value in enumerate(batch.columns["y"].array.to_pylist()):
                found[batch.start + k] = value, batch.broken.get(k)
            rows += batch.rows
        assert table.rows_of(one) in (rows, None)
    assert [found[k] for k in range(len(found))] == expected


def test_reports_do_not_depend_on_parts_threads_and_compression(samples, tmp_path, monkeypatch):
    path, _ = samples
    options = {"loss": "ce", "target": "doc.label", "prediction": "logits", "id": "doc_id", "group": "group"}
    whole = score(path, **options)
    (tmp_path / "a.jsonl.zst").write_bytes(pa.compress(path.read_bytes(), "zstd", asbytes=True))
    monkeypatch.setattr(json_lines, "_PART", 50_000)
    assert len(open_table(path).parts()) > 5
    for data in (path, tmp_path / "a.jsonl.zst", path.as_uri(), io.BytesIO((tmp_path / "a.jsonl.zst").read_bytes())):
        found = score(data, workers=3, **options)
        assert (found.sum, found.interval, found.breakdowns) == (whole.sum, whole.interval, whole.breakdowns)
        assert [row["row"] for row in found.worst] == [row["row"] for row in whole.worst]


def test_a_line_without_an_end_does_not_take_the_file_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "_PIECE", 5)
    monkeypatch.setattr(json_lines, "_LONGEST", 100)
    (tmp_path / "a.jsonl").write_text('{"y": ' + "[" * 1000)
    with pytest.raises(UnreadableError, match="a line has at most"):
        open_table(tmp_path / "a.jsonl")
