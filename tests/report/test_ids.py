"""Ids that occur twice or not at all against counting them, and the hashes by which they are compared."""

import tempfile
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossary.report import UnwritableError, score
from lossary.report import ids as ids_module
from lossary.report.arrays import NumpyColumn
from lossary.report.arrow import ArrowColumn
from lossary.report.identity import hashes_of_bytes, hashes_of_numbers

rng = np.random.default_rng(61)


def warnings_of(data, **options):
    return score(data, **{"loss": "squared_error", "target": "y", "prediction": "p", "id": "k", **options}).warnings


def table(ids, **options):
    return pa.table({"y": np.zeros(len(ids)), "p": np.ones(len(ids)), "k": pa.array(ids, **options)})


@pytest.mark.parametrize("kept", [1 << 22, 1000, 0])
@pytest.mark.parametrize("kind", ["whole", "text"])
def test_copies_are_counted_in_memory_and_on_disk(monkeypatch, kept, kind):
    monkeypatch.setattr(ids_module, "KEPT", kept)
    ids = rng.integers(0, 3000, 5000)
    ids = ids.tolist() if kind == "whole" else [f"row {k}" for k in ids]
    expected = sum(count - 1 for count in Counter(ids).values())
    assert warnings_of(table(ids)) == (f"{expected:,} rows have an id in column 'k' that an earlier row has; each was scored",)
    assert warnings_of(table(list(dict.fromkeys(ids)))) == ()


def test_ids_that_are_not_there():
    (twice, missing) = warnings_of(table(["a", None, "b", "a", None, ""]))
    assert twice == "1 row has an id in column 'k' that an earlier row has; each was scored"
    assert missing == "2 rows have no id in column 'k'"
    assert warnings_of(table([1.5, float("nan"), None])) == ("2 rows have no id in column 'k'",)
    assert warnings_of(table([None])) == ("1 row has no id in column 'k'",)
    assert warnings_of({"y": [0.0, 0.0], "p": [1.0, 1.0], "k": np.array(["2020", "NaT"], "M8[D]")}) == (
        "1 row has no id in column 'k'",
    )


def test_ids_are_compared_across_files_however_each_stores_them(tmp_path):
    paths = []
    for name, kind in (("a", pa.int8()), ("b", pa.uint64()), ("c", pa.float64()), ("d", pa.float32())):
        paths.append(tmp_path / f"{name}.parquet")
        pq.write_table(table([1, 2, 3], type=kind), paths[-1])
    assert warnings_of(paths)[0].startswith("9 rows have an id")
    texts = []
    for name, kind in (("e", pa.string()), ("f", pa.large_string()), ("g", pa.dictionary(pa.int8(), pa.string()))):
        texts.append(tmp_path / f"{name}.parquet")
        pq.write_table(table(["x", "é", ""], type=kind), texts[-1])
    (tmp_path / "h.csv").write_text('y,p,k\n0,1,x\n0,1,"é"\n')
    assert warnings_of([*texts, tmp_path / "h.csv"])[0].startswith("8 rows have an id")


def test_workers_and_batches_count_alike(tmp_path):
    ids = rng.integers(0, 500, 1000)
    pq.write_table(table(ids), tmp_path / "a.parquet", row_group_size=100)
    for workers in (1, 4):
        assert warnings_of(tmp_path / "a.parquet", workers=workers)[0].startswith(f"{1000 - len(set(ids.tolist()))} rows")


def test_a_full_disk_is_named(monkeypatch):
    class Full:
        def __enter__(self):
            raise OSError(28, "No space left on device")

        def __exit__(self, *_): ...

    monkeypatch.setattr(ids_module, "KEPT", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(
        UnwritableError, match="ids could not be kept in the temporary folder: No space left on device; make room"
    ):
        warnings_of(table([1, 2]))


@given(st.lists(st.integers(-(2**63), 2**64 - 1), min_size=1, max_size=50, unique=True))
def test_different_whole_numbers_have_different_hashes(numbers):
    # numbers of 64 bits with and without sign share their bits where they are not the same
    small = [x for x in numbers if x < 2**63]
    if small:
        assert len(set(hashes_of_numbers(np.array(small, np.int64)).tolist())) == len(small)
    positive = [x for x in numbers if x >= 0]
    if positive:
        assert len(set(hashes_of_numbers(np.array(positive, np.uint64)).tolist())) == len(positive)


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=30))
def test_equal_numbers_hash_alike_in_every_type(numbers):
    expected = hashes_of_numbers(np.array(numbers, np.int8)).tolist()
    for kind in (np.int16, np.int32, np.int64, np.float16, np.float32, np.float64):
        assert hashes_of_numbers(np.array(numbers, kind)).tolist() == expected


def test_numbers_that_are_not_whole():
    values = np.array([0.1, 0.2, -0.1, 1e300, np.inf, -np.inf, 2.0**60, 2.0**60 + 256])
    assert len(set(hashes_of_numbers(values).tolist())) == len(values)
    assert hashes_of_numbers(np.array([0.0, -0.0])).tolist() == hashes_of_numbers(np.array([0, 0])).tolist()
    assert hashes_of_numbers(np.array([np.nan, -np.nan])).tolist() == [0, 0]


TEXTS = st.lists(st.text(max_size=12), min_size=1, max_size=30)


@given(TEXTS)
@settings(max_examples=150)
def test_texts_hash_alike_if_they_are_equal_wherever_they_stand(texts):
    texts = [*texts, "", "a", "a\0", "\0a", "\0", "ab", "ba"]
    encoded = [text.encode(errors="surrogatepass") for text in texts]
    ends = np.cumsum([0, *map(len, encoded)])
    found = hashes_of_bytes(np.frombuffer(b"".join(encoded), np.uint8), ends).tolist()
    assert len(set(found)) == len(set(texts))
    assert len(set(zip(found, texts, strict=True))) == len(set(texts))


@given(st.lists(st.one_of(st.none(), st.text("aé\0z", max_size=6)), min_size=3, max_size=30))
@settings(max_examples=60)
def test_texts_hash_alike_in_every_form_of_storage(texts):
    plain = ArrowColumn(pa.array(texts, pa.string())).hashes().tolist()
    assert [h == 0 for h in plain] == [text is None for text in texts]
    for array in (
        pa.array(texts, pa.large_string()),
        pa.array(texts, pa.string_view()),
        pa.array(texts, pa.string()).dictionary_encode(),
        pa.array([None if t is None else t.encode() for t in texts], pa.binary()),
    ):
        assert ArrowColumn(array).hashes().tolist() == plain
    assert ArrowColumn(pa.array(texts, pa.string()).slice(1, len(texts) - 2)).hashes().tolist() == plain[1:-1]
    known = [text for text in texts if text is not None and not text.endswith("\0")]  # NumPy drops what ends in NUL
    if known:
        assert NumpyColumn(np.array(known)).hashes().tolist() == ArrowColumn(pa.array(known)).hashes().tolist()


def test_hashes_are_scattered_evenly():
    for hashes in (hashes_of_numbers(np.arange(200_000)), ArrowColumn(pa.array([f"id-{k}" for k in range(200_000)])).hashes()):
        counts = np.bincount((hashes >> np.uint64(56)).astype(int), minlength=256)
        assert abs(counts - 200_000 / 256).max() < 6 * np.sqrt(200_000 / 256)
