"""Sheets of workbooks: written here as XML, and as the office suites write them."""

import sys
import zipfile

import pytest

from lossary.report import BadDataError, UnreadableError, UsageError, compare, score

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OPTIONS = {"loss": "mae", "target": "y", "prediction": "p"}
ROWS = [["y", "p", "g", 7, "mixed"], [1, 0.5, "a", 3, True], [0, 0.25, None, 4, "x"], [2, 2, "b", 5, 2.5]]


def cell(value):
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value!r}</v></c>"


def workbook(path, sheets):
    """Write an .xlsx file of some sheets, each a list of rows."""
    related = [(f"rId{k}", f"worksheets/sheet{k}.xml", name, rows) for k, (name, rows) in enumerate(sheets.items(), 1)]
    targets = [f'<Relationship Id="{i}" Type="{OFFICE}/worksheet" Target="{target}"/>' for i, target, *_ in related]
    listed = [f'<sheet name="{name}" sheetId="{i[3:]}" r:id="{i}"/>' for i, _, name, _ in related]
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{"".join(listed)}</sheets></workbook>'
    whole = f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    kinds = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types">{kinds}</Types>')
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{whole}</Relationships>')
        archive.writestr("xl/workbook.xml", book)
        related_xml = f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(targets)}</Relationships>'
        archive.writestr("xl/_rels/workbook.xml.rels", related_xml)
        for _, target, _, rows in related:
            data = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            archive.writestr(f"xl/{target}", f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>')
    return path


def test_a_sheet_is_a_table(tmp_path):
    path = workbook(tmp_path / "x.xlsx", {"nothing": [], "one": ROWS})
    found = score(path, group=["g", "mixed"], id="7", **OPTIONS)
    assert (found.count, found.sum, found.findings) == (3, 0.75, ())
    assert {part.name for part in found.breakdowns[0].parts} == {"a", "b", "null"}
    assert {part.name for part in found.breakdowns[1].parts} == {"True", "x", "2.5"}
    assert [row["id"] for row in found.worst] == [3, 4, 5]
    assert (found.worst[0]["file"], found.worst[0]["row"]) == (str(path), 0)
    with pytest.raises(BadDataError, match=r"row 1 \(index 0\), column 'mixed'|got 'x', which is not a number"):
        score(path, loss="mae", target="y", prediction="mixed")
    assert score(path, workers=2, engine="threads", **OPTIONS).sum == 0.75
    assert compare(path, path, id="7", **OPTIONS).ties == 3


def test_the_sheet_is_said_or_named(tmp_path):
    path = workbook(tmp_path / "named.like.nothing", {"one": ROWS, "two": [["y", "p"], [1, 3], [2, 2]]})
    found = score(path, **OPTIONS)
    assert [(note.code, note.message) for note in found.findings] == [
        ("L603", f"{path}: the sheet 'one' was read, and not 'two'")
    ]
    other = score(path, sheet="two", **OPTIONS)
    assert (other.mean, other.findings) == (1.0, ())
    with pytest.raises(UsageError, match="has no sheet 'tow'; did you mean 'two'"):
        score(path, sheet="tow", **OPTIONS)


def test_what_is_no_sheet(tmp_path, monkeypatch):
    empty = workbook(tmp_path / "e.xlsx", {"one": []})
    for options, said in (({}, "e.xlsx is empty"), ({"sheet": "one"}, "the sheet 'one' of .* is empty")):
        with pytest.raises(UnreadableError, match=said):
            score(empty, **OPTIONS, **options)
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
    (tmp_path / "c.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    for name in ("b.xlsx", "c.xls"):
        with pytest.raises(UnreadableError, match="is no workbook that can be read"):
            score(tmp_path / name, **OPTIONS)
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(
        UnreadableError, match=r'takes python-calamine: pip install "lossary\[excel\]"; or save the sheet as CSV'
    ):
        score(empty, **OPTIONS)
