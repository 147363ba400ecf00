"""Both languages say the same things, with the same placeholders, and Chinese in the terms of the glossary."""

import re

import pytest

from lossary.atlas import messages
from lossary.atlas.pages import PAGES
from lossary.atlas.site import script_of
from lossary.formula.properties import MINIMIZERS
from lossary.losses import registry
from lossary.losses.find import registry as losses

ENGLISH, CHINESE = messages.read("en"), messages.read("zh")
NAMES = {
    "Python",
    "CRPS",
    "IoU",
    "KL",
    "Softmax",
    "hardmax",
    "float",
    "Huber",
    "Tukey",
    "sigmoid",
    "Brier",
    "log",
    "CSV",
    "UTF",
    "lossary",
    "score",
}


def placeholders(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_the_languages_have_the_same_keys_and_placeholders():
    assert ENGLISH.keys() == CHINESE.keys()
    assert [key for key in ENGLISH if placeholders(ENGLISH[key]) != placeholders(CHINESE[key])] == []
    assert all(text.strip() == text != "" for text in [*ENGLISH.values(), *CHINESE.values()])


def test_no_english_is_left_in_chinese():
    def english(text):
        return set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", text))) - NAMES

    assert {key: found for key, text in CHINESE.items() if (found := english(text))} == {}
    assert [key for key, text in CHINESE.items() if not re.search(r"[\u4e00-\u9fff]", text)] == []


def test_every_loss_has_a_title_in_english():
    found = messages.read("losses.en")
    assert found.keys() == {*registry}
    assert len({*found.values()}) == len(found)


def test_every_loss_has_a_title_and_a_sentence_in_chinese():
    found = messages.read("losses.zh")
    assert found.keys() == {*registry}
    titles = [title for title, _ in found.values()]
    assert len({*titles}) == len(titles)
    for title, sentence in found.values():
        assert sentence.endswith("。")
        assert re.search(r"[\u4e00-\u9fff]", title)
        assert not re.search(r"\b(the|of|loss|error|and|score)\b", title + sentence)


def test_what_is_known_of_losses_has_words():
    for loss in losses.values():
        assert f"family.{losses.family(loss.__name__)}" in ENGLISH
        assert f"kind.{loss.kind}" in ENGLISH
        assert all(f"form.{form}" in ENGLISH for form in loss.properties.given)
    assert all(f"minimizer.{name}" in ENGLISH for name in MINIMIZERS)


def test_chinese_uses_the_words_of_the_glossary():
    glossary = messages.read("glossary")
    for key, text in ENGLISH.items():
        for term in ("gradient", "median", "probability", "outlier", "target"):
            if re.search(rf"\b{term}\b", text, re.IGNORECASE):
                assert glossary[term] in CHINESE[key], (key, term)


@pytest.mark.parametrize("module", ["pages/loss.js", *(page.module for page in PAGES)])
def test_scripts_name_only_messages_that_there_are(module):
    script = script_of(module)
    named = set(re.findall(r'\bsay\("([^"]+)"', script))
    assert named
    assert named - ENGLISH.keys() == set()
    groups = set(re.findall(r"\bsay\(`([\w-]+)\.\$", script))
    assert groups <= {key.partition(".")[0] for key in ENGLISH}
    assert named <= messages.used_in(script)["en"].keys()


def test_no_message_is_unused():
    scripts = "".join(script_of(module) for module in {"pages/loss.js", *(page.module for page in PAGES)})
    used = messages.used_in(scripts)["en"].keys() | {page.message for page in PAGES}
    assert ENGLISH.keys() - used == set()
