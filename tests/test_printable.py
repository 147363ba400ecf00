"""Values in messages are written as one types them."""

import numpy as np
import pytest

import lossary
from lossary import lab, report
from lossary.printable import as_typed
from lossary.trainers.sklearn import LossRegressor

P, Y = np.array([0.25, 0.75]), np.array([0.0, 1.0])
DATA = {"p": P, "y": Y}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(-3.5), "-3.5"),
        (np.float32(0.1), "0.1"),
        (np.float64("nan"), "nan"),
        (np.int64(3), "3"),
        (np.str_("one"), "'one'"),
        ([np.float64(1.5), np.str_("a")], "[1.5, 'a']"),
        ((np.int64(2),), "(2,)"),
        ((np.int64(2), (1, np.float64(0.5))), "(2, (1, 0.5))"),
        ([], "[]"),
        (2.0, "2.0"),
        (True, "True"),
        (None, "None"),
        ("it's", '"it\'s"'),
        (np.array([1.0, 2.0]), "array([1., 2.])"),
    ],
)
def test_values_are_as_typed(value, expected):
    assert as_typed(value) == expected


WRONG = np.float64(-3.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: lossary.huber(P, Y, delta=WRONG),
        lambda: lossary.huber(P, Y, reduction=WRONG),
        lambda: lossary.huber(P, Y, axis=WRONG),
        lambda: lossary.huber(P, Y, normalizer=WRONG),
        lambda: lossary.cross_entropy(np.zeros((1, 2)), [0], ignore_index=WRONG),
        lambda: lossary.cross_entropy.best_constant([0, 1], classes=WRONG),
        lambda: lossary.linear_cross_entropy(np.ones((1, 3)), np.ones((2, 3)), np.array([0]), chunk=WRONG),
        lambda: lossary.set_num_threads(WRONG),
        lambda: lab.descent(lossary.squared_error, P[:, None], Y, rate=WRONG),
        lambda: lab.landscape(lossary.squared_error, P[:, None], Y, points=WRONG),
        lambda: report.score(DATA, loss="huber", prediction="p", target="y", level=WRONG),
        lambda: report.score(DATA, loss="huber", prediction="p", target="y", interval=WRONG),
        lambda: LossRegressor(l2=WRONG).fit(P[:, None], Y),
        lambda: LossRegressor(max_iter=WRONG).fit(P[:, None], Y),
    ],
)
def test_messages_show_numbers_as_typed(call):
    with pytest.raises((TypeError, ValueError), match=r"got -3\.5"):
        call()


def test_an_unknown_interval_names_the_nearest_one_only():
    with pytest.raises(ValueError, match=r"normal, bootstrap, none; got 'normall'; did you mean 'normal'\?$"):
        report.score(DATA, loss="huber", prediction="p", target="y", interval="normall")
    with pytest.raises(ValueError, match=r"normal, bootstrap, none; got 'zz'$"):
        report.score(DATA, loss="huber", prediction="p", target="y", interval="zz")
