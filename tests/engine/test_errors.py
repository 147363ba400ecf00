"""A wrong call gets a sentence: what must hold, what came, and what to do."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary import binary_cross_entropy, cross_entropy, huber, squared_error
from lossary.formula.properties import Limit
from lossary.vocabulary import exp, where

Z, Y = [[0.0, 1.0], [2.0, 3.0]], [0, 1]

WRONG = {
    "shapes that differ": (lambda: huber([1.0, 2.0], [1.0]), ValueError, r"huber: .* same shape; got \(2,\) and \(1,\)"),
    "nothing broadcasts": (lambda: huber(np.zeros((3, 1)), np.zeros(3)), ValueError, "nothing is broadcast silently"),
    "by position": (lambda: huber([1.0], [1.0], 2.0), TypeError, "only prediction and target go by position.*as in delta=2.0"),
    "by position, gradient": (lambda: squared_error.gradient([1.0], [1.0], [1.0]), TypeError, "got 1 more; .*as in weight=…"),
    "by position, total": (lambda: squared_error.total([1.0], [1.0], [1.0]), TypeError, "got 1 more"),
    "misspelt parameter": (lambda: huber([1.0], [1.0], detla=2), TypeError, "no option 'detla'; did you mean 'delta'"),
    "foreign parameter": (lambda: squared_error([1.0], [1.0], delta=2), TypeError, "squared_error has no option 'delta'"),
    "misspelt reduction": (lambda: huber([1.0], [1.0], reduction="men"), ValueError, "got 'men'; did you mean 'mean'"),
    "reduction None": (lambda: huber([1.0], [1.0], reduction=None), ValueError, "reduction is one of 'mean', .*; got None"),
    "misspelt empty": (lambda: huber([1.0], [1.0], empty="nil"), ValueError, "empty is one of 'nan', 'zero', 'raise'"),
    "delta 0": (lambda: huber([1.0], [1.0], delta=0), ValueError, r"huber: delta lies in \(0, ∞\); got 0"),
    "delta NaN": (lambda: huber([1.0], [1.0], delta=float("nan")), ValueError, "delta lies in"),
    "delta of text": (lambda: huber([1.0], [1.0], delta="2"), TypeError, r"delta is a number; got str \('2'\)"),
    "delta bool": (lambda: huber([1.0], [1.0], delta=True), TypeError, "delta is a number; got bool"),
    "delta array": (lambda: huber([1.0], [1.0], delta=np.ones(2)), ValueError, "delta has one value a sample, so its shape is"),
    "delta tensor": (
        lambda: huber(torch.ones(2), torch.ones(2), delta=torch.ones(3)),
        ValueError,
        r"delta has one value a sample, so its shape is \(2,\); got \(3,\)",
    ),
    "text": (lambda: huber(["a"], [1.0]), TypeError, "huber: prediction must be an array of real numbers; got list of dtype"),
    "None": (lambda: huber(None, [1.0]), TypeError, "prediction must be an array of real numbers; got NoneType"),
    "ragged": (lambda: huber([[1.0], [1.0, 2.0]], [1.0]), TypeError, "prediction must be an array of numbers; got list"),
    "complex": (lambda: huber([1j], [1.0]), TypeError, "real numbers"),
    "complex tensor": (lambda: huber(torch.ones(1) * 1j, torch.ones(1)), TypeError, "real numbers"),
    "complex jax": (lambda: huber(jnp.ones(1) * 1j, jnp.ones(1)), TypeError, "real numbers"),
    "bool prediction": (lambda: huber([True], [1.0]), TypeError, "prediction is made of numbers; got bool"),
    "masked array": (
        lambda: huber(np.ma.array([1.0], mask=[True]), [1.0]),
        TypeError,
        "masked array; pass its data, and where=",
    ),
    "mixed libraries": (lambda: huber(torch.ones(1), np.ones(1)), TypeError, "target must be a torch tensor.*torch.as_tensor"),
    "label too large": (lambda: cross_entropy(Z, [0, 2]), ValueError, r"lies in 0 … 1, .*; got 2 at index 1"),
    "label negative": (lambda: cross_entropy(Z, [-1, 0]), ValueError, "got -1 at index 0; pass ignore_index="),
    "label beside ignored": (lambda: cross_entropy(Z, [-1, -100], ignore_index=-100), ValueError, "only ignore_index=-100"),
    "label too large, torch": (lambda: cross_entropy(torch.tensor(Z), torch.tensor([0, 2])), ValueError, "got 2 at index 1"),
    "label too large, jax": (lambda: cross_entropy(jnp.array(Z), jnp.array([0, 2])), ValueError, "got 2 at index 1"),
    "label of 64 bits": (
        lambda: cross_entropy(Z, np.array([0, 2**64 - 1], np.uint64)),
        ValueError,
        "got 18446744073709551615 at index 1",
    ),
    "float labels": (lambda: cross_entropy(Z, [0.0, 1.0]), TypeError, "class indices are integers; got dtype float64"),
    "bool labels": (lambda: cross_entropy(Z, [False, True]), TypeError, "class indices are integers; got dtype bool"),
    "label shape": (lambda: cross_entropy(Z, [0, 1, 0]), ValueError, r"class indices of shape \(2,\).*got \(3,\)"),
    "swapped": (lambda: cross_entropy(Y, Z), ValueError, "the prediction comes first: are the two swapped"),
    "no classes": (lambda: cross_entropy(np.zeros((2, 0)), [0, 0]), ValueError, "at least one class"),
    "axis outside": (lambda: cross_entropy(Z, Y, axis=2), ValueError, r"axis lies in -2 … 1 .*; got 2"),
    "axis of text": (lambda: huber([1.0], [1.0], axis="x"), TypeError, "axis is an integer"),
    "axes of classes": (lambda: cross_entropy(Z, Y, axis=(0, 1)), TypeError, "the one axis of the classes"),
    "scalar logits": (lambda: cross_entropy(1.0, 0), ValueError, "runs along an axis; got a single number"),
    "soft target sum": (
        lambda: cross_entropy(Z, [[0.5, 0.4], [1.0, 0.0]]),
        ValueError,
        "target row sum to 1.*; got 0.9 at index 0",
    ),
    "soft target range": (
        lambda: cross_entropy(Z, [[1.5, -0.5], [1.0, 0.0]]),
        ValueError,
        r"a target lies in \[0, 1\]; got 1.5",
    ),
    "ignore with soft": (lambda: cross_entropy(Z, np.eye(2), ignore_index=0), TypeError, "use where= instead"),
    "ignore of text": (lambda: cross_entropy(Z, Y, ignore_index="a"), TypeError, "ignore_index is an integer"),
    "smoothing": (lambda: cross_entropy(Z, Y, label_smoothing=1.5), ValueError, r"label_smoothing lies in \[0, 1\]; got 1.5"),
    "class weights": (lambda: cross_entropy(Z, Y, class_weight=[1.0]), ValueError, r"shape is \(2,\); got \(1,\)"),
    "class weight sign": (lambda: cross_entropy(Z, Y, class_weight=[1.0, -1.0]), ValueError, "a class weight is a number ≥ 0"),
    "logits as probabilities": (
        lambda: cross_entropy(Z, Y, given="probabilities"),
        ValueError,
        'got 2.0 at index .*raw scores: pass given="logits"',
    ),
    "probability sum": (
        lambda: cross_entropy([[0.3, 0.4, 0.4]], [1], given="probabilities"),
        ValueError,
        "prediction row sum to 1.*; got 1.1.* at index 0; .*check=False",
    ),
    "log-probability": (
        lambda: binary_cross_entropy([0.5], [1], given="log_probabilities"),
        ValueError,
        r"a prediction lies in \(-∞, 0\]; got 0.5",
    ),
    "many at once": (
        lambda: binary_cross_entropy([0.5, 2.0, 3.0], [1, 1, 1], given="probabilities"),
        ValueError,
        r"got 2.0 at index 1 \(2 such\)",
    ),
    "place in a table": (
        lambda: binary_cross_entropy([[0.5, 2.0]], [[1, 1]], given="probabilities"),
        ValueError,
        r"got 2.0 at index \(0, 1\)",
    ),
    "target of bce": (lambda: binary_cross_entropy([0.5], [2]), ValueError, r"a target lies in \[0, 1\]; got 2.0"),
    "given": (lambda: cross_entropy(Z, Y, given="logit"), ValueError, "given is one of .*did you mean 'logits'"),
    "given without choice": (lambda: huber([1.0], [1.0], given="logits"), TypeError, "no option 'given'"),
    "weight shape": (
        lambda: huber([[1.0, 2.0]], [[1.0, 2.0]], weight=[1.0, 2.0]),
        ValueError,
        r"its shape is \(1, 2\); got \(2,\)",
    ),
    "weight per row": (
        lambda: huber([[1.0, 2.0]], [[1.0, 2.0]], axis=-1, weight=[[1.0, 2.0]]),
        ValueError,
        r"its shape is \(1,\); got \(1, 2\)",
    ),
    "negative weight": (
        lambda: huber([1.0], [1.0], weight=[-1.0]),
        ValueError,
        "a weight is a number ≥ 0; got -1.0 at index 0",
    ),
    "NaN weight": (lambda: huber([1.0], [1.0], weight=[float("nan")]), ValueError, "got nan at index 0; use where="),
    "mask as weight": (lambda: huber([1.0], [1.0], weight=[True]), TypeError, "a mask goes into where="),
    "weight as mask": (lambda: huber([1.0], [1.0], where=[1]), TypeError, "where is a mask of booleans"),
    "normalizer of none": (
        lambda: huber([1.0], [1.0], reduction="none", normalizer=2),
        ValueError,
        "normalizer= divides a sum",
    ),
    "normalizer sign": (lambda: huber([1.0], [1.0], normalizer=-2), ValueError, "normalizer lies in"),
    "total of a mean": (lambda: huber.total([1.0], [1.0], reduction="mean"), TypeError, "leave out reduction="),
    "linear": (lambda: lossary.linear(huber), TypeError, "made by lossary.softmax; got huber$"),
    "language": (lambda: huber.code("sqll"), ValueError, "did you mean 'sql'"),
    "what": (lambda: huber.code("slope:sql"), ValueError, "what to write is one of 'value', 'gradient', 'curvature'"),
    "code of what": (lambda: huber.latex("slope"), ValueError, "what to write is one of"),
    "parameter of code": (
        lambda: huber.code("sql", delat=1),
        TypeError,
        "huber.code has no option 'delat'; did you mean 'delta'. it has delta",
    ),
    "value of code": (lambda: huber.code("sql", delta=-1), ValueError, "delta lies in"),
    "parameter of javascript": (lambda: huber.code("javascript", delta=1), TypeError, "become arguments"),
    "attribute": (lambda: lossary.hubber, AttributeError, "no attribute 'hubber'; did you mean 'huber'"),
    "weight of one number": (
        lambda: huber([1.0], [0.0], weight=2.0),
        ValueError,
        r"weight has one value a sample, so its shape is \(1,\); got \(\)",
    ),
    "where of one truth": (lambda: huber([1.0], [0.0], where=False), ValueError, "where has one value a sample"),
    "weight of text": (lambda: huber([1.0], [0.0], weight="balanced"), TypeError, "weight must be an array of real numbers"),
    "axis of truth": (lambda: huber(Z, Z, axis=True), TypeError, "axis is an integer; got True"),
    "axis twice": (lambda: huber(Z, Z, axis=(1, -1)), ValueError, r"axis names each axis once; got \(1, -1\)"),
    "axes of classes in a list": (lambda: cross_entropy(Z, Y, axis=[1]), TypeError, "the one axis of the classes; got .1."),
    "ignore of truth": (lambda: cross_entropy(Z, Y, ignore_index=True), TypeError, "ignore_index is an integer; got True"),
    "smoothing of truth": (
        lambda: cross_entropy(Z, Y, label_smoothing=True),
        TypeError,
        "label_smoothing is a number; got bool",
    ),
    "class weights of a dict": (
        lambda: cross_entropy(Z, Y, class_weight={0: 1.0, 1: 2.0}),
        TypeError,
        r"class_weight has one number a class, .* got dict; write \[class_weight\[k\] for k in range\(classes\)\]",
    ),
    "balanced": (lambda: cross_entropy(torch.tensor(Z), torch.tensor(Y), class_weight="balanced"), TypeError, "bincount"),
    "balanced, linear": (lambda: lossary.linear_cross_entropy(Z, Z, Y, class_weight="balanced"), TypeError, "bincount"),
    "balanced, module": (lambda: lossary.torch.CrossEntropy(class_weight="balanced"), TypeError, "^CrossEntropy: .*bincount"),
    "weight of a module": (
        lambda: lossary.torch.CrossEntropy(weight=torch.ones(2)),
        TypeError,
        "weights of classes are class_weight=",
    ),
    "weights of classes": (
        lambda: cross_entropy(Z * 2, Y * 2, weight=[1.0, 2.0]),
        ValueError,
        r"its shape is \(4,\); got \(2,\); .*weights of classes go into class_weight=",
    ),
    "list and tensor": (
        lambda: cross_entropy(Z, torch.tensor(Y)),
        TypeError,
        "prediction must be a torch tensor like the others",
    ),
    "tensor and list": (lambda: cross_entropy(torch.ones(2, 2), Y), TypeError, "target must be a torch tensor like the others"),
    "swapped, wrong axis": (lambda: cross_entropy(np.eye(2), np.eye(2) / 2 + 0.25, axis=5), ValueError, "axis lies in"),
    "plot option": (
        lambda: huber.plot(dleta=2),
        TypeError,
        "huber.plot has no option 'dleta'; did you mean 'delta'. it has delta",
    ),
    "no target": (lambda: huber([1.0]), TypeError, "huber takes prediction and target; target is missing"),
    "no input": (lambda: huber.total(), TypeError, "prediction and target are missing; pass prediction first"),
    "latex option": (lambda: huber.latex(gven="logits"), TypeError, "latex has no option 'gven'; did you mean 'given'"),
    "decorator option": (lambda: lossary.composed(grad=abs), TypeError, "@composed has no option 'grad'; here it is gradient="),
    "returns": (lambda: cross_entropy(Z, Y, returns=("entrpy",)), ValueError, "got 'entrpy'; did you mean 'entropy'"),
    "smoothing word": (lambda: cross_entropy(Z, Y, smoothing="other"), ValueError, "got 'other'; did you mean 'others'"),
    "legacy": (lambda: lossary.reduction_from_legacy(reduction="average"), ValueError, "elementwise_mean.*got 'average'"),
    "legacy type": (
        lambda: lossary.reduction_from_legacy(size_average="yes"),
        TypeError,
        "size_average is True, False or None",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_call_says_what_to_do(case):
    call, kind, message = WRONG[case]
    with pytest.raises(kind, match=message):
        call()


# (function, option of another library, where it comes from, what is ours)
THEIRS = [
    (huber, "size_average", "torch", 'reduction="mean" or "sum"'),
    (huber, "reduce", "torch", 'reduction="none" for reduce=False'),
    (huber, "mask", "flax", "where="),
    (huber, "sample_weight", "scikit-learn, Keras", "weight="),
    (huber, "weights", "TensorFlow", "weight="),
    (huber, "y_true", "scikit-learn, Keras", "target="),
    (huber, "y_pred", "scikit-learn, Keras", "prediction="),
    (huber, "input", "torch", "prediction="),
    (huber, "preds", "torchmetrics", "prediction="),
    (huber, "predictions", "optax", "prediction="),
    (huber, "targets", "optax", "target="),
    (huber, "beta", "torch", "smooth L1 with beta is huber with delta=beta"),
    (squared_error, "multioutput", "scikit-learn", '"uniform_average" is the mean'),
    (squared_error, "num_items_in_batch", "transformers", "normalizer="),
    (binary_cross_entropy, "from_logits", "Keras", 'given="logits"'),
    (binary_cross_entropy, "logits", "optax", "prediction=, with given="),
    (binary_cross_entropy, "pos_weight", "torch", "here it is positive_weight="),
    (binary_cross_entropy, "eps", "scikit-learn", "nothing is clipped, so clip"),
    (lossary.quantile, "tau", "quantile regressions", "alpha="),
    (lossary.quantile, "q", "NumPy", "alpha="),
    (lossary.quantiles, "quantiles", "pytorch-forecasting", "levels="),
    (lossary.dice, "eps", "segmentation-models-pytorch", "smooth="),
    (lossary.gaussian, "full", "torch", 'constant="likelihood"'),
    (lossary.gaussian, "mu", "papers", "mean="),
    (lossary.gaussian, "sigma", "papers", 'given="scale"'),
    (lossary.laplace, "sigma", "papers", "scale="),
    (lossary.student_t, "df", "SciPy", "degrees="),
    (lossary.poisson, "log_input", "torch", 'given="log" (the default)'),
    (lossary.negative_binomial, "alpha", "statsmodels", "dispersion="),
    (lossary.negative_binomial, "total_count", "torch", "one over it"),
    (lossary.focal_binary, "alpha", "torchvision", "balance=alpha/(1 - alpha)"),
    (lossary.asymmetric, "gamma_neg", "timm", "gamma_negative="),
    (lossary.binary_cross_entropy, "ignore_index", "torch", "where=target != ignore_index"),
    (lossary.triplet, "p", "torch", "power="),
    (lossary.dpo, "label_smoothing", "TRL", "flip_probability="),
    (lossary.ctc, "input_lengths", "torch", "prediction_length="),
    (lossary.ctc, "target_lengths", "torch", "target_length="),
    (lossary.lambda_rank, "k", "scikit-learn", "truncation="),
    (lossary.list_net, "qid", "XGBoost", "group="),
    (lossary.info_nce, "tau", "papers", "temperature="),
    (lossary.info_nce, "logit_scale", "CLIP", "temperature is one over it"),
    (cross_entropy, "pos_weight", "torch", "class_weight=[1, pos_weight]"),
    (cross_entropy, "ignore_class", "Keras", "ignore_index="),
    (cross_entropy, "class_weights", "TensorFlow", "class_weight="),
    (cross_entropy, "label_smooth", "timm", "label_smoothing="),
    (cross_entropy, "labels", "optax", "target="),
    (cross_entropy, "dim", "torch", "axis="),
    (cross_entropy, "gamma", "focal losses", "focal loss"),
    (cross_entropy, "normalize", "scikit-learn", 'reduction="mean" for normalize=True'),
    (cross_entropy, "lse_square_scale", "Liger", "z_loss="),
    (lossary.linear_cross_entropy, "shift", "cut cross-entropy", "hidden[:, :-1]"),
    (lossary.linear_cross_entropy, "labels", "transformers", "target="),
    (lossary.linear_cross_entropy, "softcap", "cut cross-entropy", "soft_cap="),
    (lossary.linear_jensen_shannon, "beta", "TRL", "mixture="),
    (lossary.information.entropy, "dim", "torch", "axis="),
    (lossary.information.entropy, "keepdims", "NumPy", "put one in afterwards"),
    (lossary.information.relative_entropy, "qk", "SciPy", "q="),
    (lossary.activations.softmax, "dim", "torch", "axis="),
    (lossary.activations.sigmoid, "input", "torch", "z="),
    (lossary.report.score, "sample_weight", "scikit-learn", "weight="),
    (lossary.report.score, "y_true", "scikit-learn", "target="),
    (lossary.report.compare, "group_by", "Polars", "group="),
    (lossary.plots.loss, "xlim", "matplotlib", "span="),
    (huber.plot, "xlim", "matplotlib", "span="),
    (lossary.pointwise, "hess", "XGBoost", "it has given, neutral, observed, convex, minimizer"),
]


@pytest.mark.parametrize(("function", "name", "ours"), [(f, name, ours) for f, name, _, ours in THEIRS])
def test_an_option_of_another_library_is_answered_with_ours(function, name, ours):
    arrays = {**dict.fromkeys(function.inputs, Y), function.inputs[0]: Z} if isinstance(function, lossary.Loss) else {}
    with pytest.raises(TypeError, match=f"has no option '{name}'.*{re.escape(ours)}"):
        function(**arrays, **{name: 1})
    with pytest.raises(TypeError, match=f"has no option '{name}'"):
        function(**{name: 1})  # also where nothing else is passed, as by huber(y_true=y, y_pred=p)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("mse_loss", "mse"),
        ("focal_loss", "focal"),
        ("iou_loss", "iou"),
        ("nll_loss", "cross_entropy"),
        ("rmse", "squared_error"),
        ("mase", "scaled"),
        ("arcface", "additive_angular"),
        ("nt_xent", "info_nce"),
        ("hubber", "huber"),
    ],
)
def test_a_loss_of_another_library_is_answered_with_ours(theirs, ours):
    with pytest.raises(AttributeError, match=f"no attribute '{theirs}'; did you mean '{ours}'"):
        getattr(lossary, theirs)


@pytest.mark.parametrize(
    ("call", "remedy"),
    [
        (
            lambda: lossary.gaussian([1.0], [-1.0], [0.0]),
            'pass given="log_variance" if this is the logarithm, or map it into (0, ∞)',
        ),
        (lambda: lossary.laplace([1.0], [-1.0], [0.0]), 'pass given="log_scale" if this is the logarithm'),
        (lambda: lossary.poisson([-1.0], [0.0], given="mean"), 'pass given="log" if this is the logarithm'),
        (lambda: binary_cross_entropy([-1.0], [0.0], given="probabilities"), 'pass given="logits"'),
        (lambda: lossary.ranked_probability_score([[3.0, -2.0]], [0], given="probabilities"), 'pass given="logits"'),
    ],
)
def test_a_prediction_outside_its_form_is_answered_with_a_form_that_there_is(call, remedy):
    with pytest.raises(ValueError, match=re.escape(remedy)):
        call()


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        (None, '"none" gives each loss'),
        ("avg", '"mean" is the average'),
        ("average", '"mean" is the average'),
        ("mean_per_sample", '"batchmean" divides by the number of samples'),
        ("sum_over_batch_size", '"batchmean" divides by the number of samples'),
        ("SUM", "did you mean 'sum'"),
    ],
)
def test_a_reduction_of_another_library_is_answered_with_ours(value, ours):
    with pytest.raises(ValueError, match=f"reduction is one of 'mean', .*; got {value!r}; {ours}"):
        huber([1.0], [1.0], reduction=value)


def test_only_what_is_public_is_listed():
    listed = [name for name in dir(huber) if not name.startswith("__")]
    assert listed == [
        "best_constant", "choices", "code", "curvature", "formula", "gradient", "inputs", "latex",
            "mathml", "parameters", "plot", "predictions", "prepare", "problems", "properties", "total", "value_and_gradient",
    ]  # fmt: skip
    assert all(getattr(huber, name) is not None for name in dir(huber) if name[:2] != "__")
    assert [n for n in dir(lossary.linear_cross_entropy) if n[0] != "_"] == ["gradient", "prepare", "value_and_gradient"]


def test_definitions_say_what_they_cannot_do():
    @lossary.composed
    def silent_array(prediction, target):
        (prediction - target).sum(-1)

    with pytest.raises(TypeError, match="the definition returns an array of losses; got NoneType"):
        silent_array([[1.0]], [[2.0]])

    with pytest.raises(TypeError, match=r"misnamed takes \(yhat, y\); name y target"):

        @lossary.pointwise
        def misnamed(yhat, y):
            return yhat - y

    @lossary.pointwise
    def with_numpy_numbers(prediction, target):
        return np.float64(2.0) * (prediction - target) / np.float32(4)

    assert with_numpy_numbers([3.0], [1.0]) == 1

    with pytest.raises(TypeError, match=r"swapped takes \(target, prediction\); put the target behind the predictions"):

        @lossary.pointwise
        def swapped(target, prediction):
            return prediction - target

    with pytest.raises(
        TypeError,
        match=r"@pointwise has no option 'delta'; it has given, neutral, observed, .* limits, requires, by_word; parameters of",
    ):
        lossary.pointwise(delta=2.0)
    with pytest.raises(TypeError, match=r"a plain Python function; got 3"):
        lossary.softmax(3)

    def difference(prediction, target):
        return prediction - target

    for facts, sentence in (
        ({"minimizer": "middle"}, r"minimizer is one of mean, median, .*; got 'middle'"),
        ({"convex": ("target",)}, r"a tuple of its predictions \(prediction\); got \('target',\)"),
        ({"lipschitz": lambda delta: delta}, "lipschitz is a function of the loss's parameters; it has no delta"),
        ({"limits": (Limit("huber", delta=1),)}, "a limit is stated at values of the loss's parameters"),
    ):
        with pytest.raises(ValueError, match=sentence):
            lossary.pointwise(**facts)(difference)

    with pytest.raises(TypeError, match="every parameter needs a default; scale has none"):

        @lossary.pointwise
        def no_default(prediction, target, *, scale):
            return prediction - target

    with pytest.raises(TypeError, match="'weight' is an option of every loss; give the parameter another name"):

        @lossary.pointwise
        def clashing(prediction, target, *, weight=1.0):
            return prediction - target

    @lossary.composed
    def scalar(prediction, target):
        return (prediction - target).sum()

    with pytest.raises(ValueError, match=r"returns one loss a sample, so its shape is \(2,\); got \(\)"):
        scalar(np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(TypeError, match=r"no formula to write out"):
        scalar.latex()


def test_where_raising_is_impossible_an_invalid_sample_becomes_nan():
    z, y = jnp.array(Z), jnp.array([0, 7])
    losses = jax.jit(lambda z, y: cross_entropy(z, y, reduction="none"))(z, y)
    assert np.isnan(losses).tolist() == [False, True]
    gradient = jax.jit(jax.grad(lambda z, y: cross_entropy(z, y)))(z, y)
    assert np.isnan(gradient).any()
    assert np.isnan(jax.jit(lambda p: binary_cross_entropy(p, jnp.ones(1), given="probabilities"))(jnp.array([1.5])))
    assert np.isnan(jax.jit(lambda p, w: huber(p, p, weight=w))(jnp.ones(2), jnp.array([1.0, -1.0])))
    assert np.isnan(jax.jit(lambda d: huber(jnp.ones(2), jnp.zeros(2), delta=d))(-1.0))
    vmapped = torch.func.vmap(lambda z, y: cross_entropy(z, y))(torch.tensor(Z), torch.tensor([0, 7]))
    assert vmapped.isnan().tolist() == [False, True]


def test_check_false_takes_values_as_they_are_but_never_reads_beyond_the_classes():
    p = [[0.3, 0.4, 0.4]]
    assert cross_entropy(p, [1], given="probabilities", check=False) == pytest.approx(-np.log(0.4))
    for z, y in ((Z, [0, 7]), (torch.tensor(Z), torch.tensor([0, 7])), (Z, [0, -1])):
        losses = cross_entropy(z, y, check=False, reduction="none")
        assert np.isnan(np.asarray(losses)).tolist() == [False, True] if y[1] != -1 else np.isnan(losses[1])


def test_conditions_and_words_in_definitions():
    @lossary.pointwise
    def band(prediction, target, *, width=1.0):
        r = prediction - target
        return where((abs(r) <= width) & ~(r == 0) | (r > 5), exp(-r), 0)

    r = np.array([0.0, 0.5, -1.0, 2.0, 6.0])
    expected = [0, np.exp(-0.5), np.exp(1), 0, np.exp(-6)]
    for args in ((r, r * 0), (torch.tensor(r), torch.tensor(r) * 0), (jnp.array(r), jnp.array(r) * 0)):
        np.testing.assert_allclose(np.asarray(band(*args, reduction="none")), expected)
