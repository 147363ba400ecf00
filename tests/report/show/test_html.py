"""Pages of reports are whole, safe, and say what the dict holds: words and places are worked out from the dicts here."""

import copy
import hashlib
import math
import re
import subprocess
import sys
from base64 import b64encode
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lossary.report import UsageError
from lossary.report.show import format, html, svg
from lossary.report.show.pictures import outcomes, reliability

INLINE = {"a", "b", "bdi", "code", "i", "small", "span", "strong"}
VOID = {"meta", "br", "link", "img", "input", "hr", "wbr"}


def interval(low, high, method="normal"):
    return {"low": low, "high": high, "level": 0.95, "method": method}


def remarked(warning=None, note=None):
    said = [(level, text) for level, text in (("warning", warning), ("note", note)) if text is not None]
    found = [{"code": "L204", "level": level, "message": text, "count": None, "ignored": False} for level, text in said]
    lists = {f"{level}s": [text for other, text in said if other == level] for level in ("note", "warning")}
    return {"findings": found, **lists}


def part(name, share=0.5, weight_share=0.25, mean=0.4, bias=None):
    known = {"name": name, "count": 1234, "weight": 1234.0, "mean": mean, "share": share, "weight_share": weight_share}
    return known | {"interval": interval(mean - 0.1, mean + 0.1), "bias": bias}


def calibration_bin(low, high, predicted, observed, weight):
    known = {"low": low, "high": high, "count": int(weight), "weight": weight, "predicted": predicted, "observed": observed}
    return known | {"interval": interval(max(0, observed - 0.1), min(1, observed + 0.1), "wilson")}


BY_LOSS = {"order": "loss"}

SCORE = {
    "schema": 2,
    "kind": "score",
    "lossary": "0.9.7",
    "loss": "binary_cross_entropy",
    "parameters": {},
    "unit": "nats",
    "given": "logits",
    "weightless": 0,
    "columns": {"target": "y", "prediction": "z_*", "weight": None, "group": ["region", "age"], "id": None, "cluster": "house"},
    "classes": {"no": None, "yes": "z"},
    "files": ["a.parquet", "b.parquet"],
    "count": 4936,
    "weight": 4936.0,
    "sum": 2079.67,
    "mean": 0.421328,
    "variance": 0.2,
    "figure": None,
    "time": None,
    "runs": None,
    "costs": None,
    "class_calibration": None,
    "slices": None,
    "recalibration": None,
    "root": None,
    "clusters": 40,
    "interval": interval(0.40112, 0.44154),
    "baseline": 0.610622,
    "constant": "the mean of the target, 0.3",
    "skill": 0.31,
    "entropy": 0.0,
    "divergence": 0.421328,
    "accuracy": 0.934,
    "invalid": {"null": 3, "text": 1},
    "infinite": 0,
    "clip": None,
    "terms": [],
    "also": [
        {
            "loss": "huber",
            "parameters": {"delta": 2.0},
            "given": None,
            "mean": 0.3456,
            "interval": None,
            "baseline": None,
            "skill": None,
        },
        {
            "loss": "brier",
            "parameters": {},
            "given": "probabilities",
            "mean": 0.2,
            "interval": interval(0.1, 0.3),
            "baseline": 0.4,
            "skill": 0.5,
        },
    ],
    "breakdowns": [
        {
            "by": "region",
            "kind": "group",
            "of": 12,
            "order": "loss",
            "parts": [part("north", bias=0.2), part("south", 0.2, 0.4, 0.3, -0.1)],
        },
        {"by": "class", "kind": "class", "of": 2, **BY_LOSS, "parts": [part(0), part(1, 0.5, 0.75)]},
    ],
    "concentration": [{"rows": r, "loss": v} for r, v in ((0.001, 0.08), (0.01, 0.43), (0.1, 0.71), (0.5, 0.93))],
    "histogram": [
        {"low": low, "high": high, "count": count}
        for low, high, count in ((0.0, 0.001, 137), (0.001, 0.01, 1204), (0.01, 0.1, 3561), (0.1, 1.0, 0), (1.0, 10.0, 34))
    ],
    "worst": [
        {
            "file": f"{'ab'[i % 2]}.parquet",
            "row": 17 + i,
            "id": f"x{i}",
            "loss": 9.3 - i,
            "weight": 1.0,
            "prediction": 0.0001 * (i + 1),
            "target": 1,
            "groups": {"region": "north"},
        }
        for i in range(3)
    ],
    "calibration": {
        "event": "target is 1",
        "bins": [calibration_bin(i / 10, (i + 1) / 10, i / 10 + 0.05, i / 10 + 0.05, 100.0 * (i + 1)) for i in range(10)],
        "miscalibration": 0.0123,
        "discrimination": 0.2345,
        "uncertainty": 0.6789,
        "unit": "nats",
        "expected_calibration_error": 0.0234,
        "spread": [{"low": k / 20, "high": (k + 1) / 20, "count": 10 * k} for k in range(20)],
        "thresholds": [{"at": 0.5, "share": 0.4, "precision": 0.8, "recall": 0.7, "accuracy": 0.9}],
    },
    "confusion": {"classes": ["no", "yes"], "counts": [[3000, 120], [204, 1612]]},
    "residuals": {
        "exact": False,
        "bias": 0.1234,
        "interval": interval(0.05, 0.2),
        "quantiles": [
            {"at": at, "value": value}
            for at, value in ((0.01, -3.21), (0.05, -1.5), (0.25, -0.4), (0.5, 0.1), (0.75, 0.6), (0.95, 1.7), (0.99, 2.9))
        ],
    },
    "relevance": {
        "items": 54321,
        "lists": 4321,
        "ndcg": [{"at": at, "mean": 0.7654, "interval": interval(0.75, 0.78)} for at in (1, 10, None)],
    },
    "forecast": {
        "kind": "quantiles",
        "quantiles": [
            {"level": at, "below": at - 0.01, "at_or_below": at + 0.0123, "interval": interval(at - 0.02, at + 0.03)}
            for at in (0.05, 0.5, 0.95)
        ],
        "intervals": [{"level": 0.9, "count": 4936, "coverage": 0.8123, "interval": interval(0.79, 0.83), "width": 12.34}],
        "pit": [{"low": k / 4, "high": (k + 1) / 4, "share": 0.1 * (k + 1)} for k in range(4)],
        "centre": "median",
        "bias": 0.3456,
        "bias_interval": interval(0.21, 0.48),
        "crossing": 2,
        "missing": None,
    },
    **remarked("3 rows were skipped", "predictions were read as logits"),
}


def compared(name, difference=-0.02):
    known = {"name": name, "count": 500, "weight": 500.0, "mean_a": 0.5, "mean_b": 0.5 + difference, "difference": difference}
    return known | {"interval": interval(difference - 0.05, difference + 0.05), "wins": 270, "losses": 210, "ties": 20}


def changed(id, a, b):
    known = {"id": id, "loss_a": a, "loss_b": b, "difference": b - a, "prediction_a": 0.1, "prediction_b": 0.9, "target": 1}
    return known | {"groups": {"region": "north"}}


COMPARISON = {
    "schema": 2,
    "kind": "comparison",
    "lossary": "0.9.7",
    "loss": "huber",
    "parameters": {"delta": 2.0},
    "unit": None,
    "given": None,
    "columns": {"target": "y", "prediction": "p", "prediction_b": "q", "weight": None, "group": ["region"], "id": "row_id"},
    "classes": None,
    "clusters": 12,
    "a": {"files": ["old.csv"], "mean": 0.512345, "rows": 996, "infinite": 0, "root": None},
    "b": {"files": ["new.csv"], "mean": 0.492345, "rows": 994, "infinite": 0, "root": None},
    "id": "row_id",
    "count": 990,
    "weight": 990.0,
    "only_a": 6,
    "only_b": 4,
    "difference": -0.02,
    "interval": interval(-0.031, -0.009),
    "relative": -0.039,
    "verdict": "better",
    "detectable": 0.0157,
    "turning": {"sign": 40, "verdict": 15, "becomes": "undecided", "recomputed": True},
    "murphy": None,
    "forecasts": {},
    "time": None,
    "runs": None,
    "wins": 600,
    "losses": 350,
    "ties": 40,
    "breakdowns": [
        {"by": "region", "kind": "group", "of": 2, **BY_LOSS, "parts": [compared("north"), compared("south", 0.03)]}
    ],
    "changed": {"better": [changed(12, 3.1, 0.1)], "worse": [changed(31, 0.2, 2.4)]},
    "histogram": [
        {"low": low, "high": high, "count": count}
        for low, high, count in ((-1.0, -0.1, 200), (-0.1, 0.0, 400), (0.0, 0.1, 290), (0.1, 1.0, 100))
    ],
    **remarked("10 rows stand in one file only", "a note"),
}

BARE_SCORE = SCORE | {
    **dict.fromkeys(
        (
            "unit",
            "interval",
            "baseline",
            "skill",
            "entropy",
            "divergence",
            "accuracy",
            "concentration",
            "calibration",
            "residuals",
            "forecast",
            "relevance",
        )
    ),
    **{"constant": "", "invalid": {}, "also": [], "breakdowns": [], "histogram": [], "worst": []},
    **remarked(),
}
BARE_COMPARISON = COMPARISON | {
    "only_a": 0,
    "only_b": 0,
    "breakdowns": [],
    "changed": {"better": [], "worse": []},
    "histogram": [],
    **remarked(),
}


def ranked(name, rank, mean, difference, in_set):
    """A model of a ranking."""
    own = {"name": name, "source": f"p_{name}", "rank": rank, "mean": mean, "interval": interval(mean - 0.05, mean + 0.05)}
    own |= {"difference": difference, "confidence": 1.0 if in_set else 0.001, "in_set": in_set, "rows": 990, "infinite": 0}
    turning = {"sign": 90, "verdict": 12 * rank, "becomes": "undecided", "recomputed": True}
    own |= {"detectable": None if rank == 1 else 0.05, "turning": None if rank == 1 else turning}
    if rank == 1:
        return own | {"verdict": "reference", "difference_interval": None, "p_value": None, "root": mean**0.5}
    near = interval(difference - 0.04, difference + 0.04)
    return own | {"verdict": "undecided", "difference_interval": near, "p_value": 0.2 if in_set else 2e-5, "root": mean**0.5}


def covered(k):
    return [{"level": x, "coverage": x - k / 10, "interval": interval(x - 0.2, x), "width": 2 - k} for x in (0.5, 0.9)]


RANKED = [ranked("tree", 1, 0.4, 0.0, True), ranked("line", 2, 0.43, 0.03, True), ranked("mean", 3, 0.9, 0.5, False)]


def pair_of(a, b, difference, p):
    ends = interval(difference - 0.04, difference + 0.04)
    known = {"a": a, "b": b, "difference": difference, "interval": ends, "p_value": p / 3, "adjusted": p}
    return known | {"wins": 300, "losses": 690, "ties": 0}


def ranked_part(name, best, *differences):
    held = [{"mean": 0.4 + x, "difference": x, "interval": interval(x - 0.04, x + 0.04) if x else None} for x in differences]
    return {"name": name, "count": 330, "weight": 330.0, "best": best, "models": held}


RANKING = {
    "schema": 2,
    "kind": "ranking",
    "lossary": "0.9.7",
    "loss": "squared_error",
    "parameters": {"delta": 2.0},
    "unit": None,
    "given": None,
    "files": ["all.csv"],
    "columns": {"target": "y", "weight": None, "group": ["region"], "id": "row_id", "cluster": None, "model": None},
    "classes": None,
    "clusters": 12,
    "count": 990,
    "weight": 990.0,
    "left_out": 3,
    "level": 0.95,
    "best": "tree",
    "reference": "tree",
    "baseline": None,
    "models": RANKED,
    "pairs": [pair_of("tree", "line", 0.03, 0.2), pair_of("tree", "mean", 0.5, 2e-5), pair_of("line", "mean", 0.47, 0.06)],
    "breakdowns": [
        {
            "by": "region",
            "kind": "group",
            "of": 2,
            **BY_LOSS,
            "parts": [ranked_part("north", "tree", 0.0, 0.02, 0.6), ranked_part("south", "line", 0.0, -0.09, 0.4)],
        }
    ],
    "time": {
        **{"column": "day", "read": "days", "zone": None, "every": "month", "chosen": False, "times": 90, "rounded": None},
        **{"horizon": None, "autocorrelation": 0.2},
        "periods": [
            {"start": f"2024-0{k}", "count": 330, "models": [{"mean": 0.4 + k / 10}, {"mean": 0.5}, {"mean": 0.9 - k / 20}]}
            for k in (1, 2, 3)
        ],
    },
    "runs": {
        **{"column": "seed", "of": 1, "spread": None, "low": 0.4, "high": 0.4, "crossed": None, "freedom": None},
        "parts": [{"name": "one", "count": 990, "weight": 990.0, "models": [{"mean": 0.4}, {"mean": 0.43}, {"mean": 0.9}]}],
    },
    "murphy": None,
    "calibration": {
        name: {
            **{"functional": "mean", "level": None, "rows": 990, "uncertainty": 0.93},
            **{"miscalibration": 0.01 * k, "discrimination": 0.5},
            "levels": [{"count": 99, "predicted": x, "observed": x + k / 10, "low": 0.0, "high": 1.0} for x in (0.2, 0.6, 1.4)],
        }
        for k, name in enumerate(("tree", "line", "mean"))
    },
    "forecasts": {name: {"intervals": covered(k)} for k, name in enumerate(("tree", "line"))},
    "best_set": ["tree", "line"],
    **remarked("3 rows were left out", "a note"),
}
BARE_RANKING = RANKING | {
    "level": None,
    "calibration": {},
    "time": None,
    "runs": None,
    "best_set": [],
    "forecasts": {},
    "breakdowns": [],
    "models": [
        model
        | {"interval": None, "difference_interval": None, "p_value": None, "confidence": None, "in_set": None, "root": None}
        for model in RANKED
    ],
    "pairs": [pair | {"interval": None, "p_value": None, "adjusted": None} for pair in RANKING["pairs"]],
    **remarked(),
}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></svg></table>",
    "{{ 7 * 7 }} {% raw %} ]]> <!-- &amp; &#0;",
    "https://example.org/url(x)",
    "מספר \u202edrow",
    "two\nlines",
)


class Node:
    def __init__(self, tag, attributes=()):
        self.tag, self.attributes, self.children = tag, dict(attributes), []

    def all(self, tag=None):
        for child in self.children:
            if isinstance(child, Node):
                if tag in (None, child.tag):
                    yield child
                yield from child.all(tag)

    @property
    def text(self):
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @property
    def words(self):
        """The text as it is read aloud: blocks apart."""
        return " ".join(self._apart.split())

    @property
    def _apart(self):
        inside = "".join(child if isinstance(child, str) else child._apart for child in self.children)
        return inside if self.tag in INLINE else f" {inside} "


class Page(HTMLParser):
    """A tree of the page; fails where tags do not match."""

    def __init__(self, page):
        super().__init__()
        self.root = Node("root")
        self.open = [self.root]
        self.feed(page)
        self.close()
        assert self.open == [self.root], f"never closed: {[node.tag for node in self.open[1:]]}"

    def handle_starttag(self, tag, attributes):
        assert len(attributes) == len(dict(attributes)), f"an attribute twice in {tag}: {attributes}"
        node = Node(tag, attributes)
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attributes):
        self.open[-1].children.append(Node(tag, attributes))

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        self.open[-1].children.append(data)


def tree(report):
    return Page(html.render(report)).root


def section(page, id):
    return next((node for node in page.all("section") if node.attributes.get("id") == id), None)


def texts(page, tag):
    return [node.words for node in page.all(tag)]


REPORTS = {"score": SCORE, "comparison": COMPARISON, "bare score": BARE_SCORE, "bare comparison": BARE_COMPARISON}
REPORTS |= {"ranking": RANKING, "bare ranking": BARE_RANKING}
every = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
both = pytest.mark.parametrize("report", [SCORE, COMPARISON, RANKING], ids=["score", "comparison", "ranking"])


@every
def test_one_page_with_landmarks_and_headings(report):
    page = tree(report)
    assert html.render(report).startswith("<!DOCTYPE html>")
    assert next(page.all("html")).attributes["lang"] == "en"
    assert [len(list(page.all(tag))) for tag in ("head", "h1", "main", "header", "nav")] == [1] * 5
    assert texts(next(page.all("head")), "title")[0]
    levels = [int(node.tag[1]) for node in page.all() if re.fullmatch("h[1-6]", node.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert "" not in [words for tag in ("h1", "h2", "h3", "caption", "summary", "a", "li") for words in texts(page, tag)]


@every
def test_nothing_from_outside(report):
    page = html.render(report)
    # one script, which the policy of the page knows by its digest
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert f"script-src 'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in page
    assert not re.search(r"fetch|XMLHttp|eval|innerHTML|import", script)
    page = page.replace(f"<script>{script}</script>", "")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:|data:|\bsrc=|srcset|<script|<link|<iframe|<object", page)
    assert not [name for node in Page(page).root.all() for name in node.attributes if name.startswith("on")]
    assert "default-src 'none'" in page


@every
def test_links_and_labels_lead_somewhere(report):
    page = tree(report)
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    for node in page.all():
        for target in [node.attributes.get("aria-labelledby"), node.attributes.get("href", "").removeprefix("#")]:
            assert not target or target in ids
    linked = [node.attributes["href"] for node in next(page.all("nav")).all("a")]
    assert linked == [f"#{node.attributes['id']}" for node in page.all("section") if "id" in node.attributes]


@every
def test_tables_can_be_read_aloud(report):
    for table in tree(report).all("table"):
        assert texts(table, "caption")[0]
        assert all(head.attributes["scope"] in ("row", "col") for head in table.all("th"))
        lines = [[cell for cell in line.all() if cell.tag in ("td", "th")] for line in table.all("tr")]
        assert len(lines) > 1
        assert {len(line) for line in lines} == {len(lines[0])}
        assert all(line[0].tag == "th" for line in lines[1:])


@every
def test_pictures_have_words(report):
    page = tree(report)
    for picture in page.all("svg"):
        assert [child.tag for child in picture.children[:2]] == ["title", "desc"]
        title, description = (child.words for child in picture.children[:2])
        assert title
        assert re.search(r"\d", description)
        assert picture.attributes["role"] == "img"


@pytest.mark.parametrize(
    ("name", "pictures"), [("score", 10), ("comparison", 3), ("bare score", 0), ("bare comparison", 2), ("ranking", 8)]
)
def test_how_many_pictures_there_are(name, pictures):
    assert len(list(tree(REPORTS[name]).all("svg"))) == pictures


def test_numbers_of_pictures_stand_in_tables():
    cells = {cell for page in (tree(SCORE), tree(COMPARISON)) for tag in ("td", "th") for cell in texts(page, tag)}
    assert {"137", "1,204", "3,561", "34", "200", "400", "290", "100"} <= cells  # histograms
    assert {"8%", "43%", "71%", "93%"} <= cells  # concentration
    assert {"5%", "95%", "1,000"} <= cells  # reliability
    assert {"−3.21", "−1.5", "−0.4", "0.6", "1.7", "2.9"} <= cells  # residuals


SECTIONS = {
    "parts": "breakdowns",
    "worst": "worst",
    "calibration": "calibration",
    "residuals": "residuals",
    "also": "also",
    "notes": "notes",
}


@pytest.mark.parametrize(("id", "key"), SECTIONS.items(), ids=SECTIONS)
def test_a_section_stands_there_if_there_is_something_to_say(id, key):
    assert section(tree(SCORE), id)
    assert not section(tree(SCORE | {key: BARE_SCORE[key]}), id)
    assert section(tree(BARE_SCORE | {key: SCORE[key]}), id)


def test_the_spread_is_a_section_of_two_pictures_or_one():
    def pictures(**given):
        found = section(tree(SCORE | given), "spread")
        return found and len(list(found.all("svg")))

    assert pictures() == 2
    assert pictures(histogram=[]) == pictures(concentration=None) == pictures(concentration=[]) == 1
    assert pictures(histogram=[], concentration=None) is None


def test_sections_of_a_comparison():
    full, bare = tree(COMPARISON), tree(BARE_COMPARISON)
    for id in ("parts", "spread", "changed", "unmatched", "notes"):
        assert section(full, id)
        assert not section(bare, id)
    assert len(list(section(full, "changed").all("table"))) == 2
    worse = COMPARISON | {"changed": {"better": [], "worse": COMPARISON["changed"]["worse"]}}
    assert len(list(section(tree(worse), "changed").all("table"))) == 1
    assert "Not compared: 6 rows in A only, and 4 rows in B only." in section(full, "unmatched").words
    assert "Not compared: 1 row in B only." in section(tree(COMPARISON | {"only_a": 0, "only_b": 1}), "unmatched").words


def test_warnings_come_first():
    for report in (SCORE, COMPARISON):
        first = next(next(tree(report).all("main")).all("section"))
        assert first.attributes["class"] == "warnings"
        assert f"L204 {report['warnings'][0]}" in first.words
    assert not [node for node in tree(BARE_SCORE).all("section") if "warnings" in node.attributes.get("class", "")]


def test_what_a_score_says():
    page = tree(SCORE)
    said = section(page, "summary").words
    assert "0.4213 nats" in said
    assert "95% interval 0.401 to 0.442, over 4,936 rows" in said
    assert "lose 31% less than always predicting the mean of the target, 0.3" in said
    assert f"giving probability {100 * math.exp(-0.421328):.1f}% to what happens" in said
    for fact in ("rows skipped 3 null, 1 text", "0.421328", "2,079.67", "0.610622", "accuracy 93.4%"):
        assert fact in said
    assert "carries" not in section(page, "parts").words  # the interval of every part holds the mean of all rows
    clear = {**SCORE["breakdowns"][0], "parts": [part("north", mean=0.6), part("south", weight_share=0.75, mean=0.2)]}
    clear = tree(SCORE | {"breakdowns": [clear]})
    assert "region north carries 50% of the loss with 25% of the rows. " in section(clear, "parts").words
    assert "The 2 largest of 12 are listed." in section(page, "parts").words
    assert "The worst 1% of the rows carry 43% of the loss, the worst 10%" in section(page, "spread").words
    assert "2.34 percentage points apart" in section(page, "calibration").words
    for number in ("0.6789", "0.2345", "0.0123", "0.4567"):  # 0.4567 = 0.6789 - 0.2345 + 0.0123
        assert number in section(page, "calibration").words
    assert "Predictions are too high by 0.1234 on average" in section(page, "residuals").words
    assert (
        "50% of the rows lie from −0.40 to 0.60; 90% of the rows lie from −1.5 to 1.7; 98%" in section(page, "residuals").words
    )
    assert "huber with delta = 2 0.3456 none none" in section(page, "also").words
    assert "brier (given probabilities) 0.2" in section(page, "also").words
    made = section(page, "made").words
    assert "Columns: target y; prediction z_*; group region, age; cluster house. Predictions are logits." in made
    assert all(words in made for words in ("0.9.7", "a.parquet", "b.parquet", "binary_cross_entropy", "Wilson"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"skill": -0.42}, "lose 42% more than always predicting the mean of the target, 0.3"),
        ({"skill": -0.42}, "saying always the same would be better"),
        ({"skill": -4.0}, "lose 5 times as much as always"),
        ({"skill": 0.0}, "lose as much as always"),
        ({"skill": 0.3, "constant": ""}, "less than always predicting the same"),
        ({"skill": 1, "mean": 0.0}, "Nothing is lost: the predictions are perfect."),
        ({"mean": "Infinity", "skill": "-Infinity", "infinite": 2}, "The mean is infinite: 2 rows lose infinitely much"),
        ({"mean": "Infinity", "skill": None, "infinite": 0}, "The mean is infinite: the losses are too large to add"),
        ({"mean": "NaN", "skill": None, "count": 0}, "There is no mean: no row was scored."),
        ({"entropy": 0.1, "divergence": 0.321328}, "0.1 nats of it no prediction can avoid"),
        ({"weight": 12.5}, "weight of all rows 12.5"),
    ],
)
def test_the_mean_in_words(given, said):
    assert said in section(tree(SCORE | given), "summary").words


def test_a_likelihood_is_told_only_where_it_is_one():
    assert "giving probability" in tree(SCORE).words
    for other in ({"loss": "huber"}, {"entropy": 0.1}, {"entropy": None}):
        assert "giving probability" not in tree(SCORE | other).words


@pytest.mark.parametrize(
    ("given", "verdict", "why"),
    [
        (
            {},
            "B is better than A.",
            "B loses 0.02 less than A, 3.9% of what A loses; the 95% interval of the difference is −0.031 to",
        ),
        (
            {"verdict": "worse", "difference": 0.02, "relative": 0.039, "interval": interval(0.01, 0.03)},
            "B is worse than A.",
            "0.02 more than A, 3.9% of what A loses; the 95% interval of the difference is 0.010 to 0.030, which leaves 0 out.",
        ),
        (
            {"verdict": "undecided", "interval": interval(-0.05, 0.01)},
            "It cannot be told which is better.",
            "−0.050 to 0.010, which holds 0, so that chance alone may explain it.",
        ),
        (
            {"verdict": "equal", "difference": 0.0, "interval": None},
            "A and B are equally good.",
            "B loses as much as A on average.",
        ),
        ({"difference": "NaN", "relative": None, "verdict": "undecided"}, "It cannot be told", "The mean difference is NaN."),
    ],
)
def test_the_verdict_in_words(given, verdict, why):
    page = tree(COMPARISON | given)
    said = section(page, "summary").words
    assert verdict in said
    assert why in said
    assert verdict.rstrip(".") in texts(page, "title")[0]


def test_what_a_comparison_says():
    page = tree(COMPARISON)
    said = section(page, "summary").words
    for words in ("990 rows that both have, joined by row_id", "0.512345", "0.492345", "old.csv", "996", "994"):
        assert words in said
    assert "B loses less on 600 rows, more on 350 rows, and the same on 40 rows." in said
    table = next(section(page, "parts").all("table"))
    assert "north 500 rows 500 −0.02 −0.070 to 0.030" in table.words
    assert "A 0.5 B 0.48 A 210 B 270 same 20" in table.words
    assert "A 3.1 B 0.1 −3 A 0.1 B 0.9 1 north" in section(page, "changed").words


def numbers_in(node, *names):
    return [float(node.attributes[name]) for name in names]


def pictures(report, title):
    return [node for node in tree(report).all("svg") if title in node.children[0].text]


def of_kind(picture, kind):
    return [node for node in picture.all() if node.attributes.get("class") == kind]


def test_what_a_ranking_says():
    page = tree(RANKING)
    assert next(n for n in page.all("p") if n.attributes.get("class") == "verdict").words == (
        "tree has the least mean loss, and line cannot be told apart from it; the other model is worse."
    )
    models, _, runs, groups, coverage, calibration, pairs = page.all("table")
    heads = [words for words in texts(models, "th") if words[0].isdigit()]
    assert heads == ["1 tree perhaps the best", "2 line perhaps the best", "3 mean not the best"]
    assert "0.03 −0.010 to 0.070 p 0.20" in texts(models, "td")
    assert texts(runs, "td") == ["990", "0.4", "0.43", "0.9"]
    assert texts(coverage, "td")[3:6] == ["line", "40% 30 % to 50 %", "1"]
    shades = [node.attributes.get("class", "").split()[-1] for node in groups.all("td")]
    assert shades == ["desk", "n", "n", "worse", "desk", "n", "better", "worse"]
    assert texts(groups, "strong") == ["0.4", "0.310"]
    cells = [(node.words, node.attributes.get("style")) for node in pairs.all("td")]
    assert cells[1:3] == [("−0.03 69.7%", None), ("−0.5 69.7%", "--dark:1")]  # where the row is better
    assert cells[5] == ("−0.47 69.7%", "--dark:0.5")
    assert cells[6][0] == "0.5 30.3%"
    assert "12 clusters" in page.words
    assert texts(calibration, "td")[2:4] == ["0.01", "0.5"]
    titles = [node.children[0].text for node in page.all("svg")]
    assert titles[1:4] == [f"{name}: the mean loss over time" for name in ("tree", "line", "mean")]
    assert titles[5:8] == [f"{name}: the mean of the targets by prediction" for name in ("tree", "line", "mean")]
    tree_s, line_s = (list(node.all("circle")) for node in list(page.all("svg"))[5:7])
    assert [numbers_in(node, "cx") for node in tree_s] == [numbers_in(node, "cx") for node in line_s]  # on the same axes
    assert all(float(other.attributes["cy"]) < float(one.attributes["cy"]) for one, other in zip(tree_s, line_s, strict=True))
    alone = [model | {"in_set": model["name"] == "tree"} for model in RANKED]
    assert "tree is the best of 3 models." in tree(RANKING | {"models": alone, "best_set": ["tree"]}).words
    baseline = [model | {"verdict": v} for model, v in zip(RANKED, ("better", "reference", "worse"), strict=True)]
    said = tree(RANKING | {"models": baseline, "baseline": "line", "reference": "line"}).words
    assert "tree is better than line; mean is worse than line" in said
    score = tree(RANKING | {"loss": "ready_made_score"})  # the other way round: what was measured is minus the score
    assert "tree has the highest mean score" in score.words
    models, _, _, groups, _, _, pairs = score.all("table")
    assert "−0.03 −0.070 to 0.010 p 0.20" in texts(models, "td")
    cells = [(node.words, node.attributes.get("class")) for node in pairs.all("td")]
    assert cells[2] == ("0.5 69.7%", "n better")
    assert [node.attributes.get("class", "").split()[-1] for node in groups.all("td")] == shades


def test_bars_of_a_histogram_are_as_tall_as_their_counts():
    [picture] = pictures(SCORE, "How many rows there are by loss")
    bars = [numbers_in(node, "x", "y", "width", "height") for node in of_kind(picture, "loss")]
    counts = [137, 1204, 3561, 34]  # the bin of no row has no bar
    heights = [bar[3] for bar in bars]
    assert heights == pytest.approx([count * heights[2] / 3561 for count in counts], abs=0.02)
    assert len({round(y + height, 1) for _, y, _, height in bars}) == 1  # they stand on one line
    assert all(a[0] + a[2] <= b[0] for a, b in pairwise(bars))
    labels = [node.text for node in picture.all("text")]
    assert {"0", "0.01", "0.1", "1", "10", "mean 0.4213"} <= set(labels)


def test_bars_of_a_difference_are_told_apart_at_0():
    [picture] = pictures(COMPARISON, "How many rows")
    assert [len(of_kind(picture, kind)) for kind in ("loss", "rest", "worse")] == [1, 2, 1]
    assert {"← B better", "A better →"} <= {node.text for node in picture.all("text")}


def test_points_on_the_diagonal():
    [picture] = pictures(SCORE, "How often")
    places = [numbers_in(node, "cx", "cy") for node in of_kind(picture, "point")]
    assert len(places) == 10
    steps = {(round(b[0] - a[0], 1), round(a[1] - b[1], 1)) for a, b in pairwise(places)}
    assert len(steps) == 1
    across, up = steps.pop()
    assert across == up > 0
    heights = [numbers_in(node, "height")[0] for node in of_kind(picture, "rest")]
    assert heights == pytest.approx([heights[9] * (i + 1) / 10 for i in range(10)], abs=0.02)


def test_the_curve_of_the_worst_rows():
    [picture] = pictures(SCORE, "worst rows")
    places = [numbers_in(node, "cx", "cy") for node in of_kind(picture, "point")]
    decade = places[1][0] - places[0][0]  # from 0.1 % to 1 % of the rows
    assert [x for x, _ in places] == pytest.approx([places[0][0] + decade * i for i in (0, 1, 2, 2 + math.log10(5))], abs=0.02)
    ticks = {node.text: numbers_in(node, "x", "y") for node in picture.all("text")}
    assert [ticks["0.1%"][0], ticks["1%"][0], ticks["10%"][0]] == pytest.approx([x for x, _ in places[:3]], abs=0.02)
    rise = [a[1] - b[1] for a, b in pairwise(places)]
    tall = ticks["0%"][1] - ticks["75%"][1]
    assert rise == pytest.approx([tall / 0.75 * share for share in (0.35, 0.28, 0.22)], abs=0.02)


def test_residuals_lie_between_their_quantiles():
    [picture] = pictures(SCORE, "Prediction minus target")
    ticks = {node.text.replace("−", "-"): numbers_in(node, "x")[0] for node in picture.all("text")}
    zero, unit = ticks["0"], (ticks["2"] - ticks["-2"]) / 4
    boxes = [numbers_in(node, "x", "width") for kind in ("rest", "loss") for node in of_kind(picture, kind)]
    for (left, wide), (low, high) in zip(boxes, ((-3.21, 2.9), (-1.5, 1.7), (-0.4, 0.6)), strict=True):
        assert [left, left + wide] == pytest.approx([zero + low * unit, zero + high * unit], abs=0.05)
    assert numbers_in(of_kind(picture, "median")[0], "x1")[0] == pytest.approx(zero + 0.1 * unit, abs=0.05)


def test_areas_are_rows_where_bins_are_not_of_one_width():
    bins = [
        calibration_bin(0.0, 0.2, 0.1, 0.1, 300.0),
        calibration_bin(0.2, 0.8, 0.5, 0.5, 300.0),
        calibration_bin(0.8, 1.0, 0.9, 0.9, 150.0),
    ]
    [picture] = pictures(SCORE | {"calibration": SCORE["calibration"] | {"bins": bins}}, "How often")
    heights = [numbers_in(node, "height")[0] for node in of_kind(picture, "rest")]
    assert heights == pytest.approx([heights[0], heights[0] / 3, heights[0] / 2], abs=0.02)


def test_the_split_adds_up():
    [picture] = pictures(SCORE, "made of")
    widths = [numbers_in(of_kind(picture, kind)[0], "width")[0] for kind in ("rest", "loss", "worse", "ink")]
    assert widths == pytest.approx([widths[0] * part / 0.6789 for part in (0.6789, 0.2345, 0.0123, 0.4567)], abs=0.02)


def test_the_mean_beside_the_best_constant():
    [picture] = pictures(SCORE, "best constant")
    mean, baseline = (numbers_in(of_kind(picture, kind)[0], "width")[0] for kind in ("loss", "rest"))
    assert mean / baseline == pytest.approx(0.421328 / 0.610622, abs=1e-3)


def test_the_difference_stands_where_it_is():
    [picture] = pictures(COMPARISON, "Difference")
    ticks = {node.text.replace("−", "-"): numbers_in(node, "x")[0] for node in picture.all("text")}
    zero, step = ticks["0"], ticks["0"] - ticks["-0.01"]
    assert numbers_in(of_kind(picture, "point")[0], "cx")[0] == pytest.approx(zero - 2 * step, abs=0.02)
    places = [numbers_in(node, "x1", "x2") for node in of_kind(picture, "whisker")]
    assert [min(map(min, places)), max(map(max, places))] == pytest.approx([zero - 3.1 * step, zero - 0.9 * step], abs=0.02)


def test_outcomes_fill_the_bar():
    [picture] = pictures(COMPARISON, "Rows on which")
    widths = [numbers_in(of_kind(picture, kind)[0], "width")[0] + 1 for kind in ("loss", "rest", "worse")]
    assert widths == pytest.approx([360 * count / 990 for count in (600, 40, 350)], abs=0.02)


def style(node):
    return {key: float(value.rstrip("%")) for key, value in re.findall(r"([a-z-]+):([-\d.]+%?)", node.attributes["style"])}


def test_bars_and_whiskers_of_parts():
    table = next(section(tree(SCORE), "parts").all("table"))
    bars = [style(node)["--part"] for node in table.all("span") if node.attributes.get("class", "").startswith("bar")]
    assert bars == pytest.approx([share / 0.5 for share in (0.5, 0.25, 0.2, 0.4)])
    dots = [style(node)["left"] for node in of_kind(table, "dot")]
    lines = [style(node) for node in of_kind(table, "from")]
    means = [style(node)["left"] for node in of_kind(table, "at")]
    unit = lines[0]["width"] / 0.2  # of the interval 0.3 to 0.5
    assert dots[1] == pytest.approx(dots[0] - 0.1 * unit, abs=0.1)
    assert means == pytest.approx([dots[0] + 0.021328 * unit] * 2, abs=0.1)
    assert [line["left"] + line["width"] / 2 for line in lines] == pytest.approx(dots, abs=0.1)


def with_parts(*parts, **breakdown):
    of = {"by": "g", "kind": "group", "of": len(parts), "order": "loss"}
    return SCORE | {"breakdowns": [of | breakdown | {"parts": list(parts)}]}


def test_shares_and_means_that_span_much_have_a_logarithmic_axis():
    near = [part(name, share, 0.3, mean) for name, share, mean in (("a", 0.6, 6.0), ("b", 0.3, 3.0), ("c", 0.02, 0.21))]
    table = next(section(tree(with_parts(*near)), "parts").all("table"))
    assert "log axis" not in table.words
    assert len(of_kind(table, "ring")) == 0
    far = [part(name, share, 0.3, mean) for name, share, mean in (("a", 0.9, 10.0), ("b", 0.09, 1.0), ("c", 0.009, 0.1))]
    table = next(section(tree(with_parts(*far, part("d", 0.0, 0.1, 0.0))), "parts").all("table"))
    assert table.words.count("(log axis)") == 1  # a mean of 0 has no place on one
    table = next(section(tree(with_parts(*far)), "parts").all("table"))
    assert table.words.count("(log axis)") == 2
    bands = next(section(tree(with_parts(*far, kind="confidence")), "parts").all("table"))
    assert bands.words.count("(log axis)") == 1  # of the means alone: the bands are a distribution
    places = [style(node)["left"] for node in of_kind(table, "dot")]
    shares, means = places[0::2], places[1::2]
    assert shares[0] - shares[1] == pytest.approx(shares[1] - shares[2], abs=0.05)  # each a tenth of the one before
    assert means[0] - means[1] == pytest.approx(means[1] - means[2], abs=0.05)
    ticks = {
        node.words: style(node)["left"] for node in table.all("span") if node.attributes.get("style", "").startswith("left")
    }
    assert ticks["1%"] == pytest.approx(shares[1] - (shares[0] - shares[1]) * math.log10(9), abs=0.05)
    assert ticks["1"] == pytest.approx(means[1], abs=0.05)


def test_tables_say_by_what_they_are_sorted():
    means = ((10, "NaN"), (9, 1 / 3), (-1, "Infinity"))
    far = [part(name, None) | {"mean": mean, "interval": None} for name, mean in means]
    table = next(section(tree(with_parts(*far, order="number")), "parts").all("table"))
    assert table.attributes["class"] == "sorts"
    lines = [line for line in table.all("tr") if list(line.all("td"))]
    keys = [[cell.attributes.get("data-v") for cell in line.all() if cell.tag in ("th", "td")] for line in lines]
    shares = "0.25"  # of the rows, where there are none of the loss
    assert keys == [["0", "1234", shares, ""], ["1", "1234", shares, "0.333333"], ["2", "1234", shares, "Infinity"]]
    for report in (SCORE, COMPARISON, RANKING):
        for table in tree(report).all("table"):
            if table.attributes.get("class") == "sorts":  # every number can be compared
                cells = [cell for cell in table.all("td") if "n" in cell.attributes.get("class", "").split()]
                assert all("data-v" in cell.attributes for cell in cells)


def test_long_tables_scroll_and_print_their_beginning():
    for count, tall, cut in ((30, False, False), (31, True, False), (201, True, True)):
        found = section(tree(with_parts(*(part(k) for k in range(count)))), "parts")
        assert any("tall" in node.attributes.get("class", "") for node in found.all("div")) is tall
        assert ("The first 200 are printed." in found.words) is cut


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_words(name):
    for report in (SCORE, COMPARISON, RANKING):
        # the same report with a harmless name has the same elements
        plain = [node.tag for node in tree(infected_with(report, "harmless")).all()]
        page = tree(infected_with(report, name))
        assert [node.tag for node in page.all()] == plain
        assert not [key for node in page.all() for key in node.attributes if key.startswith("on")]
        assert name in [node.text for node in page.all("bdi")]
        assert name in [node.text.strip() for node in page.all("li")]


def infected_with(x, name, key=None):
    """The report with every text in it, and the names of groups, parameters and what is wrong, being ``name``."""
    if isinstance(x, dict):
        renamed = key in ("groups", "parameters", "invalid")
        return {(name if renamed else k): infected_with(v, name, k) for k, v in x.items()}
    if isinstance(x, list):
        return [infected_with(one, name, key) for one in x]
    return name if isinstance(x, str) and key not in ("kind", "verdict", "method") else x


def test_what_no_page_can_hold():
    name = "".join(map(chr, range(32))) + "\x7f\x85\ud800\udfff\ufffe\uffff."
    for report in (SCORE, COMPARISON, RANKING):
        page = html.render(infected_with(report, name))
        assert page.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", page)
        assert "␀␁␂" in page
        Page(page)


@pytest.mark.parametrize(
    ("name", "shown"), [("", "empty"), ("  \n", "blank"), (None, "no value"), (7, "7"), (0.5, "0.5"), (True, "True")]
)
def test_names_that_are_hardly_names(name, shown):
    report = SCORE | {
        "breakdowns": [{"by": "g", "kind": "group", "of": 1, **BY_LOSS, "parts": [part(name)]}],
        "worst": [],
    }
    [head] = [node for node in section(tree(report), "parts").all("th") if node.attributes["scope"] == "row"]
    assert head.words.startswith(shown)


def test_long_names_and_long_lists_are_cut():
    page = html.render(infected_with(SCORE, "x" * 5000))
    assert "x" * 200 not in page.replace("x" * 5000, "")  # warnings and notes stand in full
    assert "(5,000 characters)" in page
    worst = [SCORE["worst"][0] | {"prediction": [i / 1000 for i in range(1000)]}]
    assert "0.007, … (1,000 in all)" in tree(SCORE | {"worst": worst}).words


def test_columns_of_the_worst_rows_that_say_nothing_are_left_out():
    def heads(**given):
        rows = [row | given for row in SCORE["worst"]]
        return texts(next(section(tree(SCORE | {"worst": rows}), "worst").all("thead")), "th")

    assert heads() == ["row", "file", "id", "loss", "prediction", "target", "region"]
    assert heads(id=None, groups={}) == ["row", "file", "loss", "prediction", "target"]
    rows = [row | {"weight": float(i)} for i, row in enumerate(SCORE["worst"])]
    assert "weight" in texts(section(tree(SCORE | {"worst": rows, "files": ["one"]}), "worst"), "th")
    assert "file" not in texts(section(tree(SCORE | {"worst": rows, "files": ["one"]}), "worst"), "th")


ODD = ("NaN", "Infinity", "-Infinity", 0.0, -1.0, 1e300, -1e300, 1e-300, 5e-324, 1e11)


def numbers_of(x, path=()):
    """The keys under which a number stands anywhere."""
    if isinstance(x, dict):
        for key, value in x.items():
            yield from numbers_of(value, (*path, key))
    elif isinstance(x, list):
        for one in x:
            yield from numbers_of(one, path)
    elif isinstance(x, float):
        yield path


def put(x, path, value):
    if isinstance(x, list):
        for one in x:
            put(one, path, value)
    elif not x or path[0] not in x:
        return
    elif len(path) == 1:
        if isinstance(x[path[0]], float):
            x[path[0]] = value
    else:
        put(x[path[0]], path[1:], value)


def check_places(page):
    """Every place in a picture and on a line is a number within it."""
    for node in page.all():
        if node.tag in ("rect", "line", "circle", "text", "polyline"):
            values = " ".join(node.attributes.get(key, "") for key in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "points"))
            places = [float(place) for place in re.split("[ ,]+", values) if place]
            assert places
            assert all(-20 <= place <= 420 for place in places), node.attributes
            assert float(node.attributes.get("width", 0)) >= 0
            assert float(node.attributes.get("height", 0)) >= 0
        if "style" in node.attributes:
            assert all(0 <= value <= 100 for value in style(node).values()), node.attributes


@pytest.mark.parametrize("odd", ODD)
@both
def test_odd_numbers_anywhere(report, odd):
    paths = sorted(set(numbers_of(report)))
    assert len(paths) > 15
    everywhere = copy.deepcopy(report)
    for first in range(5):
        some = copy.deepcopy(report)  # odd among ordinary ones
        for path in paths[first::5]:
            put(some, path, odd)
            put(everywhere, path, odd)
        check_places(tree(some))
    check_places(tree(everywhere))


@pytest.mark.parametrize("length", [0, 1, 2])
@pytest.mark.parametrize("value", [0.0, 0.5, "NaN", "Infinity", 1e-300])
def test_few_points_and_all_the_same(length, value):
    bins = [{"low": value, "high": value, "count": 10**11}] * length
    score = SCORE | {
        "histogram": bins,
        "concentration": [{"rows": 0.5, "loss": value}] * length,
        "calibration": SCORE["calibration"] | {"bins": [calibration_bin(0.5, 0.5, format.real(value), 0.5, 0.0)] * length},
        "residuals": SCORE["residuals"] | {"quantiles": [{"at": 0.25, "value": value}, {"at": 0.75, "value": value}][:length]},
        "breakdowns": [
            {
                "by": "g",
                "kind": "group",
                "of": 1,
                "order": "loss",
                "parts": [part("a", value, value, format.real(value))] * length,
            }
        ],
    }
    check_places(tree(score))
    check_places(tree(COMPARISON | {"histogram": bins, "wins": 0, "losses": 0, "ties": 0}))


def read(label):
    """The number that a label shows."""
    found = re.fullmatch("(−?)([0-9.,]*)×?(10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", label)
    power = (found[4] or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{found[1].replace('−', '-')}{found[2].replace(',', '') or 1}e{power}")


finite = st.floats(allow_nan=False, allow_infinity=False)


def test_confident_predictions_are_drawn_by_their_logits() -> None:
    """Places of points against the logit; few points in the middle draw axes of probabilities."""
    levels = (0.0005, 0.004, 0.01, 0.3, 0.995)
    bins = [
        {"low": p / 2, "high": p, "count": 9, "weight": 9.0, "predicted": p, "observed": p, "interval": None} for p in levels
    ]
    drawn = reliability({"bins": bins})
    assert "logit axes" in drawn
    assert "logit axes" not in reliability({"bins": [bins[0], *({**bins[3], "predicted": p} for p in (0.2, 0.5, 0.9))]})
    found = [float(x) for x in re.findall(r'<circle[^>]*cx="([\d.]+)"', drawn)]
    logits = np.log(levels) - np.log1p(-np.array(levels))
    expected = svg.LEFT + (logits - logits[0]) / (logits[-1] - logits[0]) * (svg.RIGHT - svg.LEFT)
    np.testing.assert_allclose(found, expected, atol=0.06)


@given(st.tuples(finite, finite), st.integers(2, 8))
@example((-sys.float_info.max, sys.float_info.max), 5)
@example((1e300, 1e300), 5)
@example((5e-324, 0.0), 5)
@example((1e6, 1e6 + 1e-4), 5)
def test_ticks_stand_at_what_they_say(values, most):
    scale = svg.Scale.over(values, 50, 350)
    assert scale.low < scale.high
    ticks = scale.ticks(most)
    assert 1 <= len(ticks) <= most + 1
    places = [place for place, _ in ticks]
    assert places == sorted(set(places))
    for place, label in ticks:
        assert place == pytest.approx(scale(read(label)), abs=1e-3)
    for value in values:
        assert 50 <= scale(value) <= 350


@given(st.lists(st.floats(-1e12, 1e12) | st.sampled_from([0.0, 1e-9, 1e-300, 1e300, math.inf]), min_size=2, unique=True))
def test_bins_keep_the_order_of_values(edges):
    edges = sorted(edges)
    bins = svg.BinAxis(edges, 0, 300)
    step = 300 / (len(edges) - 1)
    for i, edge in enumerate(edges):
        assert bins(edge) == pytest.approx(i * step, abs=step if math.isinf(edge) else 1e-6) or math.isinf(edge)
    places = [place for place, _ in bins.ticks()]
    assert places
    assert places == sorted(places)
    assert all(0 <= place <= 300 for place in places)


def test_geometric_bins_have_a_logarithmic_axis():
    bins = svg.BinAxis([10.0**k for k in range(-3, 4)], 0, 300)
    assert [bins(10.0**k) for k in range(-3, 4)] == pytest.approx([0, 50, 100, 150, 200, 250, 300])
    assert bins(10**0.5) == pytest.approx(175)
    assert [label for _, label in bins.ticks()] == ["0.001", "0.01", "0.1", "1", "10", "100", "1,000"]
    even = svg.BinAxis([0.0, 1.0, 2.0, 3.0], 0, 300)
    assert [(round(place), label) for place, label in even.ticks()] == [(50 * i, f"{i / 2:g}") for i in range(7)]


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (0.421283, "0.4213"),
        (0.42, "0.42"),
        (0.42000001, "0.4200"),
        (9999.96, "10,000"),
        (123456789, "123,456,789"),
        (123456.7, "123,457"),
        (-0.0, "0"),
        (1e300, "10³⁰⁰"),
        (-2.5e-300, "−2.5×10⁻³⁰⁰"),
        (10**11, "100,000,000,000"),
        ("Infinity", "∞"),
        ("-Infinity", "−∞"),
        ("NaN", "NaN"),
        (None, "none"),
    ],
)
def test_numbers_as_read(x, shown):
    assert format.number(x) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0%"),
        (1, "100%"),
        (0.29, "29%"),
        (1 / 3, "33.3%"),
        (0.00437, "0.437%"),
        (0.99987, "99.987%"),
        ("NaN", "NaN"),
        ("Infinity", "∞"),
    ],
)
def test_shares_as_read(share, shown):
    assert format.percent(share) == shown


def luminance(colour):
    colour = colour.lstrip("#")
    colour = "".join(2 * c for c in colour) if len(colour) == 3 else colour
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_contrast_in_both_themes():
    css = (resources.files("lossary.report.show") / "pages" / "page.css").read_text("utf-8")
    themes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", block)) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)]
    assert len(themes) == 2
    for theme in themes:

        def contrast(a, b, theme=theme):
            bright, dark = sorted((luminance(theme[a]), luminance(theme[b])), reverse=True)
            return (bright + 0.05) / (dark + 0.05)

        assert all(contrast(text, "paper") >= 4.5 for text in ("ink", "quiet", "link"))
        assert contrast("ink", "warn") >= 4.5
        assert all(contrast(mark, "paper") >= 3 for mark in ("loss", "rest", "worse", "warn-rule"))


def test_without_jinja2(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    html._environment.cache_clear()
    with pytest.raises(UsageError, match=re.escape('pip install "lossary[report]"')):
        html.render(SCORE)
    monkeypatch.undo()
    assert html.render(SCORE)


def test_jinja2_is_loaded_when_a_page_is_made():
    code = "import sys, lossary.report.show.html; assert 'jinja2' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@both
def test_a_report_is_not_changed(report):
    before = copy.deepcopy(report)
    assert html.render(report) == html.render(report)
    assert report == before


def test_a_picture_of_one_row_says_row():
    assert "B loses less on 1 row, the same on 0, more on 2." in outcomes({"wins": 1, "ties": 0, "losses": 2, "better": -1})
