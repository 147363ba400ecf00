"""Numbers and comments as people write them: thousands, decimal commas, percent signs; what is no such number is refused."""

import gzip
import re

import numpy as np
import pyarrow as pa
import pytest

from lossary.cli import main as cli
from lossary.report import BadDataError, UnreadableError, UsageError, compare, score
from lossary.report.read import delimited
from lossary.report.read.arrow_column import ArrowColumn
from lossary.report.read.written import Writing, WrittenColumn, without_comments

OPTIONS = {"loss": "mae", "target": "y", "prediction": "p"}


def read(texts, **writing):
    """What texts are as numbers: None for what is none."""
    found = WrittenColumn(pa.array(texts), Writing(**writing)).numbers()
    wrong = np.zeros(len(texts), bool) if found.text is None else found.text
    return [None if bad else value for value, bad in zip(found.values.tolist(), wrong, strict=True)]


@pytest.mark.parametrize(
    ("writing", "texts", "numbers"),
    [
        ({"thousands": ","}, ["1,234.5", "-12,345,678", "12", " 1,000 ", "1,000e2"], [1234.5, -12345678, 12, 1000, 1e5]),
        ({"thousands": ","}, ["12,34,567", "1,23", "1234,567", "1,2345", ",123", "1,234,5"], [1234567] + [None] * 5),
        ({"thousands": "'"}, ["1'234'567.25", "1''234"], [1234567.25, None]),
        ({"thousands": "_"}, ["1_234", "1_2"], [1234, None]),
        ({"thousands": " "}, ["1 234", "1\u202f234\u00a0567", "1\u00a0234,5", "1 2"], [1234, 1234567, None, None]),
        ({"thousands": " ", "decimal": ","}, ["1 234,5", "0,25", "1.5"], [1234.5, 0.25, None]),
        ({"decimal": ","}, ["1.234,5", "12.345.678", "0,25", "1.5", "1.5,2", "1,5e3"],
         [1234.5, 12345678, 0.25, None, None, 1500]),
        ({"thousands": ".", "decimal": ","}, ["1.234", "1.23"], [1234, None]),
        ({"percent": True}, ["12.5 %", "0.1%", "100\u202f%\u00a0", "-3 %", "0.3", "12.5 % of", "%", "1e1%"],
         [0.125, 0.001, 1, -0.03] + [None] * 4),
        ({"percent": True, "decimal": ","}, ["12,3 %"], [0.123]),
        ({"percent": True, "thousands": ","}, ["1,234.5%"], [12.345]),
    ],
)  # fmt: skip
def test_numbers(writing, texts, numbers):
    assert read(texts, **writing) == numbers


def test_shares_are_rounded_once():
    texts = [f"{k / 1000:.3f}%" for k in range(1, 2000)]
    assert read(texts, percent=True) == [float(f"{text[:-1]}e-2") for text in texts]


def write(tmp_path, text, name="x.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


def test_thousands(tmp_path):
    path = write(tmp_path, 'y,p\n"1,234.5","1,234"\n7,5\n')
    with pytest.raises(
        BadDataError, match=r"got '1,234', which .*\n.*\n.*pass decimal=\",\"; if they stand between thousands, t"
    ):
        score(path, **OPTIONS)
    with pytest.raises(BadDataError, match=r"got '1,234.5', which is not a number.*\n.*\n.*pass thousands=\",\""):
        score(path, **OPTIONS | {"prediction": "y", "target": "p"})
    assert score(path, thousands=",", **OPTIONS).mean == 1.25
    spaced = write(tmp_path, "y;p\n1 234,5;1 234\n7;5\n")
    assert score(spaced, thousands=" ", decimal=",", **OPTIONS).mean == 1.25
    for given, decimal in ((".", None), (",", ","), ("x", None), ("", None)):
        with pytest.raises(UsageError, match="a thousands separator is one of"):
            score(path, thousands=given, decimal=decimal, **OPTIONS)


def test_percent_signs_are_read_where_all_numbers_have_one_and_are_said(tmp_path):
    path = write(tmp_path, "y,p,note\n1,50 %,100%\n0,25%,no\n1,100 %,\n")
    found = score(path, **OPTIONS)
    assert found.mean == (0.5 + 0.25 + 0) / 3
    assert [(one.code, one.message) for one in found.findings] == [
        ("L601", "column 'p' is written in percent: 50 % is read as 0.5")
    ]
    for text, said in (
        (
            "y,p\n1,50%\n0,0.25\n",
            "got '50%', which is not a number.*\n.*\n.*without the percent sign; or, in CSV, all numbers",
        ),
        ("y,p\n1,\n0,25%\n", "got null"),
    ):
        with pytest.raises(BadDataError, match=said):
            score(write(tmp_path, text), **OPTIONS)
    later = "y,p\n" + "1,50%\n" * 5 + "1,0.5\n"
    delimited._BLOCK, before = 16, delimited._BLOCK
    try:
        with pytest.raises(BadDataError, match=r"row 6 \(index 5\), column 'p': got '0.5', which is not a number"):
            score(write(tmp_path, later), **OPTIONS)
    finally:
        delimited._BLOCK = before


def test_files_scored_together_are_of_one_unit(tmp_path):
    shares, numbers = write(tmp_path, "k,y,p\n1,1,50%\n", "a.csv"), write(tmp_path, "k,y,p\n2,1,50\n", "b.csv")
    for files in ([shares, numbers], [numbers, shares]):
        with pytest.raises(UnreadableError, match=r"column 'p' is written in percent in \S+a.csv and not in \S+b.csv"):
            score(files, **OPTIONS)
    same = write(tmp_path, "k,y,p\n1,1,0.5\n", "c.csv")
    found = compare(shares, same, id="k", **OPTIONS)
    assert (found.difference, found.notes[0]) == (0, "A: column 'p' is written in percent: 50 % is read as 0.5")
    truth = write(tmp_path, "k;y\n1;12.5 %\n", "t.csv")
    found = score(write(tmp_path, "k,p\n1,0.5\n", "d.csv"), id="k", truth=truth, loss="mae", target="y", prediction="p")
    assert (found.mean, found.findings[0].code) == (0.375, "L601")


def test_a_delimiter_of_the_header_is_said(tmp_path):
    rows = "y,p\n1,2\n2,3\n"
    assert score(write(tmp_path, rows), **OPTIONS).notes == ()
    path = write(tmp_path, rows.replace(",", ";"))
    assert score(path, **OPTIONS).notes == (f"the fields of {path} are separated by semicolons, as its header says",)
    assert score(path, delimiter=";", **OPTIONS).notes == ()


COMMENTED = '# made by "a model\n\n# x,y\ny,p,t\n1,2,"a\n# b"\n#1,9\n3,5,#c\n# end'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block", [1, 3, 7, 1 << 20])
def test_lines_that_begin_with_the_sign_are_no_rows(tmp_path, monkeypatch, end, block):
    monkeypatch.setattr(delimited, "_BLOCK", block)
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(COMMENTED.replace("\n", end).encode()))
    found = score(path, comment="#", group="t", **OPTIONS)
    assert (found.count, found.sum) == (2, 3.0)
    assert {part.name for part in found.breakdowns[0].parts} == {f"a{end}# b", "#c"}
    path.write_bytes(gzip.compress((COMMENTED.replace(" end", "") + "\nno\n").replace("\n", end).encode()))
    line = "10" if end != "\r\n" or block > 99 else r"\d+"  # a line end that is cut in two counts twice
    with pytest.raises(BadDataError, match=f"1 field in line {line}; every row has as many as the header, 3"):
        score(path, comment="#", **OPTIONS)


def test_comments_of_text():
    for text in (COMMENTED.encode(), b"", b"#", b"a#b\n", b"#a\n#b\r#c"):
        lines = re.split(rb"(\r\n|\n|\r)", text)
        if b'"' not in text:
            expected = b"".join(b"" if line.startswith(b"#") else line for line in lines)
            assert without_comments(text, b"#", last=True) == expected
    assert without_comments(b"1\n#a", b"#", last=False) == b"1\n#a"
    assert without_comments(b'"\n#a\n"\n#b\n', b"#", last=True) == b'"\n#a\n"\n\n'


@pytest.mark.parametrize("mark", ["", "##", '"', "-", "1", "é", 7])
def test_signs_of_comments_that_could_begin_a_field_are_refused(tmp_path, mark):
    with pytest.raises(UsageError, match="comments begin with one ASCII character with which no field begins"):
        score(write(tmp_path, "y,p\n1,2\n"), comment=mark, **OPTIONS)


def test_on_the_command_line(tmp_path, capsys):
    path = write(tmp_path, '# head\ny,p\n"1\'234","1\'236"\n')
    arguments = ["score", str(path), "--loss", "mae", "--target", "y", "--prediction", "p", "--quiet"]
    with pytest.raises(SystemExit) as exit:
        cli.main([*arguments, "--comment", "#", "--thousands", "'"])
    assert (exit.value.code, capsys.readouterr().out) == (0, "2.0\n")
    with pytest.raises(SystemExit) as exit:
        cli.main([*arguments, "--comment", "#", "--decimal", "."])
    assert exit.value.code == 3


def test_other_columns_are_of_the_same_writing():
    assert type(ArrowColumn(pa.array(["1"])).like(pa.array(["2"]))) is ArrowColumn
    assert WrittenColumn(pa.array(["1"]), Writing(percent=True)).like(pa.array(["2%"])).numbers().values.tolist() == [0.02]
