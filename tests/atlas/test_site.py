"""Pages as files: what they weigh, and that nothing in them is fetched."""

import gzip
import http.client
import re
import threading

import pytest

import lossary
from lossary import atlas
from lossary.atlas.pages import PAGES, names
from lossary.errors import UsageError


@pytest.mark.parametrize(
    "name", [*(page.name for page in PAGES), "asymmetric", "matthews", "huber"]
)  # the largest are among them
def test_a_page_is_light_and_whole(name):
    html = atlas.html_of(name)
    assert len(gzip.compress(html.encode())) < 150_000
    assert re.findall(r'(?:src|href)="(?!data:)', html.partition("<script>")[0]) == []
    assert (
        "http" not in re.sub(r'"http://www\.w3\.org/[^"]*"|\'http://www\.w3\.org/[^\']*\'', "", html).partition("<script>")[0]
    )
    assert "type=module" not in html
    assert html.count("</script") == 1


def test_all_losses_have_a_page():
    assert set(names()) == {*lossary.losses.registry, *(page.name for page in PAGES)}


@pytest.fixture(scope="module")
def port():
    with atlas.server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "localhost", 200),
        ("/huber.html", "127.0.0.1", 200),
        ("/huber.html?x=1", "127.0.0.1", 200),
        ("/nothing.html", "127.0.0.1", 404),
        ("/../pyproject.toml", "127.0.0.1", 404),
        ("/", "evil.example", 403),  # a name that was pointed at this machine
    ],
)
def test_the_server_shows_pages_to_this_machine_only(port, path, host, status):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", f"{host}:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == status
    assert (b"<!DOCTYPE html>" in body) == (status == 200 and True)


@pytest.mark.heavy
def test_rows_of_a_file_and_exact_totals_of_the_pages_that_are_opened():
    columns = {"y": [0.0, 1.0, 1.0, 0.0], "p": [0.2, 0.9, 0.6, 0.1]}
    own = atlas.OwnRows(columns, target="y", prediction="p")
    assert (own.loss, own.given) == ("binary_cross_entropy", "probabilities")
    found = own.of("brier_binary")["own"]
    assert found["rows"] == [[0.2, 0.0], [0.9, 1.0], [0.6, 1.0], [0.1, 0.0]]
    assert found["count"] == 4
    assert [total["title"]["en"] for total in found["totals"]] == ["Binary Brier score", "Binary cross-entropy"]
    for total, loss in zip(found["totals"], (lossary.brier_binary, lossary.binary_cross_entropy), strict=True):
        assert total["mean"] == pytest.approx(loss(columns["p"], columns["y"], given="probabilities"), rel=1e-14)
    assert own.of("index") == own.of("gaussian") == own.of("cross_entropy") == {}


def test_a_page_whose_loss_refuses_the_rows_has_none():
    own = atlas.OwnRows({"y": [0.0, 1.0, -3.0], "p": [0.1, 0.2, 0.5]}, target="y", prediction="p")
    assert own.loss == "absolute_error"
    assert own.of("squared_log_error") == {}


def test_logits_are_told_from_probabilities_and_many_rows_are_thinned():
    columns = {"y": [0.0, 1.0] * 2000, "p": [-3.0, 2.0] * 2000}
    own = atlas.OwnRows(columns, target="y", prediction="p")
    assert own.given == "logits"
    found = own.of(own.loss)["own"]
    assert (len(found["rows"]), found["count"]) == (1000, 4000)


@pytest.mark.parametrize(
    ("columns", "options", "match"),
    [
        ({"y": ["a", "b"], "p": [0.1, 0.2]}, {}, "one number predicted"),
        ({"y": [0.0, 1.0], "p": [0.1, 0.2]}, {"loss": "cox"}, "a built-in loss of one number"),
        ({"y": [0.0, 1.0], "p": [0.1, 0.2]}, {"loss": "gaussian"}, "a built-in loss of one number"),
        ({"y": [0.0, 1.0], "p": [0.1, 0.2]}, {"given": "mean"}, "got binary_cross_entropy given as mean"),
    ],
)
def test_files_that_no_page_takes_are_refused(columns, options, match):
    with pytest.raises(UsageError, match=match):
        atlas.OwnRows(columns, target="y", prediction="p", **options)
