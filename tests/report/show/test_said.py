"""What was predicted and what it was, in words: probabilities against SciPy."""

import numpy as np
import pytest
import scipy.special

from lossary.report import score

Z = np.array([[2.0, 0.0, -30.0], [0.0, 3.0, 1.0]])
SHARES = scipy.special.softmax(Z, axis=1)
FORMS = {"logits": Z, "probabilities": SHARES, "log_probabilities": scipy.special.log_softmax(Z, axis=1)}


@pytest.mark.parametrize("given", FORMS)
def test_classes(given):
    columns = {"y": ["eel", "dog"], **{f"p_{name}": FORMS[given][:, k] for k, name in enumerate(("cat", "dog", "eel"))}}
    found = score(columns, loss="ce", given=given, target="y", prediction="p_*")
    page = found.to_html()
    for name, share in (("cat", SHARES[0, 0]), ("dog", SHARES[1, 1])):
        assert f"{name} ({100 * share:.3g}%)" in page
    assert f"eel ({1e14 * SHARES[0, 2]:.3g}×10⁻¹²%)" in page


@pytest.mark.parametrize("given", FORMS)
def test_two_classes(given):
    z = np.array([8.0, -1.0])
    p = scipy.special.expit(z)
    forms = {"logits": z, "probabilities": p, "log_probabilities": np.log(p)}
    for target, classes, names in (([0, 1], None, "01"), (["no", "yes"], "no,yes", ("no", "yes"))):
        found = score({"y": target, "p": forms[given]}, loss="bce", given=given, target="y", prediction="p", classes=classes)
        page = found.to_html()
        assert f"{names[1]} (99.966%)" in page
        assert f"{names[0]} (0.0335%)" in page
        assert f"{names[0]} (73.1%)" in page
        assert f"{names[1]} (26.9%)" in page


def test_distributions_and_numbers_are_shown_as_they_are():
    soft = {"y": np.array([[0.5, 0.5]]), "p": np.array([[0.0, 1.0]])}
    for columns, loss in ((soft, "ce"), ({"y": [0.5], "p": [1.5]}, "bce"), ({"y": [1.0], "p": [1.5]}, "mse")):
        given = None if loss == "mse" else "logits"
        assert ">said<" not in score(columns, loss=loss, given=given, target="y", prediction="p").to_html()
