"""Pages of reports in Chromium: tables sort, long ones are searched, and everybody can use them."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from lossary.report import compare, score

sync_api = pytest.importorskip("playwright.sync_api")
AXE = Path(pytest.importorskip("axe_playwright_python").__file__).parent / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages():
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    shop = rng.permutation(np.arange(400) % 40)
    data = {
        "y": y,
        "p": y + rng.normal(size=400) * (1 + shop) ** 2,
        "q": y + 1,
        "r": y - 2,
        "shop": [f"shop {k}" for k in shop],
    }
    many = {"y": (y > 0).astype(int), "p": 1 / (1 + np.exp(-y)), "g": ["a", "b"] * 200}
    return {
        "score": score(data, loss="mse", target="y", prediction="p", group="shop").to_html(),
        "binary": score(many, loss="bce", given="probabilities", target="y", prediction="p", group="g").to_html(),
        "ranking": compare(data, loss="mse", target="y", prediction=["p", "q", "r"], group="shop").to_html(),
    }


def opened(browser, page, **options):
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    complaints = []
    shown = context.new_page()
    shown.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.set_content(page)
    return shown, complaints


def test_tables_sort_and_are_searched(browser, pages):
    page, complaints = opened(browser, pages["score"])
    table = page.locator("#parts table").first

    def names():
        return table.locator("tbody tr:visible th bdi").all_inner_texts()

    at_first = names()
    assert len(at_first) == 40
    head = table.locator("thead th").first
    head.get_by_role("button").click()
    assert names() == [f"shop {k}" for k in range(40)]
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").press("Enter")
    assert names() == [f"shop {k}" for k in reversed(range(40))]
    share = table.locator("thead th").nth(2)
    share.get_by_role("button").press("Space")
    assert names() == at_first
    assert (head.get_attribute("aria-sort"), share.get_attribute("aria-sort")) == (None, "descending")
    page.get_by_role("searchbox").first.fill("SHOP 1")
    assert sorted(names()) == sorted(f"shop {k}" for k in (1, *range(10, 20)))
    assert page.locator(".find output").first.inner_text() == "11 of 40"
    assert complaints == []


def test_links_in_a_notebook_stay_in_the_report(browser, tmp_path):
    found = score(
        {"y": [1.0, 2.0, 4.0], "p": [1.0, 1.0, 1.0], "g": list("aab")}, loss="mse", target="y", prediction="p", group="g"
    )
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><title>Notebook</title>{found._repr_html_()}", encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.frames[1]
    frame.locator("nav a").nth(1).click()
    assert "Lossary" in frame.title()
    assert frame.evaluate("scrollY") > 0
    page.close()


def test_without_a_script_the_tables_are_whole(browser, pages):
    page, _ = opened(browser, pages["score"], java_script_enabled=False)
    assert page.locator("#parts table").first.locator("tbody tr").count() == 40
    assert page.locator("button, input").count() == 0


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_everybody_can_use_them(browser, pages, width, theme):
    for name, text in pages.items():
        page, complaints = opened(browser, text, viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]  # what passes is not written out
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert complaints == []
