"""Pages of the atlas in Chromium: how long one redraw takes while a mark is dragged, by its tracing, and the first view.

``python benchmarks/atlas.py`` needs Playwright and Chromium. The browser runs on one core.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import shutil
import statistics
import sys
import threading
from collections.abc import Iterator
from typing import Any

from harness import machine
from playwright.sync_api import Browser, Page, sync_playwright

from lossary import atlas

DRAGS = {
    "huber#with=tukey,welsch,quantile": "#slider-delta",
    "focal_binary#with=asymmetric,focal,brier": ".pictures .handle",
    "zero_inflated_negative_binomial": "#slider-dispersion",
    "jensen_shannon#scaled=True&with=focal,brier,poly1": "#slider-beta",
    "matthews": ".pictures .handle",
    "student_t": ".estimate .handle.point",
    "general_robust": ".estimate .handle.point",
    "interval_score": ".estimate .handle.point",
    "crps_ensemble": ".pictures .handle",
    "regression#with=squared_error,huber,tukey": ".handle.point",
    "classification#z=-4": "#slider-rate",
    "softmax#z=1,2,3,4,5,6,5,4,3,2": "#slider-temperature",
    "information": ".handle",
}
"""What is dragged on which page: pages with much to draw, and those whose data is fitted anew."""
MOVES = 60
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"]


def drag(page: Page, selector: str) -> None:
    """Drag a mark to the right and back, a few pixels a frame."""
    mark = page.locator(selector).last
    mark.scroll_into_view_if_needed()
    found = (mark.locator(".dot") if mark.locator(".dot").count() else mark).bounding_box()
    assert found is not None
    wide = found["width"] > 60  # a slider: from its middle
    x, y = found["x"] + found["width"] / 2, found["y"] + found["height"] / 2
    reach = min(found["width"] / 3, 120) if wide else 90
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(MOVES):
        share = (step + 1) / (MOVES / 2) if step < MOVES / 2 else 2 - (step + 1) / (MOVES / 2)
        page.mouse.move(x - reach * share, y)
        page.wait_for_timeout(25)
    page.mouse.up()


def redraws(trace: dict[str, Any]) -> Iterator[float]:
    """Yield the milliseconds of processor time of the page's main thread from each move of the pointer to the next."""
    events = trace["traceEvents"]
    mains = {(e["pid"], e["tid"]) for e in events if e.get("name") == "thread_name" and e["args"]["name"] == "CrRendererMain"}
    moved = [e for e in events if e["name"] == "EventDispatch" and e["args"]["data"]["type"] == "pointermove"]
    main = next(each for each in mains if each in {(e["pid"], e["tid"]) for e in moved})
    tasks = [e for e in events if (e["pid"], e["tid"]) == main and e["name"] == "RunTask" and e.get("ph") == "X"]
    places = sorted({e["ts"] for e in moved})
    for start, end in itertools.pairwise(places):
        yield sum(e["tdur"] for e in tasks if start <= e["ts"] + e["dur"] < end) / 1000


def first_view(browser: Browser, address: str) -> tuple[float, float]:
    """Return the milliseconds from the navigation of a new page to its first paint, and those of processor time till then."""
    page = browser.new_page()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    painted = page.evaluate(
        "() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))"
        ".observe({ type: 'paint', buffered: true }))"
    )
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    page.close()
    return float(painted), 1000 * metrics["TaskDuration"]


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with atlas.server() as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_address[1]}"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(f"{machine(['lossary', 'playwright'])} Chromium {browser.version}; one core\n")
        print("| page | dragged | redraws | median, ms | 95 % | longest |\n|---|---|---|---|---|---|")
        for place, selector in DRAGS.items():
            if len(sys.argv) > 1 and place.partition("#")[0] not in sys.argv[1:]:
                continue
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{host}/{place.replace('#', '.html#') if '#' in place else place + '.html'}")
            page.wait_for_selector("body[data-ready]")
            drag(page, selector)  # once, so that the code is compiled
            browser.start_tracing(page=page, categories=CATEGORIES)
            drag(page, selector)
            times = sorted(redraws(json.loads(browser.stop_tracing())))
            middle, most = statistics.median(times), times[int(0.95 * len(times))]
            print(f"| `{place}` | `{selector}` | {len(times)} | {middle:.1f} | {most:.1f} | {times[-1]:.1f} |", flush=True)
            page.close()
        print("\n| page | gzipped, KB | first paint, ms | its main thread, ms |\n|---|---|---|---|")
        for name in ("index", "learn", "huber", "jensen_shannon", "regression", "file"):
            size = len(gzip.compress(atlas.html_of(name).encode()))
            first_view(browser, f"{host}/{name}.html")  # the page is made when it is first asked for
            views = [first_view(browser, f"{host}/{name}.html") for _ in range(5)]
            painted, worked = map(min, zip(*views, strict=True))
            print(f"| `{name}` | {size / 1000:.0f} | {painted:.0f} | {worked:.0f} |", flush=True)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
