"""What the pages of the documentation say is complete: every public name, and in Chinese every rule and every example."""

import contextlib
import importlib
import re
import runpy
from pathlib import Path

import pytest

from lossary import losses, vocabulary
from lossary.suggestion import rules
from tests.public_names import MODULES

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def chinese():
    return runpy.run_path(str(DOCS / "zh" / "rules.py"))


def test_every_rule_has_its_chinese_text(chinese):
    assert set(chinese["KINDS"]) == set(rules.KINDS)
    assert set(chinese["FACTS"]) == set(rules.FACTS)
    assert set(chinese["SENTENCES"]) == {text for rule in rules.RULES for text in (rule.finds, rule.reason)}
    texts = [
        *chinese["SENTENCES"].values(),
        *(text for name in ("KINDS", "FACTS") for pair in chinese[name].values() for text in pair),
    ]
    assert all(re.search("[\u4e00-\u9fff]", text) for text in texts)


@pytest.mark.parametrize("page", ["article.md", "which-loss.md", "index.md"])
def test_the_examples_of_a_chinese_page_are_those_of_the_english_one(page):
    def examples(path):
        found = re.findall(r"^```pycon\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        return [re.sub(r" *# .*", "", example) for example in found]

    assert examples(DOCS / "zh" / page) == examples(DOCS / page)


@pytest.fixture(scope="module")
def documented():
    """What the pages show: by a directive, or in a table that is generated."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))
    found = [getattr(vocabulary, name) for name in vocabulary.__all__]
    found += [
        getattr(losses, name) for group in (losses.LOSSES, losses.FUNCTIONS) for names in group.values() for name in names
    ]
    for place in re.findall(r"^\.\. (?:auto(?:function|class|data|exception)|py:data):: (\S+)", text, re.MULTILINE):
        module, _, name = place.rpartition(".")
        with contextlib.suppress(ImportError):  # of a library that is not installed, or set up otherwise
            found.append(getattr(importlib.import_module(module), name))
    for place in re.findall(r"^\.\. automodule:: (\S+)\n +:members:", text, re.MULTILINE):
        module = importlib.import_module(place)
        found += [getattr(module, name) for name in module.__all__]
    return set(map(id, found))


@pytest.mark.parametrize("place", MODULES)
def test_every_public_name_is_documented(place, documented):
    if place == "lossary.torch":
        pytest.importorskip("torch")
    module = importlib.import_module(place)
    missing = [
        name for name in module.__all__ if f"lossary.{name}" not in MODULES and id(getattr(module, name)) not in documented
    ]
    assert missing == [], f"name them in docs/api.md: {missing}"
