"""Losses of lists of items, such as the documents of a query."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score

import lossary
from lossary.cli.main import main
from lossary.report import BadDataError, UsageError, compare, score

rng = np.random.default_rng(2)
SIZES = rng.integers(1, 9, 60)
QUERY = np.repeat([f"q{k:02}" for k in range(60)], SIZES)
ITEMS = pd.DataFrame(
    {
        "query": QUERY,
        "doc": np.arange(len(QUERY)),
        "score": rng.normal(size=len(QUERY)).round(1),
        "other": rng.normal(size=len(QUERY)),
        "relevance": rng.choice([0, 0, 0, 1, 2], size=len(QUERY)).astype(float),
        "market": np.repeat(np.array(["de", "fr"])[np.arange(60) % 2], SIZES),
        "w": np.repeat(rng.gamma(2.0, size=60), SIZES),
    }
).sample(frac=1, random_state=3)
OPTIONS = {"target": "relevance", "prediction": "score", "query": "query"}
LOSSES = ("lambda_rank", "list_net", "pairwise_logistic", "list_mle")


def naive(loss, frame=ITEMS, column="score", **options):
    """The loss of each list by itself, in the order of their names."""
    lists = [rows for _, rows in frame.groupby("query", sort=True)]
    return np.array([getattr(lossary, loss)(rows[column], rows.relevance, np.zeros(len(rows)), **options) for rows in lists])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_list_is_a_row(loss, tmp_path):
    found = score(ITEMS, loss=loss, group="market", also=[other for other in LOSSES if other != loss], **OPTIONS)
    expected = naive(loss)
    assert found.mean == pytest.approx(expected.mean(), rel=1e-12)
    assert found.count == 60
    assert {other.loss: other.mean for other in found.also} == pytest.approx(
        {other: naive(other).mean() for other in LOSSES if other != loss}, rel=1e-12
    )
    assert {part.name: part.mean for part in found.breakdowns[0].parts} == pytest.approx(
        {"de": expected[::2].mean(), "fr": expected[1::2].mean()}, rel=1e-12
    )
    worst = found.worst[0]
    assert worst["id"] == f"q{expected.argmax():02}"
    assert worst["loss"] == pytest.approx(expected.max())
    assert worst["target"] == ITEMS[ITEMS["query"] == worst["id"]].relevance.tolist()
    assert found.columns["prediction"] == "score"
    assert found.columns["target"] == "relevance"
    if loss == "lambda_rank":
        assert found.baseline is None
    else:
        assert found.baseline == pytest.approx(naive(loss, ITEMS.assign(score=0.0)).mean(), rel=1e-12)
    weighted = score(ITEMS, loss=loss, weight="w", **OPTIONS)
    weights = ITEMS.groupby("query").w.first().to_numpy()
    assert weighted.mean == pytest.approx(np.average(expected, weights=weights), rel=1e-12)
    # lists that are lists already
    rows = [{"score": one.score.tolist(), "relevance": one.relevance.tolist()} for _, one in ITEMS.groupby("query")]
    again = score(pd.DataFrame(rows), loss=loss, target="relevance", prediction="score")
    assert again.mean == pytest.approx(found.mean, rel=1e-14)


@pytest.mark.parametrize("gain", ["exponential", "linear"])
def test_the_order_is_judged_by_ndcg(gain):
    found = score(ITEMS, loss="lambda_rank", parameters={"gain": gain, "truncation": 5.0}, **OPTIONS)
    assert found.mean == pytest.approx(naive("lambda_rank", gain=gain, truncation=5.0).mean(), rel=1e-12)
    lists = [rows for _, rows in ITEMS.groupby("query") if rows.relevance.any()]
    assert (found.relevance.lists, found.relevance.items) == (len(lists), len(ITEMS))

    def ndcg(rows, at):
        gains = 2**rows.relevance - 1 if gain == "exponential" else rows.relevance
        return 1.0 if len(rows) == 1 else ndcg_score([gains], [rows.score], k=at)

    for one in found.relevance.ndcg:
        each = [ndcg(rows, one.at) for rows in lists]
        assert one.mean == pytest.approx(np.mean(each), rel=1e-9)
        reach = 1.959963984540054 * np.std(each, ddof=1) / np.sqrt(len(each))
        assert one.interval.high - one.mean == pytest.approx(reach, rel=1e-9)
    assert [one.at for one in found.relevance.ndcg] == [1, 5, 10, None]
    assert found.metrics()["ndcg_10"] == found.relevance.ndcg[2].mean


def test_the_order_of_rows_does_not_matter():
    one = score(ITEMS, loss="list_net", **OPTIONS)
    other = score(ITEMS.sample(frac=1, random_state=8), loss="list_net", **OPTIONS)
    assert (one.relevance, one.baseline) == (other.relevance, other.baseline)
    assert one.mean == pytest.approx(other.mean, rel=1e-14)


def test_relevance_may_stand_in_another_file(tmp_path):
    run, truth = tmp_path / "run.csv", tmp_path / "qrels.csv"
    ITEMS[["query", "doc", "score"]].to_csv(run, index=False)
    ITEMS[["doc", "query", "relevance"]].to_csv(truth, index=False)
    found = score(run, truth=truth, id="query,doc", loss="list_net", **OPTIONS)
    assert found.mean == pytest.approx(naive("list_net").mean(), rel=1e-12)


def test_models_of_lists_are_compared(capsys, tmp_path):
    means = [naive("list_net", column=column).mean() for column in ("score", "other")]
    found = compare(ITEMS, loss="list_net", target="relevance", prediction="score,other", query="query")
    assert {model.name: model.mean for model in found.models} == pytest.approx(
        dict(zip(("score", "other"), means, strict=True))
    )
    found = compare(ITEMS, ITEMS, loss="list_net", prediction_b="other", **OPTIONS)
    assert found.difference == pytest.approx(means[1] - means[0], rel=1e-9)
    path = tmp_path / "x.csv"
    ITEMS.to_csv(path, index=False)
    asked = [
        "score",
        str(path),
        "--loss",
        "lambda_rank",
        "--target",
        "relevance",
        "--prediction",
        "score",
        "--group-id",
        "query",
    ]
    page = tmp_path / "page.html"
    with pytest.raises(SystemExit) as exit:
        main([*asked, "--html", str(page)])
    out = capsys.readouterr().out
    assert exit.value.code == 0
    assert "first 10" in out
    assert "Is the order right?" in page.read_text(encoding="utf-8")


def test_what_lists_take():
    with pytest.raises(
        UsageError, match=r"'score' has one number a row; name the column that says which list.*query=\"query_id\""
    ):
        score(ITEMS, loss="lambda_rank", target="relevance", prediction="score")
    with pytest.raises(
        UsageError, match="query says which list an item is in, for losses of lists such as lambda_rank; squared_error"
    ):
        score(ITEMS, loss="mse", **OPTIONS)
    with pytest.raises(BadDataError, match=r"the rows of one list share one value of 'doc'; query q\d\d has"):
        score(ITEMS, loss="list_net", group="doc", **OPTIONS)
    with pytest.raises(UsageError, match="no column 'topic' for the query"):
        score(ITEMS, loss="list_net", **{**OPTIONS, "query": "topic"})
    lists = {"score": [[1.0, 2.0], [1.0], [], [1.0, None]], "relevance": [[1.0, 0.0], [1.0, 0.0], [], [0.0, 1.0]]}
    bad = pd.DataFrame(lists)
    options = {"loss": "list_net", "target": "relevance", "prediction": "score"}
    with pytest.raises(BadDataError, match=r"row 2 .* scores and relevances are not as many"):
        score(bad, **options)
    found = score(bad, skip_invalid=True, **options)
    assert found.invalid == {"no items": 1, "null": 1, "unequal lists": 1}
    assert found.count == 1
    negative = pd.DataFrame({"score": [[1.0, 2.0]], "relevance": [[-1.0, 0.0]]})
    with pytest.raises(BadDataError, match=r"relevance.* lies? in \[0, ∞\)|relevance"):
        score(negative, loss="list_net", target="relevance", prediction="score")
