"""The shapes of files that people have, each scored by the command line that one would guess; numbers are found by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss

from lossary.cli.main import main

P = [0.9, 0.2, 0.6, 0.3, 0.8]
Y = [1, 0, 1, 1, 0]
MEAN = log_loss(Y, P)


def run(capsys, *arguments):
    """Run the command; return its exit code, what it prints and what it says on stderr."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def score(capsys, *arguments):
    """Return the mean loss that ``lossary score … --quiet`` prints."""
    code, out, err = run(capsys, "score", *arguments, "--quiet")
    assert code == 0, err
    return float(out)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, header, *columns, sep=","):
    lines = [header, *(sep.join(map(str, row)) for row in zip(*columns, strict=True))]
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")


BINARY = ["--loss", "bce", "--given", "probabilities"]


def test_text_outcomes_beside_one_probability(capsys):
    write("p.csv", "game,p_home,result", range(5), P, ["H" if y else "A" for y in Y])
    asked = ["p.csv", *BINARY, "--target", "result", "--prediction", "p_home"]
    code, _, said = run(capsys, "score", *asked)
    assert code == 3
    assert "--classes A,H if the prediction is that of H" in said
    assert score(capsys, *asked, "--classes", "A,H") == pytest.approx(MEAN, rel=1e-13)


def test_rows_that_are_not_decided_yet(capsys):
    write("p.csv", "p,result", [*P, 0.5], [*Y, ""])
    asked = ["p.csv", *BINARY, "--target", "result", "--prediction", "p"]
    code, _, said = run(capsys, "score", *asked)
    assert code == 3
    assert "--unlabelled skip" in said
    assert score(capsys, *asked, "--unlabelled", "skip") == pytest.approx(MEAN, rel=1e-13)


def test_percent_signs_beside_decimal_commas(capsys):
    write("p.csv", "prob;y", [f"{100 * p:.1f} %".replace(".", ",") for p in P], Y, sep=";")
    asked = ["p.csv", *BINARY, "--target", "y", "--prediction", "prob"]
    code, _, said = run(capsys, "score", *asked)
    assert code == 3
    assert "--decimal ," in said
    assert score(capsys, *asked, "--decimal", ",") == pytest.approx(MEAN, rel=1e-13)


def test_both_columns_of_scikit_learn(capsys):
    write("p.csv", "y_true,y_pred,proba_0,proba_1", Y, np.rint(P), 1 - np.array(P), P)
    asked = ["p.csv", "--target", "y_true", "--prediction"]
    assert score(capsys, *asked, "proba_*", "--loss", "bce") == pytest.approx(MEAN, rel=1e-13)
    assert score(capsys, *asked, "y_pred", "--loss", "accuracy") == 0.6


def test_labels_alone(capsys):
    write("p.csv", "gold_label,pred_label", ["cat", "dog", "cat", "bird"], ["cat", "cat", "cat", "bird"])
    assert score(capsys, "p.csv", "--loss", "accuracy", "--target", "gold_label", "--prediction", "pred_label") == 0.75


def test_truth_elsewhere_with_labels_that_are_names_of_columns(capsys):
    write("p.csv", "id,Class_1,Class_2,Class_3", [7, 8], [0.5, 0.1], [0.25, 0.1], [0.25, 0.8])
    write("truth.csv", "id,target", [8, 7], ["Class_3", "Class_1"])
    asked = ["p.csv", "--truth", "truth.csv", "--id", "id", "--target", "target", "--prediction", "Class_*"]
    wanted = -(math.log(0.5) + math.log(0.8)) / 2
    assert score(capsys, *asked, "--loss", "ce", "--given", "probabilities") == pytest.approx(wanted, rel=1e-13)


def test_json_lines_with_nested_keys_and_numbers_as_text(capsys):
    rows = [
        {"doc": {"label": y}, "resps": [[f"{math.log(1 - p):.17g}", "False"], [f"{math.log(p):.17g}", "True"]]}
        for p, y in zip(P, Y, strict=True)
    ]
    Path("s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = ["s.jsonl", "--loss", "ce", "--target", "doc.label", "--prediction", "resps.0.0,resps.1.0"]
    assert score(capsys, *asked, "--given", "log_probabilities") == pytest.approx(MEAN, rel=1e-12)


def test_log_probabilities_that_do_not_sum_to_1_are_told_by_their_exponentials(capsys):
    write("p.csv", "y,z_0,z_1", [0], [math.log(0.25)], [math.log(0.5)])
    code, _, said = run(
        capsys, "score", "p.csv", "--loss", "ce", "--target", "y", "--prediction", "z_*", "--given", "log_probabilities"
    )
    assert code == 3
    assert "the exponentials of the row sum to 0.75" in said


@pytest.mark.parametrize(
    ("names", "prediction"),
    [
        ("0.1,0.5,0.9", "0.*"),
        ("q0.1,q0.5,q0.9", "q*"),
        ("p10,p50,p90", "p*"),
        ("Q10,Q50,Q90", "Q*"),
        ("quantile_0.1,quantile_0.5,quantile_0.9", "quantile_*"),
        ("10%,50%,90%", "*%"),
        ("m-lo-80,m-median,m-hi-80", "m-*"),
        ("lower_80,median,upper_80", "lower_*,median,upper_*"),
    ],
)
def test_quantile_columns_under_many_names(capsys, names, prediction):
    q, y = np.array([[1, 2, 4], [0, 3, 3.5]]), np.array([2.5, 5])
    write("q.csv", f"y,{names}", y, *q.T)
    error = y[:, None] - q
    wanted = (error * (np.array([0.1, 0.5, 0.9]) - (error < 0))).mean()
    asked = ["q.csv", "--loss", "quantiles", "--levels", "from-names", "--target", "y", "--prediction", prediction]
    assert score(capsys, *asked) == pytest.approx(wanted, rel=1e-13)


def test_models_as_columns_with_spaces_in_their_names(capsys):
    write("m.csv", "sample_id,Actual,Mean baseline,Gradient boosting", [1, 2, 3], [1, 2, 4], [2, 2, 2], [1, 2, 3.5])
    asked = ["m.csv", "--loss", "mae", "--target", "Actual", "--prediction", "Mean baseline,Gradient boosting", "--json"]
    code, out, _ = run(capsys, "compare", *asked)
    assert code == 0
    found = {model["name"]: model["mean"] for model in json.loads(out)["models"]}
    assert found == {"Gradient boosting": pytest.approx(1 / 6), "Mean baseline": pytest.approx(1)}


def test_stacked_models_named_by_two_columns(capsys):
    ids, models = [*"abcabc"], ["x"] * 3 + ["z"] * 3
    write("s.csv", "ID,y_true,y_score,kind,variant", ids, [1, 0, 1, 1, 0, 1], [0.9, 0.2, 0.6, 0.5, 0.5, 0.5], models, ["v"] * 6)
    asked = ["s.csv", *BINARY, "--target", "y_true", "--prediction", "y_score", "--model", "kind,variant", "--id", "ID"]
    code, out, _ = run(capsys, "compare", *asked, "--json")
    assert code == 0
    found = {model["name"]: model["mean"] for model in json.loads(out)["models"]}
    assert found == {"x/v": pytest.approx(log_loss(Y[:3], P[:3])), "z/v": pytest.approx(math.log(2))}


def test_scores_of_a_harness_ready_made(capsys):
    for name, scores in (("a", [1, 0, 0, 1]), ("b", [1, 1, 0, 1])):
        Path(f"{name}.jsonl").write_text("".join(json.dumps({"doc_id": k, "acc": s}) + "\n" for k, s in enumerate(scores)))
    asked = ["--given", "loss", "--higher-is-better", "--prediction", "acc"]
    code, out, _ = run(capsys, "compare", "a.jsonl", "b.jsonl", "--id", "doc_id", *asked, "--json")
    assert (code, json.loads(out)["difference"]) == (0, -0.25)
    code, out, _ = run(capsys, "score", "a.jsonl", *asked, "--json")
    assert json.loads(out)["figure"]["value"] == 0.5


def test_the_long_form_of_hubs_with_locations_of_leading_zeros(capsys):
    write(
        "hub.csv",
        "location,output_type,output_type_id,value",
        ["01", "01", "1", "1"],
        ["quantile"] * 4,
        [0.25, 0.75] * 2,
        [9, 11, 19, 21],
    )
    write("oracle.csv", "location,oracle_value", ["1", "01"], [20, 13])
    asked = ["hub.csv", "--loss", "wis", "--long", "output_type_id=value", "--id", "location", "--truth", "oracle.csv"]
    # an interval of 50 % counts α/2 = 0.25 times its width, 2, and 2/α = 4 times the distance outside, 2 for the first
    wanted = (0.25 * (2 + 4 * 2) + 0.25 * 2) / 2
    assert score(capsys, *asked, "--target", "oracle_value") == pytest.approx(wanted, rel=1e-13)


def test_ensembles_with_missing_members(capsys):
    write("e.csv", "obs,ens_0,ens_1,ens_2", [1.0, 2.0], [0, 1], [2, ""], [4, 5])
    asked = ["e.csv", "--loss", "crps_ensemble", "--target", "obs", "--prediction", "ens_*"]
    code, _, said = run(capsys, "score", *asked)
    assert code == 3
    assert "--missing-members skip" in said

    def crps(members, y):
        x = np.array(members, float)
        return abs(x - y).mean() - abs(x[:, None] - x).mean() / 2

    wanted = (crps([0, 2, 4], 1) + crps([1, 5], 2)) / 2
    assert score(capsys, *asked, "--missing-members", "skip") == pytest.approx(wanted, rel=1e-13)


def test_a_bound_on_every_one_of_many_groups_says_what_a_report_keeps(capsys):
    asked = ["g.csv", "--loss", "mae", "--target", "y", "--prediction", "p", "--group", "g", "--quiet"]
    write("g.csv", "y,p,g", [1] * 60, [2] * 59 + [4], range(60))
    assert run(capsys, "score", *asked, "--fail-above", "g:*=3")[0] == 0
    code, _, said = run(capsys, "score", *asked, "--fail-above", "g:*=2.5")
    assert code == 1
    assert "where g is 59 is 3, above" in said
    write("g.csv", "y,p,g", [1] * 1001, [2] * 1001, range(1001))
    code, _, said = run(capsys, "score", *asked, "--fail-above", "g:*=3")
    assert code == 2
    assert "of 1,001 groups a report keeps the 1,000 with most of the loss" in said


@pytest.mark.parametrize(
    ("header", "columns", "said"),
    [
        (
            "gold_label,pred_label",
            [["cat", "dog"], ["dog", "dog"]],
            "--loss accuracy --target gold_label --prediction pred_label",
        ),
        (
            "y_true,y_pred,proba_0,proba_1",
            [[0, 1], [0, 1], [0.75, 0.5], [0.25, 0.5]],
            "--loss binary_cross_entropy --given probabilities --target y_true --prediction 'proba_*'",
        ),
        ("day,actual,ARIMA,XGBoost", [[1, 2], [1.5, 2], [1, 2], [2, 3]], "several models, lossary compare says how"),
    ],
)
def test_a_file_alone_says_how_it_would_be_scored(capsys, header, columns, said):
    write("f.csv", header, *columns)
    code, out, err = run(capsys, "score", "f.csv")
    assert code == 2
    assert said in out + err


def test_models_that_tie_in_every_row(capsys):
    write("t.csv", "id,y,p,q", [1, 2, 3], [1, 0, 1], [0.5] * 3, [0.5] * 3)
    asked = ["--loss", "mae", "--target", "y", "--prediction"]
    code, out, _ = run(capsys, "compare", "t.csv", *asked, "p,q")
    assert code == 0
    assert "could show" not in out
    code, out, _ = run(capsys, "compare", "t.csv", "t.csv", "--id", "id", *asked, "p")
    assert code == 0
    assert "could show" not in out
    assert "every row has the same loss" in out
    code, _, _ = run(capsys, "compare", "t.csv", *asked, "p,q", "--html", "t.html", "--quiet")
    assert code == 0
    assert "could have shown a difference" not in Path("t.html").read_text(encoding="utf-8")


def test_bounds_on_bins_of_a_column(capsys):
    write("g.csv", "y,p,age", [0] * 40, range(40), range(40))
    asked = ["g.csv", "--loss", "mae", "--target", "y", "--prediction", "p", "--group", "age:2", "--quiet"]
    code, _, said = run(capsys, "score", *asked, "--fail-above", "age:2:0 to 19=9.5", "--fail-above", "age:2:*=29")
    assert code == 1
    assert "age:2 is 20 to 39 is 29.5, above" in said
