"""A file alone is answered with a command, for the headers that people have; each command is run as it is proposed."""

import shlex

import numpy as np
import pytest

from lossary.cli.main import main

N = 12
rng = np.random.default_rng(7)
NUMBER = np.round(rng.normal(10, 3, N), 2)
SHARE = np.round(rng.uniform(0.05, 0.95, N), 2)
BINARY = np.tile([0, 1, 1], N // 3)
DAYS = [f"2025-01-{day + 1:02d}" for day in range(N)]
THREE = np.tile(["cat", "dog", "bird"], N // 3)
WIS = "--loss weighted_interval_score --levels from-names"
MAE = "--loss absolute_error"
BCE = "--loss binary_cross_entropy --given probabilities"
CE = "--loss cross_entropy --given probabilities"


def column(name: str):
    """Values that fit the name of a column."""
    word = name.casefold()
    if word in ("id", "row", "row_id", "doc_id", "sample_id", "index", "epoch", "horizon", "location"):
        return range(N)
    if word in ("unique_id", "item_id", "station"):
        return np.repeat(["a", "b"], N // 2)
    if word in ("date", "ds", "timestamp", "cutoff", "valid_time", "reference_date", "target_end_date", "day"):
        return DAYS
    if word in ("y_true", "label", "event"):
        return BINARY
    if word in ("result",):
        return np.tile(["H", "A"], N // 2)
    if word in ("gold_label", "pred_label", "species"):
        return THREE
    if word in ("acc", "acc_norm", "exact_match"):
        return BINARY
    if word.startswith(("p_", "prob", "proba", "y_prob", "y_score", "class_")) or word in ("cat", "dog", "bird", "p"):
        return SHARE
    return NUMBER + 0.1 * len(name)


def summing(*names: str):
    """Shares of columns that sum to 1."""
    numbers = rng.dirichlet(np.ones(len(names)), N).round(3)
    numbers[:, -1] = (1 - numbers[:, :-1].sum(axis=1)).round(3)
    return dict(zip(names, numbers.T, strict=True))


QUANTILES = "--target y --prediction"
SCORES = {
    # scikit-learn
    "y_true,y_pred": ({"y_true": NUMBER}, f"{MAE} --target y_true --prediction y_pred"),
    "y_test,y_hat": ({}, f"{MAE} --target y_test --prediction y_hat"),
    "y_true,y_score": ({}, f"{BCE} --target y_true --prediction y_score"),
    "y_true,y_pred,y_prob": ({"y_pred": BINARY}, None),  # which of the two is not said
    "y_true,prediction": ({"prediction": BINARY[::-1]}, "--loss accuracy --target y_true --prediction prediction"),
    "y_true,proba_1": ({}, f"{BCE} --target y_true --prediction proba_1"),
    "y_true,y_pred,proba_0,proba_1": (summing("proba_0", "proba_1"), f"{BCE} --target y_true --prediction 'proba_*'"),
    "gold_label,pred_label": ({}, "--loss accuracy --target gold_label --prediction pred_label"),
    # statsmodels, Prophet
    "obs,mean,mean_se,mean_ci_lower,mean_ci_upper": ({}, f"{MAE} --target obs --prediction mean"),
    "y,predicted_mean,lower y,upper y": ({}, f"{MAE} --target y --prediction predicted_mean"),
    "ds,y,yhat,yhat_lower,yhat_upper": ({}, f"{MAE} --target y --prediction yhat"),
    # quantiles, intervals
    "y,yhat_q05,yhat_q95": ({}, f"{WIS} {QUANTILES} 'yhat_q*'"),
    "y,y_hat,y_hat_q05,y_hat_q50,y_hat_q95": ({}, f"{WIS} {QUANTILES} 'y_hat_q*'"),
    "y,Q05,Q10,Q50": ({}, f"{WIS} {QUANTILES} 'Q*'"),
    "y,p10,p50,p90": ({}, f"{WIS} {QUANTILES} 'p*'"),
    "y,quantile_0.025_count,quantile_0.500_count,quantile_0.975_count": ({}, f"{WIS} {QUANTILES} 'quantile_*_count'"),
    "y,2.5%,50%,97.5%": ({}, f"{WIS} {QUANTILES} '*%'"),
    "actual,lower_90,median,upper_90": ({}, f"{WIS} --target actual --prediction 'lower_*,median,upper_*'"),
    "actual,lower_90,lower_50,median,upper_50,upper_90": ({}, f"{WIS} --target actual --prediction 'lower_*,median,upper_*'"),
    # Nixtla, GluonTS and AutoGluon, Darts
    "unique_id,ds,cutoff,y,AutoARIMA,AutoARIMA-lo-90,AutoARIMA-hi-90": (
        {},
        f"{WIS} --id unique_id,ds --target y --prediction 'AutoARIMA-lo-*,AutoARIMA-hi-*'",
    ),
    "unique_id,ds,y,NHITS-median,NHITS-lo-80,NHITS-hi-80": (
        {},
        f"{WIS} --id unique_id,ds --target y --prediction 'NHITS-median,NHITS-lo-*,NHITS-hi-*'",
    ),
    "item_id,timestamp,target,mean,0.1,0.5,0.9": ({}, f"{WIS} --id item_id,timestamp --target target --prediction '0.*'"),
    "item_id,timestamp,mean,0.1,0.5,0.9": (
        {},
        f"{WIS} --truth TRUTH.csv --id item_id,timestamp --target target --prediction '0.*'",
    ),
    # ensembles
    "valid_time,station,obs,ens_0,ens_1,ens_2": ({}, "--loss crps_ensemble --target obs --prediction 'ens_*'"),
    # Kaggle, AutoGluon's predict_proba
    "id,target": ({"target": SHARE}, f"{BCE} --truth TRUTH.csv --id id --target target --prediction target"),
    "Id,SalePrice": ({}, None),
    "id,Class_1,Class_2,Class_3": (
        summing("Class_1", "Class_2", "Class_3"),
        f"{CE} --truth TRUTH.csv --id id --target target --prediction 'Class_*'",
    ),
    "label,cat,dog,bird": (
        {"label": THREE, **summing("cat", "dog", "bird")},
        f"{CE} --target label --prediction bird,cat,dog",
    ),
    "label,P_Cat,P_Dog,P_Bird": (
        {"label": THREE, **summing("P_Cat", "P_Dog", "P_Bird")},
        f"{CE} --target label --prediction 'P_*'",
    ),
    "label,logit_0,logit_1,logit_2": ({}, "--loss cross_entropy --given logits --target label --prediction 'logit_*'"),
    # text outcomes
    "p_home,result": ({}, f"{BCE} --target result --prediction p_home --classes A,H"),
    "p_home,p_away,result": (summing("p_home", "p_away"), f"{CE} --target result --prediction 'p_*' --classes A,H"),
    "prob_yes,outcome": (
        {"outcome": np.tile(["yes", "no"], N // 2), "prob_yes": SHARE},
        f"{BCE} --target outcome --prediction prob_yes --classes no,yes",
    ),
    "p,outcome": ({"outcome": [*[0, 1] * 5, "", ""]}, f"{BCE} --target outcome --unlabelled skip --prediction p"),
    # MLflow, harnesses, judges
    "feature_0,feature_1,prediction,target": ({}, f"{MAE} --target target --prediction prediction"),
    "doc_id,doc.question,target,acc,acc_norm": (
        {"target": THREE, "doc.question": THREE},
        "--given loss --higher-is-better --id doc_id --prediction acc",
    ),
    "sample_id,epoch,score": ({}, "--given loss --higher-is-better --id sample_id --prediction score"),
    "id,loss": ({}, "--given loss --id id --prediction loss"),
    # hubs
    "reference_date,horizon,target,target_end_date,location,output_type,output_type_id,value": (
        {"output_type_id": [0.1, 0.5, 0.9] * (N // 3)},
        "--loss weighted_interval_score --long output_type_id=value "
        "--id reference_date,horizon,target,target_end_date,location --truth TRUTH.csv --target oracle_value",
    ),
    # several models
    "row,y,model_a,model_b": ({}, None),
    "unique_id,ds,y,AutoARIMA-lo-90,AutoARIMA-hi-90,AutoETS-lo-90,AutoETS-hi-90": ({}, None),
}


def written(folder, header, more):
    held = {name: more.get(name, column(name)) for name in header.split(",")}
    lines = [",".join(map(str, row)) for row in zip(*held.values(), strict=True)]
    path = folder / "f.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return held


def proposed(capsys, *command):
    with pytest.raises(SystemExit) as exit:
        main(list(command))
    out, err = capsys.readouterr()
    assert exit.value.code == 2, out
    return (out + err).rstrip().splitlines()[-1]


def runs(capsys, line):
    with pytest.raises(SystemExit) as exit:
        main([*shlex.split(line)[1:], "--quiet"])
    return exit.value.code, capsys.readouterr()


@pytest.mark.parametrize("header", SCORES)
def test_a_file_alone_is_told_how_it_would_be_scored(header, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    more, expected = SCORES[header]
    held = written(tmp_path, header, more)
    line = proposed(capsys, "score", "f.csv")
    if expected is None:
        assert "whose names do not say" in line
        return
    assert line == f"lossary score f.csv {expected}"
    if "TRUTH.csv" in line and "long" not in line:
        truth = BINARY if "binary" in line else np.tile(["Class_1", "Class_3"], N // 2) if "Class" in line else NUMBER
        names = shlex.split(line)[shlex.split(line).index("--id") + 1].split(",")
        rows = zip(*(held[name] for name in names), truth, strict=True)
        text = "\n".join([",".join([*names, "target"]), *(",".join(map(str, row)) for row in rows)])
        (tmp_path / "TRUTH.csv").write_text(text + "\n")
    if "long" not in line:
        code, said = runs(capsys, line)
        assert code == 0, said


MODELS = {
    "date,actual,Persistence,ARIMA,SARIMAX,XGBoost": f"{MAE} --target actual --prediction Persistence,ARIMA,SARIMAX,XGBoost",
    "sample_id,Actual,Mean baseline,Linear regression": (
        f"{MAE} --target Actual --prediction 'Mean baseline,Linear regression' --id sample_id"
    ),
    "row,y,model_a,model_b,model_c": f"{MAE} --target y --prediction model_a,model_b,model_c --id row",
    "unique_id,ds,cutoff,y,AutoARIMA,AutoARIMA-lo-90,AutoARIMA-hi-90,AutoETS,AutoETS-lo-90,AutoETS-hi-90": (
        f"{MAE} --target y --prediction AutoARIMA,AutoETS --id unique_id,ds"
    ),
    "unique_id,ds,y,AutoARIMA-lo-90,AutoARIMA-hi-90,AutoETS-lo-90,AutoETS-hi-90": (
        f"{WIS} --target y --prediction '{{model}}-lo-*,{{model}}-hi-*' --id unique_id,ds"
    ),
    "y,rf_q0.1,rf_q0.5,rf_q0.9,gb_q0.1,gb_q0.5,gb_q0.9": f"{WIS} --target y --prediction '{{model}}_q*'",
    "y_true,prob_rf,prob_gb": f"{BCE} --target y_true --prediction prob_rf,prob_gb",
    "prob_rf,prob_gb,result": f"{BCE} --target result --prediction prob_rf,prob_gb --classes A,H",
}


@pytest.mark.parametrize("header", MODELS)
def test_a_file_alone_is_told_how_its_models_would_be_compared(header, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, header, {})
    line = proposed(capsys, "compare", "f.csv")
    assert line == f"lossary compare f.csv {MODELS[header]}"
    code, said = runs(capsys, line)
    assert code == 0, said


def test_stacked_rows_and_two_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    stacked = {"ID": [*range(N // 2)] * 2, "representation": ["bow"] * N, "variant": ["a"] * (N // 2) + ["b"] * (N // 2)}
    stacked["y_true"] = [0, 1, 1, 0, 1, 0] * 2
    written(tmp_path, "ID,fold,y_true,y_score,representation,variant", {"fold": [0] * N, **stacked})
    line = proposed(capsys, "compare", "f.csv")
    assert line == f"lossary compare f.csv {BCE} --target y_true --prediction y_score --id ID --model representation,variant"
    assert runs(capsys, line)[0] == 0
    written(tmp_path, "id,y,pred", {})
    (tmp_path / "g.csv").write_text((tmp_path / "f.csv").read_text())
    line = proposed(capsys, "compare", "f.csv", "g.csv")
    assert line == f"lossary compare f.csv g.csv {MAE} --id id --target y --prediction pred"
    assert runs(capsys, line)[0] == 0


def test_json_lines_of_a_harness(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = ['{"label": %d, "logits": [0.5, %s, -1.0]}' % (k % 3, k / 4) for k in range(9)]  # noqa: UP031
    (tmp_path / "p.jsonl").write_text("\n".join(rows))
    line = proposed(capsys, "score", "p.jsonl")
    assert line == "lossary score p.jsonl --loss cross_entropy --given logits --target label --prediction logits"
    assert runs(capsys, line)[0] == 0
    (tmp_path / "q.jsonl").write_text("\n".join('{"doc": {"y": %d}, "pred": %s}' % (k, k / 2) for k in range(5)))  # noqa: UP031
    line = proposed(capsys, "score", "q.jsonl")
    assert line == "lossary score q.jsonl --loss absolute_error --target doc.y --prediction pred"
    assert runs(capsys, line)[0] == 0
