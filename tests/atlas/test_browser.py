"""Pages in Chromium, over http and from a disk: what is moved changes numbers as Python says, and everybody can use them."""

import re
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

import lossary
from lossary import atlas
from lossary.atlas.messages import read
from lossary.atlas.pages import PAGES, names

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]
SOME = [*(page.name for page in PAGES), "huber", "poisson", "exponential", "binary_cross_entropy", "gaussian", "dice", "ciou"]
"""Pages of each kind."""


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of pages on a disk."""
    folder = tmp_path_factory.mktemp("site")
    for name in SOME:
        (folder / f"{name}.html").write_text(atlas.html_of(name), encoding="utf-8")
    return folder.as_uri()


@pytest.fixture(scope="module")
def host():
    """The address of the server."""
    with atlas.server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def look(browser):
    """Opens an address in a page of its own, and fails at the end if the page complained."""
    opened, complaints = [], []

    def look(address, *, width=1280, theme="light", language="en"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, locale={"en": "en-GB", "zh": "zh-CN"}[language]
        )
        page = context.new_page()
        opened.append(context)
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        return page

    yield look
    for context in opened:
        context.close()
    assert complaints == []


def number(page, selector):
    return as_number(page.inner_text(selector))


def as_number(text):
    return float(text.replace("−", "-").replace("∞", "inf"))


def test_sliders_and_the_probe_change_the_numbers_as_python_says(site, look):
    page = look(f"{site}/huber.html#x=3.2")
    for delta in ("0.5", "2", "7"):
        page.fill('[aria-label="delta, as a number"]', delta)
        assert number(page, "#probe-value") == pytest.approx(lossary.huber(3.2, 0.0, delta=float(delta)), rel=1e-3)
        assert number(page, "#probe-gradient") == pytest.approx(lossary.huber.gradient(3.2, 0.0, delta=float(delta)), rel=1e-3)
        assert f"delta={delta}" in page.inner_text(".call")
    page.focus("#slider-delta")
    page.keyboard.press("End")
    assert as_number(page.input_value('[aria-label="delta, as a number"]')) == 20
    probe = page.locator('[role="slider"][aria-label="prediction"]')
    probe.focus()
    page.keyboard.press("Shift+ArrowLeft")
    at = float(probe.get_attribute("aria-valuenow"))
    assert at < 3.2
    assert number(page, "#probe-value") == pytest.approx(lossary.huber(at, 0.0, delta=20.0), rel=1e-3)
    box = page.locator(".pictures svg").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 60, box["y"] + 60)
    assert float(probe.get_attribute("aria-valuenow")) > 3.2


def test_words_choose_a_formula_and_losses_beside_have_their_own_parameters(site, look):
    page = look(f"{site}/poisson.html#x=1.2&target=3&with=gamma,tweedie&gamma.constant=likelihood&gamma.shape=2.5")
    assert number(page, "#probe-value") == pytest.approx(lossary.poisson(1.2, 3.0), rel=1e-3)
    assert number(page, "#beside-gamma") == pytest.approx(lossary.gamma(1.2, 3.0, constant="likelihood", shape=2.5), rel=1e-3)
    before = page.text_content(".formula.value math")
    page.get_by_role("group", name="constant").first.get_by_role("button", name="deviance").focus()
    page.keyboard.press("Enter")
    assert number(page, "#probe-value") == pytest.approx(lossary.poisson(1.2, 3.0, constant="deviance"), rel=1e-3)
    assert number(page, "#probe-curvature") == pytest.approx(lossary.poisson.curvature(1.2, 3.0, constant="deviance"), rel=1e-3)
    page.wait_for_function("before => document.querySelector('.formula.value math').textContent !== before", arg=before)
    assert 'constant="deviance"' in page.inner_text(".call")
    page.get_by_role("button", name="JavaScript").click()
    assert page.inner_text(".code pre").startswith("(prediction, target) =>")
    page.fill('[aria-label="power of Tweedie loss, as a number"]', "1.2")
    assert number(page, "#beside-tweedie") == pytest.approx(lossary.tweedie(1.2, 3.0, power=1.2), rel=1e-3)
    page.wait_for_url("**tweedie.power=1.2**")
    page.get_by_role("button", name="Remove Gamma loss").click()
    page.wait_for_url(lambda url: "gamma" not in url and "constant=deviance" in url)


def test_an_outlier_is_dragged_and_the_estimates_follow_as_python_says(site, look):
    page = look(f"{site}/huber.html")
    mark = page.locator('[role="slider"][aria-label="Number 5"]')
    mark.scroll_into_view_if_needed()
    box = mark.locator(".dot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(box["x"] + 40 * step, box["y"] + 4)
    page.mouse.up()
    data = [1, 1.5, 2, 2.5, float(mark.get_attribute("aria-valuenow"))]
    assert data[-1] > 10
    mark.focus()
    page.keyboard.press("ArrowRight")
    assert float(mark.get_attribute("aria-valuenow")) == pytest.approx(data[-1] + 0.1)
    page.keyboard.press("Home")
    page.get_by_role("button", name="Make the last an outlier").click()
    data[-1] = 15
    assert number(page, "#estimate-mean") == pytest.approx(np.mean(data), abs=0.005)
    assert number(page, "#estimate-median") == pytest.approx(np.median(data), abs=0.005)
    assert number(page, "#estimate-own") == pytest.approx(lossary.huber.best_constant(data), abs=0.006)
    page.wait_for_function("document.querySelector('#said').textContent.includes('median 2.0 → 2.0, mean 2.0 → 4.4')")
    assert "data=1,1.5,2,2.5,15" in page.url or page.wait_for_url("**data=1,1.5,2,2.5,15**") is None


def test_constants_of_two_predictions_and_of_scores_follow_the_numbers(site, look):
    page = look(f"{site}/gaussian.html")
    mark = page.get_by_role("slider", name="Number 5")
    mark.focus()
    page.keyboard.press("End")
    data = [1, 1.5, 2, 2.5, 16]
    assert number(page, "#estimate-mean") == pytest.approx(np.mean(data), abs=0.006)
    assert number(page, "#estimate-variance") == pytest.approx(np.var(data), abs=0.006)
    page.wait_for_function("document.querySelector('#said').textContent.includes('mean 2.0 → 4.6, variance 0.5 → 32.7')")
    page = look(f"{site}/exponential.html#data=0,1,1,1")
    assert number(page, "#estimate-own") == pytest.approx(lossary.exponential.best_constant([0, 1, 1, 1]), abs=0.006)
    page.get_by_role("slider", name="Number 1").focus()
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#estimate-own") == "∞"
    page.wait_for_function(
        "document.querySelector('#said').textContent === 'share of label 1 0.60 → 1.00, Exponential loss 0.2 → ∞'"
    )


def test_pasted_numbers_are_scored_as_python_says(site, look):
    page = look(f"{site}/gaussian.html")
    page.fill("#paste", "mean\tvariance\ttarget\n1\t0.5\t1.5\n2,1,1\n0.5 2 -3\n")
    expected = lossary.gaussian([1, 2, 0.5], [0.5, 1, 2], [1.5, 1, -3])
    assert number(page, "#numbers-mean") == pytest.approx(expected, rel=1e-4)
    page.fill("#paste", "1 2 3\n1 2\n")
    assert "Line 2" in page.inner_text('[role="alert"]')


def test_rows_of_a_file_come_with_exact_totals(look, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("y,p\n" + "".join(f"{i % 7},{(i * 3) % 11}\n" for i in range(3000)))
    found = atlas.OwnRows(str(path), target="y", prediction="p", loss="huber", name="rows.csv")
    expected = lossary.report.score(str(path), loss="huber", target="y", prediction="p")
    with atlas.server(more=found.of) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        page = look(f"http://127.0.0.1:{server.server_address[1]}/{found.loss}.html")
        assert "3,000 rows, of which 1,000" in page.inner_text(".totals")
        assert f"{expected.mean:.6g}"[:6] in page.inner_text(".totals tbody tr:first-child")
        page.goto(page.url.replace("huber.html", "cauchy.html"))
        assert page.locator(".totals tbody tr").count() == 2
        page.get_by_role("link", name="Your file").click()
        page.wait_for_selector("#mean")
        assert number(page, "#rows") == 1000
        rows = np.array(found.rows)
        assert number(page, "#mean") == pytest.approx(lossary.cauchy(rows[:, 0], rows[:, 1]), rel=1e-5)
        page.get_by_role("link", name="Learn", exact=True).first.click()
        page.wait_for_selector(".cards.lessons")
        server.shutdown()
        thread.join()


def test_probabilities_of_a_file_are_not_read_as_logits(look, tmp_path):
    columns = {"y": [1.0, 0.0, 1.0], "p": [0.9, 0.3, 0.6]}
    own = atlas.OwnRows(columns, target="y", prediction="p")
    path = tmp_path / "brier.html"
    path.write_text(atlas.html_of("brier_binary", own.of("brier_binary")), encoding="utf-8")
    page = look(path.as_uri())
    expected = lossary.brier_binary(columns["p"], columns["y"], given="probabilities")
    assert number(page, "#numbers-mean") == pytest.approx(expected, rel=1e-4)
    page.get_by_role("button", name="logit", exact=True).click()  # the curve; the rows stay what they are
    assert number(page, "#numbers-mean") == pytest.approx(expected, rel=1e-4)


def test_points_are_dragged_and_lines_and_descents_follow_as_python_says(site, look):
    page = look(f"{site}/regression.html")
    point = page.get_by_role("slider", name="Point 9", exact=True)
    point.focus()
    page.keyboard.press("Shift+ArrowUp")
    assert point.get_attribute("aria-valuetext") == "x 4.0, y −7.0"
    x, y = np.arange(-4.0, 5.0), np.array([-2.4, -1.1, -0.8, 0.4, 0.9, 1.5, 2.9, 3.2, -7.0])
    cells = page.locator("#fit-squared_error td").all_inner_texts()
    assert [as_number(cell) for cell in cells[:2]] == pytest.approx(np.polyfit(x, y, 1)[::-1], abs=6e-4)
    page.wait_for_function("document.querySelector('#said').textContent.includes('Absolute error: slope 0.77')")
    page.get_by_role("link", name="absolute error at a fixed rate circles").click()
    page.wait_for_function("document.querySelector('#descent-said').textContent.includes('go to and fro')")
    page.get_by_role("button", name="Step back").click()
    found = lossary.descent(lossary.absolute_error, x, y, start=[6, -2], rate=1.0, steps=99)
    said = page.inner_text("#descent-said")
    assert said.startswith("step 99:")
    assert as_number(re.search(r"mean loss ([\d.]+)", said)[1]) == pytest.approx(found.cost, rel=1e-3)
    page.get_by_role("button", name="To the start").click()
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("parseInt(document.querySelector('#descent-said').textContent.slice(5)) > 3")
    page.get_by_role("button", name="Pause").click()
    box = page.get_by_role("slider", name="Start of the descent").locator(".dot").bounding_box()
    page.mouse.move(box["x"] + 6, box["y"] + 6)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] - 60, steps=4)
    page.mouse.up()
    assert page.inner_text("#descent-said").startswith("step 0:")
    page.wait_for_url("**line=**")


def test_a_class_is_judged_by_both_losses_as_python_says(site, look):
    page = look(f"{site}/classification.html#z=-8")
    losses = (lossary.binary_cross_entropy, lossary.brier_binary)
    for loss in losses:
        cells = [as_number(cell) for cell in page.locator(f"#at-{loss.__name__} td").all_inner_texts()]
        expected = [loss(-8.0, 1.0, given="logits"), loss.gradient(-8.0, 1.0, given="logits")]
        assert cells == pytest.approx(expected, rel=1e-3)
    ends = [
        lossary.descent(loss, [1.0], [1.0], intercept=False, start=[-8], given="logits", rate=1.0, steps=200) for loss in losses
    ]
    said = page.inner_text("#stall-said")
    assert [float(x) for x in re.findall(r"-?\d+\.\d\d", said.replace("−", "-"))] == [round(end.path[-1][0], 2) for end in ends]
    assert "Binary Brier score lies 0.34 above its chord" in page.inner_text("#chord-said")
    end = page.get_by_role("slider", name="End 1 of the chord, Binary Brier score")
    end.focus()
    page.keyboard.press("End")
    assert "Binary Brier score lies 0.1" in page.inner_text("#chord-said")  # between 0 and 10 it is convex
    assert "not convex" not in page.inner_text("#chord-said")


def test_distributions_are_moved_and_keep_their_sum(site, look):
    page = look(f"{site}/information.html")
    mark = page.get_by_role("slider", name="p of outcome 2")
    mark.focus()
    page.keyboard.press("End")
    assert "H(p) 0 + KL(p‖q) 1.204 = H(p, q) 1.204" in page.inner_text("#way-p")
    assert "KL(q‖p) ∞" in page.inner_text("#way-q")
    page.get_by_role("button", name="bits").click()
    page.wait_for_function("document.querySelector('#way-p').textContent.includes('1.737')")
    page.wait_for_url("**p=0,1,0**")


def test_a_file_is_scored_in_the_page_as_python_says(site, look, tmp_path):
    target, prediction = np.arange(1.0, 301), np.arange(1.0, 301) * 1.1
    target[7] = -3
    path = tmp_path / "rows.csv"
    lines = [f"{y},{i},{p}" for i, (y, p) in enumerate(zip(target, prediction, strict=True))]
    path.write_text("target,id,forecast 1\n" + "\n".join(lines) + "\n5,6\n")
    page = look(f"{site}/file.html#prediction=forecast+1")
    page.set_input_files("#file", path)
    page.wait_for_selector("#mean")
    assert number(page, "#rows") == 300
    assert "a number or a known label is missing there: 1; the first is line 302" in page.inner_text('[role="alert"]')
    for name in ("absolute_error", "huber", "squared_error"):
        page.select_option("#loss", name)
        assert number(page, "#mean") == pytest.approx(getattr(lossary, name)(prediction, target), rel=1e-5)
    worst = lossary.squared_error(prediction, target, reduction="none").argmax()
    assert page.inner_text(".worst tbody tr:first-child th") == str(worst + 2)
    assert "rows outside its domain: 1" in page.inner_text(".under")
    page.fill("#text", "y,p\n1,0.9\n0,0.2\n1,0.4\n")
    page.wait_for_function("document.querySelector('#form').value === 'probability'")
    expected = lossary.binary_cross_entropy([0.9, 0.2, 0.4], [1.0, 0.0, 1.0], given="probabilities")
    assert number(page, "#mean") == pytest.approx(expected, rel=1e-5)


def test_files_of_classes_quantiles_and_spreads_are_scored_as_reports_score_them(site, look, tmp_path):
    rng = np.random.default_rng(3)
    p, y = rng.dirichlet(np.ones(3), 40).round(6), rng.choice(["cat", "dog", "pig"], 40)
    p[:, 2] = 1 - p[:, 0] - p[:, 1]
    frames = {
        "classes.csv": {"label": y, **{f"p_{name}": p[:, i] for i, name in enumerate(("pig", "cat", "dog"))}},
        "spread.csv": {"mu": rng.normal(size=40), "sigma": rng.uniform(0.5, 2, 40), "y": rng.normal(size=40)},
        "levels.csv": {"y": rng.normal(size=40), **{f"q{level}": rng.normal(level, 0.1, 40) for level in (0.1, 0.5, 0.9)}},
        "events.csv": {"churned": rng.choice(["no", "yes"], 40), "p": rng.uniform(0.01, 0.99, 40)},
    }
    page = look(f"{site}/file.html")
    asked = {
        "classes.csv": [("cross_entropy", {}), ("focal", {"gamma": 3.0}), ("brier", {}), ("jensen_shannon", {"scaled": True})],
        "spread.csv": [("gaussian", {"constant": "likelihood"}), ("crps_logistic", {})],
        "levels.csv": [("quantiles", {"levels": "from-names"}), ("weighted_interval_score", {"levels": "from-names"})],
        "events.csv": [("binary_cross_entropy", {}), ("focal_binary", {"gamma": 1.0})],
    }
    for name, columns in frames.items():
        path = tmp_path / name
        np.savetxt(
            path, np.stack([np.asarray(x, str) for x in columns.values()], -1), "%s", ",", header=",".join(columns), comments=""
        )
        page.set_input_files("#file", path)
        page.wait_for_function("name => document.querySelector('.drop .note').textContent === name", arg=name)
        for loss, parameters in asked[name]:
            page.select_option("#loss", loss)
            for key, value in parameters.items():
                if isinstance(value, float):
                    page.fill(f'[aria-label="{key}, as a number"]', str(value))
                elif key != "levels":
                    page.get_by_role("button", name=str(value), exact=True).click()
            columns_of = {
                "classes.csv": {"target": "label", "prediction": "p_*", "given": "probabilities"},
                "spread.csv": {
                    "target": "y",
                    "prediction": {"mean": "mu", "location": "mu", "variance": "sigma", "scale": "sigma"},
                    "given": "scale",
                },
                "levels.csv": {"target": "y", "prediction": "q*"},
                "events.csv": {"target": "churned", "prediction": "p", "given": "probabilities", "classes": ["no", "yes"]},
            }[name]
            if isinstance(columns_of["prediction"], dict):
                inputs = getattr(lossary, loss).predictions
                columns_of["prediction"] = {key: columns_of["prediction"][key] for key in inputs}
            settings = {"interval": "none", "details": False}
            expected = lossary.report.score(str(path), loss=loss, parameters=parameters, **settings, **columns_of)
            assert number(page, "#mean") == pytest.approx(expected.mean, rel=1e-5), (name, loss)
            assert number(page, "#rows") == 40


def test_the_tables_of_the_tour_are_live_and_lead_on(site, look):
    page = look(f"{site}/tour.html")
    assert (page.inner_text("#m1"), page.inner_text("#m2")) == ("1.378", "0.6391")
    page.fill('[aria-label="Model 1, row 3, class 1"]', "0.7")
    page.fill('[aria-label="Model 1, row 3, class 3"]', "0.1")
    expected = -np.log([0.4, 0.4, 0.7]).mean()
    assert number(page, "#m1") == pytest.approx(expected, rel=1e-3)
    page.wait_for_url("**m1=**")
    page.get_by_role("link", name="squared error stalls at −8 →").click()
    page.wait_for_selector("#stall-said")
    assert page.inner_text("#stall-said").startswith("From −8, after 200 steps")


def test_every_way_on_leads_to_a_page(site, look):
    known = {*names()}
    for name in ("learn", "tour", "regression", "softmax", "huber"):
        page = look(f"{site}/{name}.html")
        links = page.locator("main a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
        assert any(link.startswith(("learn.html", "tour.html")) for link in links)
        assert {link.partition(".html")[0] for link in links} <= known


def test_language_theme_state_and_reset(site, look):
    page = look(f"{site}/huber.html#delta=3&with=tukey")
    assert page.input_value('[aria-label="delta, as a number"]') == "3"
    assert "Tukey" in page.inner_text(".legend")
    page.get_by_role("button", name="中文").click()
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert page.inner_text("h1") == "Huber 损失"
    page.wait_for_url("**lang=zh**")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="切换浅色与深色").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.get_by_role("button", name="重置").click()
    assert page.input_value('[aria-label="delta，输入数值"]') == "1"
    page.wait_for_url(lambda url: "delta" not in url and "lang=zh" in url)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.inner_text("h1") == "Huber 损失"
    page.evaluate("location.hash = 'delta=5&lang=en'")
    page.wait_for_function("document.querySelector('[aria-label=\"delta, as a number\"]')?.value === '5'")


def test_the_index_finds_losses(site, look):
    page = look(f"{site}/index.html")
    assert page.locator(".card").count() == len(lossary.losses.registry)
    page.fill("#q", "pinball")
    assert page.locator(".card").count() == 1
    page.fill("#q", "")
    page.get_by_role("button", name="bounded slope").click()
    robust = lossary.losses.registry.search(robust=True)
    assert page.locator(".card").count() == len(robust)
    page.select_option("#family", "robust")
    assert page.locator(".card").count() == len(lossary.losses.registry.search(robust=True, family="robust")) > 0
    page.locator(".card").first.focus()
    assert page.evaluate("document.activeElement.getAttribute('href')").endswith("#lang=en")


AXE = Path(pytest.importorskip("axe_playwright_python").__file__).parent / "axe.min.js"


@pytest.mark.parametrize(
    ("name", "theme", "language"),
    [
        *((name, "light", "en") for name in SOME),
        *((name, "dark", "zh") for name in ("index", "binary_cross_entropy", "gaussian", "dice")),
    ],
)
def test_everybody_can_use_the_pages(name, theme, language, site, look):
    page = look(f"{site}/{name}.html", theme=theme, language=language, width=390)
    assert page.title().endswith("Lossary")
    assert page.inner_text("h1")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]  # what passes is not written out
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []


def test_no_english_is_left_on_chinese_pages(host, look):
    known = set(re.findall(r"[A-Za-z]{2,}", " ".join(text for texts in read("losses.zh").values() for text in texts)))
    known |= {"Lossary", "English", "NumPy", "PyTorch", "JAX", "SQL", "JavaScript", "Python"}
    known |= {"Softmax", "hardmax", "float", "sigmoid", "KL", "log", "CSV"}
    page = look(f"{host}/index.html", language="zh")
    left = {}
    for name in [*(page.name for page in PAGES), *(next(iter(family)) for family in lossary.losses.LOSSES.values()), "huber"]:
        page.goto(f"{host}/{name}.html")
        page.wait_for_selector("body[data-ready]")
        assert page.title().endswith("Lossary")
        assert page.inner_text("h1")
        text = page.evaluate(
            """() => {
              const copy = document.body.cloneNode(true);
              copy.querySelectorAll("[lang=en], code, math, script, noscript").forEach((node) => node.remove());
              const labels = [...copy.querySelectorAll("[aria-label]")].map((node) => node.getAttribute("aria-label"));
              for (const node of copy.querySelectorAll("*")) node.append(" ");
              return [copy.textContent, ...labels].join(" ");
            }"""
        )
        own = (
            {*lossary.losses.registry[name].inputs, *lossary.losses.registry[name].parameters}
            if name in lossary.losses.registry
            else set()
        )
        words = set(re.findall(r"[A-Za-z_]{2,}", text)) - known - own
        if words:
            left[name] = words
    assert left == {}


MOVED = {
    "huber": ("with=tukey,welsch,quantile", "#slider-delta"),
    "regression": ("with=squared_error,huber,tukey", "#slider-huber-delta"),
    "classification": ("z=-4", "#slider-rate"),
    "softmax": ("z=1,2,3,4,5,6,5,4,3,2", "#slider-temperature"),
}


@pytest.mark.parametrize("name", MOVED)
def test_dragging_redraws_within_a_frame(name, site, look):
    """By the time that the page's thread computes, which other work on the machine does not lengthen."""
    state, selector = MOVED[name]
    page = look(f"{site}/{name}.html#{state}")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds():
        return next(
            each["value"] for each in session.send("Performance.getMetrics")["metrics"] if each["name"] == "TaskDuration"
        )

    before, count = seconds(), 15
    values = page.evaluate(
        """async ([selector, count]) => {
          const slider = document.querySelector(selector), values = new Set();
          for (let i = 0; i < count; i++) {
            slider.value = 300 + 20 * i;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            await new Promise((done) => setTimeout(done, 0));
            document.body.getBoundingClientRect();
            values.add(slider.getAttribute("aria-valuetext"));
          }
          return values.size;
        }""",
        [selector, count],
    )
    assert values > count / 2  # each was drawn
    assert 0 < (seconds() - before) / count < 0.016
