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


def test_rows_of_a_file_and_exact_totals():
    columns = {"y": [0.0, 1.0, 1.0, 0.0], "p": [0.2, 0.9, 0.6, 0.1]}
    found = atlas.own(columns, target="y", prediction="p")
    assert (found.loss, found.given) == ("binary_cross_entropy", "probabilities")
    own = found.more["binary_cross_entropy"]["own"]
    assert own["rows"] == [[0.2, 0.0], [0.9, 1.0], [0.6, 1.0], [0.1, 0.0]]
    assert own["count"] == 4
    for total in own["totals"]:
        loss = lossary.losses.registry[total["loss"]]
        assert total["mean"] == pytest.approx(loss(columns["p"], columns["y"], given="probabilities"), rel=1e-14)


def test_logits_are_told_from_probabilities_and_many_rows_are_thinned():
    columns = {"y": [0.0, 1.0] * 2000, "p": [-3.0, 2.0] * 2000}
    found = atlas.own(columns, target="y", prediction="p")
    assert found.given == "logits"
    assert len(found.more[found.loss]["own"]["rows"]) == 1000
    assert found.more[found.loss]["own"]["count"] == 4000


@pytest.mark.parametrize(
    ("columns", "loss", "match"),
    [
        ({"y": ["a", "b"], "p": [0.1, 0.2]}, None, "one number predicted"),
        ({"y": [0.0, 1.0], "p": [0.1, 0.2]}, "cox", "a built-in loss of one number"),
        ({"y": [0.0, 1.0], "p": [0.1, 0.2]}, "gaussian", "a built-in loss of one number"),
    ],
)
def test_files_that_no_page_takes_are_refused(columns, loss, match):
    with pytest.raises(UsageError, match=match):
        atlas.own(columns, target="y", prediction="p", loss=loss)
