"""Make the prediction files of ``lossary demo``: real data, simple models, every prediction held out.

    python examples/make_demo_predictions.py

Each row is predicted by a model fitted without it (five folds, fixed seed), so running this again gives the same values.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.datasets import anes96, engel, randhie

FOLDS = KFold(5, shuffle=True, random_state=0)
HERE = Path(__file__).parent
DATA = HERE.parent / "src" / "lossary" / "data"


def held_out(model, features, target, method):
    """Out-of-fold predictions, to six decimals: beyond them, linear algebra libraries differ."""
    return cross_val_predict(model, features.to_numpy(float), target, cv=FOLDS, method=method).round(6)


def spending():
    """Food expenditure from income, by least squares: a regression with natural outliers among the rich."""
    data = engel.load_pandas().data
    target = data["foodexp"].to_numpy()
    prediction = held_out(LinearRegression(), data[["income"]], target, "predict")
    return {"income": data["income"].to_numpy(), "target": target, "prediction": prediction}


def doctor():
    """Whether a person saw a doctor in the year, from insurance and health, by logistic regression."""
    data = randhie.load_pandas().data
    target = (data["mdvis"] > 0).to_numpy(np.int8)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return {"target": target, "prediction": held_out(model, data.drop(columns="mdvis"), target, "decision_function")}


def party():
    """Which of seven shades of party identification, from opinions and circumstances, by multinomial logistic regression."""
    data = anes96.load_pandas().data
    target = data["PID"].to_numpy(np.int8)
    features = data[["logpopul", "TVnews", "selfLR", "ClinLR", "DoleLR", "age", "educ", "income"]]
    logits = held_out(make_pipeline(StandardScaler(), LogisticRegression()), features, target, "decision_function")
    return {"target": target} | {f"logit_{k}": column for k, column in enumerate(logits.T)}


def main():
    for name, columns in {"engel": spending(), "randhie": doctor(), "anes96": party()}.items():
        ids = np.arange(len(columns["target"]), dtype=np.int32)
        path = DATA / f"{name}.parquet"
        pq.write_table(pa.table({"id": ids} | columns), path, compression="zstd")
        print(f"{path.relative_to(HERE.parent)}: {len(ids)} rows, {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
