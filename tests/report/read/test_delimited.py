"""CSV as it is found: quotes, line ends, encodings, delimiters and surplus columns; what is damaged is named by its line."""

import csv
import gzip
import io
import os
import random
import subprocess
import sys
import textwrap

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lossary.report import BadDataError, UnreadableError, UsageError, compare, score
from lossary.report.read import delimited
from lossary.report.read.form import TextFormat
from lossary.report.read.open import open_table

OPTIONS = {"loss": "absolute_error", "target": "y", "prediction": "p"}


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path, form=None):
    """All columns, with the empty field as null."""
    table = open_table(path, form)
    columns = {name: [] for name in table.kinds}
    for batch in table.batches(list(columns), 7):
        for name, found in columns.items():
            found += batch.columns[name].array.to_pylist()
    return columns


# ---- what is no concern of anybody


@pytest.mark.parametrize(
    "text",
    [
        "y,p,,\n1,2,,\n4,2,,\n",
        "y,p,x,x\n1,2,,\n4,2,5,6\n",
        ",y,p\n0,1,2\n1,4,2\n",
        'y,p,"a,b"\n1,2,"\n"\n4,2,\n',
        "y,p\r1,2\r4,2\r",
    ],
)
def test_columns_that_nobody_asks_for_are_no_obstacle(tmp_path, text):
    assert score(write(tmp_path / "a.csv", text), **OPTIONS).mean == 1.5


def test_a_column_that_is_asked_for_has_a_name_of_its_own(tmp_path):
    path = write(tmp_path / "a.csv", "y,p,p\n1,2,3\n")
    with pytest.raises(UnreadableError, match="'p' occurs twice; rename one"):
        score(path, **OPTIONS)
    path = write(tmp_path / "b.csv", "y,z_0,z_1,z_0\n1,2,3,4\n")
    with pytest.raises(UnreadableError, match="'z_0' occurs twice; rename one"):
        score(path, loss="cross_entropy", target="y", prediction="z_*")


def test_an_empty_name_matches_no_glob(tmp_path):
    path = write(tmp_path / "a.csv", "t,0,1,\n0,1,2,\n")
    assert score(path, loss="cross_entropy", target="t", prediction="*").columns["prediction"] == "*"


# ---- rows of another length


def test_rows_of_another_length_are_bad_data_and_named_by_their_line(tmp_path):
    path = write(tmp_path / "a.csv", 'k,y,p\n\n1,"1",2\n"2\n",3,3\n\n3,4\n4,5,5,5\n5,6,7\n')
    with pytest.raises(BadDataError) as error:
        score(path, **OPTIONS)
    assert str(error.value) == (
        f"{path}, row 3 (index 2): got 2 fields in line 7; every row has as many as the header, 3\n"
        "  2 of 5 rows cannot be scored (number of fields: 2)\n"
        "  Correct the row; a field that holds the delimiter is put in quotes. "
        "Or pass skip_invalid=True to score the other 3 rows."
    )
    found = score(path, **OPTIONS, id="k", skip_invalid=True)
    assert (found.count, found.sum, found.invalid, found.warnings) == (3, 2.0, {"number of fields": 2}, ())
    assert [(row["row"], row["id"], row["loss"]) for row in found.worst] == [(0, "1", 1.0), (4, "5", 1.0), (1, "2\n", 0.0)]


def test_rows_of_another_length_in_a_column_alone_and_in_a_comparison(tmp_path):
    path = write(tmp_path / "a.csv", "k,y,p\n1,1,2\n2,3\n3,4,4\n")
    with pytest.raises(BadDataError, match=r"row 2 \(index 1\): got 2 fields in line 3"):
        compare(path, path, id="k", **OPTIONS)
    assert compare(path, path, id="k", skip_invalid=True, **OPTIONS).count == 2
    [batch] = open_table(write(tmp_path / "b.csv", "y\n1\n2,3\n4\n")).batches(["y"], 10)
    assert (batch.columns["y"].array.to_pylist(), list(batch.broken)) == (["1", None, "4"], [1])


# ---- line ends and quotes, wherever a block ends


@st.composite
def texts(draw):
    """Records of one to three fields, quoted or not, with every line end, and empty lines."""
    end, word = st.sampled_from(["\n", "\r", "\r\n"]), st.text('ab ,"\n\r', max_size=4)
    quoted = word.map(lambda x: '"' + x.replace('"', '""') + '"')
    field = st.one_of(st.sampled_from(["", "a", "b7", 'a"b']), quoted)
    record = st.tuples(st.lists(field, min_size=1, max_size=3), end).map(lambda found: ",".join(found[0]) + found[1])
    body = "".join(draw(st.lists(st.one_of(record, record, end), max_size=8)))
    return "x,y" + draw(end) + body + draw(st.sampled_from(["", "1,2", "1"]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts(), st.integers(1, 12))
@example("x,y\r\n1\r\n", 4)
@example("x,y\n1,2\r3\n4,5\r\n6\n", 99)
def test_records_and_their_lines_are_those_of_the_csv_module_whatever_the_block(tmp_path, monkeypatch, text, block):
    monkeypatch.setattr(delimited, "_BLOCK", block)
    reader = csv.reader(io.StringIO(text, newline=""))
    next(reader)
    expected, broken, line = [], {}, reader.line_num + 1
    for record in reader:
        if len(record) == 2:
            expected.append([x or None for x in record])
        elif record:  # else the line is empty
            broken[len(expected)] = f"{len(record)} field{'s' * (len(record) > 1)} in line {line}"
            expected.append([None, None])
        line = reader.line_num + 1
    found, wrong = [], {}
    for batch in open_table(write(tmp_path / "a.csv", text)).batches(["x", "y"], 3):
        wrong |= {batch.start + row: reason.partition(";")[0] for row, reason in batch.broken.items()}
        found += map(list, zip(*(batch.columns[name].array.to_pylist() for name in "xy"), strict=True))
    assert (found, wrong) == (expected, broken)


@pytest.mark.parametrize("block", [1 << 21, 40])
@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ('y,p\n1,2\n"3,4\n5,6\n', 3, "is never closed"),
        ('y,p\n1,2\n3,4\n5,"6', 4, "is never closed"),
        ('y,p\n1,2\n3,"4\n5,"6"\n7,8\n', 3, "ends in a quote before other text"),
        ('y,p\n1,2\n3,"4"x\n5,6\n', 3, "ends in a quote before other text"),
        ('y,p\n1,"2\n2"\n3,"4" \n', 4, "ends in a quote before other text"),
        ('"y,p\n1,2\n', 1, "is never closed"),
    ],
)
def test_a_quote_that_is_not_closed_is_named_by_its_line(tmp_path, monkeypatch, block, text, line, sentence):
    monkeypatch.setattr(delimited, "_BLOCK", block)
    path = write(tmp_path / "a.csv", text)
    with pytest.raises(UnreadableError, match=f"a.csv, line {line}: the quoted field that begins here {sentence}"):
        score(path, **OPTIONS)


def test_a_quote_that_is_not_closed_does_not_take_the_file_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCK", 100)
    monkeypatch.setattr(delimited, "_LONGEST", 1000)
    path = write(tmp_path / "a.csv", "y,p\n1,2\n" + '3,"4\n' + "5,6\n" * 10_000)
    with pytest.raises(UnreadableError, match="line 3: a record has at most"):
        score(path, **OPTIONS)


def plain(field):
    """What the field of an unquoted text may not hold."""
    return field.replace(",", "").replace("\n", "").replace("\r", "")


@pytest.mark.parametrize("seed", range(40))
def test_fields_are_those_that_pythons_own_reader_finds(tmp_path, monkeypatch, seed):
    draw = random.Random(seed)
    letters = ["a", "é", " ", '"', '""', ",", "\n", "\r\n", "0", "𝄞"]
    end = draw.choice(["\n", "\r\n", "\r"])
    drawn = [["".join(draw.choices(letters, k=draw.randrange(6))) for _ in range(3)] for _ in range(draw.randrange(1, 60))]
    rows = [["x", "y", "z"], *drawn]
    lines = []
    for row in rows:
        fields = []
        for field in row:
            bare = plain(field).lstrip('"')
            # a quote that does not begin a field is a letter like others
            fields.append(bare if draw.random() < 0.4 else '"' + field.replace('"', '""') + '"')
        lines.append(",".join(fields))
    text = end.join(lines) + draw.choice(["", end])
    monkeypatch.setattr(delimited, "_BLOCK", draw.choice([1, 13, 64, 1 << 21]))
    expected = list(csv.reader(io.StringIO(text, newline="")))[1:]
    found = read(write(tmp_path / "a.csv", text))
    assert [list(row) for row in zip(*found.values(), strict=True)] == [[field or None for field in row] for row in expected]


# ---- encodings and delimiters


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "shift_jis"])
def test_encodings(tmp_path, monkeypatch, encoding):
    name = "日本" if encoding == "shift_jis" else "größe"
    text = f"y,p,{name}\n1,2,{name}\n4,2,b\n"
    path = write(tmp_path / "a.csv.gz", gzip.compress(text.encode(encoding)))
    monkeypatch.setattr(delimited, "_BLOCK", 3)
    found = score(path, **OPTIONS, group=name, encoding=encoding)
    assert found.mean == 1.5
    assert {part.name for part in found.breakdowns[0].parts} == {name, "b"}
    if encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):  # a byte order mark tells
        assert score(path, **OPTIONS, group=name).mean == 1.5


def test_text_in_another_encoding_is_told_from_damage(tmp_path):
    path = write(tmp_path / "a.csv", "y,p,g\n1,2,a\n1,2,größe\n".encode("latin-1"))
    assert score(path, **OPTIONS).count == 2  # only what is read matters
    sentence = (
        r"a.csv, line 3: the text is not UTF-8 \(byte 0xf6\); name its encoding, e.g. encoding=.cp1252. or encoding=.latin-1."
    )
    with pytest.raises(UnreadableError, match=sentence):
        score(path, **OPTIONS, group="g")
    path = write(tmp_path / "b.csv", "y,p,größe\n1,2,a\n".encode("latin-1"))
    with pytest.raises(UnreadableError, match=r"b.csv, line 1: the text is not UTF-8 \(byte 0xf6\); name its encoding"):
        score(path, **OPTIONS)
    with pytest.raises(UnreadableError, match=r"b.csv is not text in utf-16.*name its encoding"):
        score(path, **OPTIONS, encoding="utf-16")


@pytest.mark.parametrize("encoding", ["utf8x", "hex", "", "undefined", "a\0b"])
def test_what_is_no_encoding(tmp_path, encoding):
    with pytest.raises(UsageError, match="an encoding is one that Python knows"):
        score(write(tmp_path / "a.csv", "y,p\n1,2\n"), **OPTIONS, encoding=encoding)


@pytest.mark.parametrize(
    ("text", "name", "delimiter"),
    [
        ("y|p\n1|2\n4|2\n", "a.csv", None),
        ('"a,b";y;p\n0;1;2\n0;4;2\n', "a.csv", None),
        ("y:p\n1:2\n4:2\n", "a.csv", ":"),
        ("y:p\n1:2\n4:2\n", "a.dat", ":"),
        ("y\tp,\n1\t2\n4\t2\n", "a.csv", "tab"),
        ("y p\n1 2\n4 2\n", "a.txt", " "),
    ],
)
def test_delimiters(tmp_path, text, name, delimiter):
    options = {**OPTIONS, "prediction": "p,"} if "p," in text else OPTIONS
    assert score(write(tmp_path / name, text), **options, delimiter=delimiter).mean == 1.5


@pytest.mark.parametrize("delimiter", ["", ",,", "é", '"', "\n", "\0"])
def test_what_is_no_delimiter(tmp_path, delimiter):
    with pytest.raises(UsageError, match="a delimiter is one ASCII character"):
        score(write(tmp_path / "a.csv", "y,p\n1,2\n"), **OPTIONS, delimiter=delimiter)


def test_a_format_is_a_value():
    assert TextFormat("latin1", "tab") == TextFormat("iso8859-1", "\t")


# ---- how the process ends

ENDS = """
    import os, sys
    import lossary.report.read.delimited
    from lossary.report import ReportError, score

    codes = []
    for k in range(50):
        child = os.fork()
        if not child:
            target, prediction = ("yy", "p") if k % 2 else ("y", "q")
            try:
                score(sys.argv[1 + k % 3], loss="squared_error", target=target, prediction=prediction)
            except ReportError:
                sys.exit(3)  # the interpreter is taken down as at the end of any program
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(sorted(set(codes)))
"""


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_file_that_is_refused_does_not_abort_the_process(tmp_path):
    sound = b"y,p\n" + b"1,2\n" * 8_000_000  # more than is read ahead
    paths = [
        write(tmp_path / "a.csv.gz", gzip.compress(sound, 1)),
        write(tmp_path / "b.csv.gz", gzip.compress(b'y,p\n1,2\n3,"4"x\n' + sound, 1)),
        write(tmp_path / "c.csv", b"y,p\n1,2\n\xff,2\n" + sound),
    ]
    code = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(ENDS), *map(str, paths)]
    result = subprocess.run(code, capture_output=True, text=True, timeout=400)
    assert (result.stdout, result.stderr) == ("[3]\n", "")


def test_gzip_within_gzip_and_utf_16_without_a_mark_are_named(tmp_path):
    text = "y,p\n1,2\n"
    twice = write(tmp_path / "a.csv.gz", gzip.compress(gzip.compress(text.encode())))
    with pytest.raises(UnreadableError, match=r"a.csv.gz is compressed twice, by gzip over gzip.*gunzip"):
        score(twice, **OPTIONS)
    for encoding in ("utf-16-le", "utf-16-be"):
        path = write(tmp_path / "b.csv", text.encode(encoding))
        with pytest.raises(UnreadableError, match=rf"b.csv is not UTF-8: it has a zero byte; .* encoding=.{encoding}."):
            score(path, **OPTIONS)
        assert score(path, **OPTIONS, encoding=encoding).count == 1


def test_decimal_commas(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("y;p;g\n1,5;-2;a,b\n1.000,25;2;a,b\n")
    with pytest.raises(BadDataError, match=r"got '1,5', which is not a number.*\n.*\n.*decimal=\",\""):
        score(path, loss="mae", target="y", prediction="p")
    found = score(path, loss="mae", target="y", prediction="p", group="g", decimal=",")
    assert found.mean == (3.5 + 998.25) / 2
    assert found.breakdowns[0].parts[0].name == "a,b"
    with pytest.raises(UsageError, match="the decimal sign is a point or a comma; got ';'"):
        score(path, loss="mae", target="y", prediction="p", decimal=";")
