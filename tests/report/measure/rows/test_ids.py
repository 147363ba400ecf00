"""Ids that occur twice or not at all against counting them, and the values and hashes by which they are compared."""

import datetime
import hashlib
import math
import tempfile
import uuid
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lossary.report import UnwritableError, UsageError, score
from lossary.report.measure.rows import ids as ids_module
from lossary.report.read.arrays import NumpyColumn
from lossary.report.read.arrow_column import ArrowColumn, kind_of
from lossary.report.read.identity import common_family, family_of, number_key, siphash

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


def keys(array, family=None):
    """The values of an Arrow array."""
    array = array if isinstance(array, pa.Array) else pa.array(array)
    return ArrowColumn(array).keys(family or family_of(kind_of(array.type)))


NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), st.decimals(-(10**9), 10**9, places=3)
)


@given(st.lists(NUMBERS, min_size=2, max_size=30))
@example([4591870180066957722, 0.1, Decimal("0.1"), -1, 2**64 - 1, 2**63, 2.0**63, 7046029254386353131, 0, -0.0])
def test_numbers_are_one_value_if_and_only_if_python_says_so(numbers):
    def value(x):  # a decimal is what the shortest float that reads so is
        return Fraction(Decimal(repr(x))) if isinstance(x, float) and not x.is_integer() else Fraction(x)

    found = [number_key(x) for x in numbers]
    for i, one in enumerate(numbers):
        for j, other in enumerate(numbers):
            assert (found[i] == found[j]) == (value(one) == value(other))


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=30))
def test_equal_numbers_are_one_value_in_every_type(numbers):
    for kind in (np.int8, np.int16, np.int64, np.float16, np.float32, np.float64):
        assert NumpyColumn(np.array(numbers, kind)).keys("number").listed() == numbers
    for kind in (pa.int8(), pa.int64(), pa.float16(), pa.float64(), pa.decimal128(10, 3), pa.decimal256(40, 2)):
        array = pa.array(np.array(numbers, np.float16) if kind == pa.float16() else numbers, kind)
        assert keys(array).listed() == numbers
        assert keys(array.dictionary_encode() if kind not in (pa.float16(),) else array).listed() == numbers
    for texts in ([str(x) for x in numbers], [f"{x}.0" for x in numbers], [f"{x}e0" for x in numbers]):
        assert keys(texts, "number").listed() == numbers
        assert NumpyColumn(np.array(texts)).keys("number").listed() == numbers


def test_values_that_are_no_whole_numbers():
    floats = np.array([0.1, -0.1, 1e-7, 1e300, np.inf, -np.inf, 2.0**60, 2.0**63, -(2.0**63), -0.0])
    found = keys(floats).listed()
    whole = [str(int(1e300)).encode(), 2**60, str(2**63).encode(), -(2**63), 0]
    assert found == [b"0.1", b"-0.1", b"1e-07", whole[0], b"inf", b"-inf", *whole[1:]]
    assert keys([repr(x) for x in floats.tolist()], "number").listed() == found
    assert keys(pa.array([Decimal("0.1"), Decimal("-0.10")])).listed() == [b"0.1", b"-0.1"]
    assert keys([math.nan, None, -math.nan]).listed() == [None] * 3
    assert keys(["007", "7", " 7", "+7", "1_0", "x"], "number").listed() == [b"007", 7, b" 7", b"+7", b"1_0", b"x"]
    assert keys(np.array([2**63, 1], np.uint64)).listed() == [str(2**63).encode(), 1]


TEXTS = st.lists(st.one_of(st.none(), st.text("aé\0z", max_size=20)), min_size=3, max_size=30)


@given(TEXTS)
@settings(max_examples=60)
def test_texts_are_themselves_in_every_form_of_storage(texts):
    expected = [None if text is None else text.encode() for text in texts]
    plain = pa.array(texts, pa.string())
    for array in (plain, plain.cast(pa.large_string()), plain.cast(pa.string_view()), plain.dictionary_encode()):
        assert keys(array).listed() == expected
    assert keys(pa.array(expected, pa.binary())).listed() == expected
    assert keys(plain.slice(1, len(texts) - 2)).listed() == expected[1:-1]
    hashes = keys(plain).hashes()
    assert [h == 0 for h in hashes] == [text is None for text in texts]
    known = [text for text in texts if text is not None and not text.endswith("\0")]  # NumPy drops what ends in NUL
    if known:
        found = NumpyColumn(np.array(known)).keys("text")
        assert found.listed() == [text.encode() for text in known]
        assert found.hashes().tolist() == [h for h, text in zip(hashes.tolist(), texts, strict=True) if text in known]


MOMENT = datetime.datetime(2024, 7, 1, 12, 30, 15, 250_000, datetime.UTC)


def test_times_are_compared_as_instants_whatever_their_unit_and_zone():
    expected = [int(MOMENT.timestamp()) * 10**9 + 250_000_000, None]
    for unit in ("ms", "us", "ns"):
        for zone in ("UTC", "Europe/London", "Asia/Kolkata"):
            assert keys(pa.array([MOMENT, None], pa.timestamp(unit, zone))).listed() == expected
        naive = MOMENT.replace(tzinfo=None)
        assert keys(pa.array([naive, None], pa.timestamp(unit))).listed() == expected
        assert NumpyColumn(np.array([naive, "NaT"], f"M8[{unit}]")).keys("moment").listed() == expected
    texts = ["2024-07-01 12:30:15.25+00:00", "2024-07-01T13:30:15.250000000+01:00", "2024-07-01 18:00:15.25+0530"]
    assert keys([*texts, "2024-07-01 12:30:15.25Z"], "instant").listed() == expected[:1] * 4
    assert keys(["2024-07-01 12:30:15.25", "2024-07-01 12:30:15.25Z", "2024-13-01"], "moment").listed() == [
        expected[0],
        b"2024-07-01 12:30:15.25Z",
        b"2024-13-01",
    ]
    day = datetime.date(2024, 7, 1)
    midnight = int(datetime.datetime(2024, 7, 1, tzinfo=datetime.UTC).timestamp()) * 10**9
    for array in (pa.array([day]), pa.array([day], pa.date64()), pa.array([day]).cast(pa.timestamp("s"))):
        assert keys(array).listed() == [midnight]
    assert NumpyColumn(np.array(["2024-07-01"], "M8[D]")).keys("day").listed() == [midnight]
    assert keys(["2024-07-01"], "day").listed() == keys(["2024-07-01"], "moment").listed() == [midnight]
    far = pa.array([2**62, 5], pa.timestamp("s"))
    assert keys(far).listed() == [str(2**62 * 10**9).encode(), 5 * 10**9]
    assert keys(pa.array([61], pa.time32("s"))).listed() == keys(pa.array([61_000_000], pa.time64("us"))).listed()
    assert (
        keys(pa.array([61], pa.duration("s"))).listed() == NumpyColumn(np.array([61_000], "m8[ms]")).keys("duration").listed()
    )


def test_uuids_are_their_text():
    ids = [uuid.UUID(int=3), None, uuid.UUID("12345678-9abc-def0-1234-56789abcdef0"), uuid.UUID(int=2**128 - 1)]
    array = pa.array([None if x is None else x.bytes for x in ids], pa.uuid())
    expected = [None if x is None else str(x).encode() for x in ids]
    assert keys(array).listed() == expected
    assert keys(array.slice(1, 2)).listed() == expected[1:3]
    assert keys(array[:0]).listed() == []
    assert warnings_of(pa.table({"y": [0.0] * 4, "p": [1.0] * 4, "k": array})) == ("1 row has no id in column 'k'",)


def test_families_that_do_not_mix():
    assert common_family("id", [("a", "k", "number"), ("b", "k", "untyped"), ("c", "k", "text")]) == "number"
    assert common_family("id", [("a", "k", "date32[day]"), ("b", "k", "timestamp[us]"), ("c", "k", "text")]) == "moment"
    assert common_family("id", [("a", "k", "timestamp[us, tz=UTC]"), ("b", "k", "timestamp[s, tz=CET]")]) == "instant"
    assert common_family("id", [("a", "k", "binary"), ("b", "k", "text")]) == "bytes"
    for one, other in (
        ("timestamp[us, tz=UTC]", "timestamp[us]"),
        ("date32[day]", "timestamp[us, tz=UTC]"),
        ("number", "bool"),
        ("number", "datetime64[ns]"),
        ("number", "fixed_size_binary[16]"),
        ("time64[us]", "duration[us]"),
    ):
        with pytest.raises(UsageError, match=r"an id is compared as a value of one type; got .* in column 'k' of") as caught:
            common_family("id", [("a.parquet", "k", one), ("b.parquet", "k", other)])
        assert one in str(caught.value)
        assert other in str(caught.value)


def test_groups_and_clusters_of_several_files_are_values_of_one_type(tmp_path):
    summer = datetime.datetime(2024, 7, 1, tzinfo=datetime.UTC)
    columns = {"utc": pa.timestamp("us", "UTC"), "london": pa.timestamp("ms", "Europe/London")}
    for name, kind in columns.items():
        pq.write_table(table([summer], type=kind), tmp_path / f"{name}.parquet")
    (tmp_path / "c.csv").write_text("y,p,k\n0,1,2024-07-01 01:00:00+01:00\n")
    paths = [tmp_path / "utc.parquet", tmp_path / "london.parquet", tmp_path / "c.csv"]
    found = score(paths, loss="mse", target="y", prediction="p", group="k", cluster="k", id="k")
    assert [(part.name, part.count) for part in found.breakdowns[0].parts] == [("2024-07-01 00:00:00+00:00", 3)]
    assert found.warnings[0].startswith("2 rows have an id in column 'k' that an earlier row has")
    assert "1 cluster" in " ".join(found.notes)
    pq.write_table(table([summer], type=pa.timestamp("us")), tmp_path / "naive.parquet")
    with pytest.raises(UsageError, match=r"a group is compared as .*; give both a time zone, or neither"):
        score([paths[0], tmp_path / "naive.parquet"], loss="mse", target="y", prediction="p", group="k")


def test_regular_texts_do_not_collide():
    # a polynomial modulo 2^64 takes such sequences (Thue and Morse) and their complements for one
    signs = [bin(k).count("1") % 2 for k in range(1024)]
    texts = ["".join("ab"[s] for s in signs), "".join("ba"[s] for s in signs)]
    assert warnings_of(table(texts)) == ()
    assert len(set(keys(texts).hashes().tolist())) == 2
    found = score(table(texts), loss="mse", target="y", prediction="p", cluster="k")
    assert "2 clusters" in " ".join(found.notes)
    assert warnings_of(table([7046029254386353131, 0])) == ()  # whose hash is 0


def test_ids_that_look_alike_to_other_types_are_not_copies():
    bits = int(np.float64(0.1).view(np.int64))
    assert warnings_of(pa.table({"y": [0.0, 0.0], "p": [1.0, 1.0], "k": pa.array([Decimal("0.1"), Decimal(bits)])})) == ()
    assert warnings_of(table([2**64 - 1, 2**63], type=pa.uint64())) == ()
    assert warnings_of(table([0.0, -0.0]))[0].startswith("1 row has an id")


def test_siphash_is_that_of_openssl():
    # openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:16 SIPHASH, of the bytes 0, 1, 2, …
    known = {
        0: "a3817f04ba25a8e66df67214c7550293",
        1: "da87c1d86b99af44347659119b22fc45",
        15: "5493e99933b0a8117e08ec0f97cfc3d9",
        63: "5150d1772f50834a503e069a973fbd7c",
    }
    texts = [bytes(range(n)) for n in known] + [b"x" * 600]
    ends = np.cumsum([0, *map(len, texts)])
    found = siphash(np.frombuffer(b"".join(texts), np.uint8), ends, bytes(range(16)))
    digests = [first.tobytes() + second.tobytes() for first, second in zip(*found, strict=True)]
    assert [digest.hex() for digest in digests[:-1]] == list(known.values())
    assert digests[-1] == hashlib.blake2b(b"x" * 600, digest_size=16, key=bytes(range(16))).digest()


def test_hashes_are_scattered_evenly():
    for hashes in (keys(range(200_000)).hashes(), keys([f"id-{k}" for k in range(200_000)]).hashes()):
        counts = np.bincount((hashes >> np.uint64(56)).astype(int), minlength=256)
        assert abs(counts - 200_000 / 256).max() < 6 * np.sqrt(200_000 / 256)
