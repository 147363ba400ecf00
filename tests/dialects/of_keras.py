"""Keras 3's functions, on its backend of torch: they take the target first, and the mean over the last axis, in float32."""

import os
from functools import partial
from pathlib import Path

from tests import dialects

os.environ["KERAS_HOME"] = str(Path(__file__).parent / "keras")  # else Keras writes its settings at home
Row = partial(dialects.Row, close=1e-6)  # it takes means in single precision
LIBRARY = "Keras 3.15"
MODULES = {"keras": "keras.losses", "torch": "torch", "F": "torch.nn.functional"}
ARRAYS = "torch"
_CLIPPED = "Keras holds probabilities between 1e-7 and 1 - 1e-7; here a wrong certainty costs ∞."
ROWS = [
    Row("keras.mean_squared_error(t, p)", "lossary.squared_error(p, t)"),
    Row("keras.mean_absolute_error(t, p)", "lossary.absolute_error(p, t)"),
    Row(
        "keras.mean_absolute_percentage_error(a, m)",
        "100 * lossary.absolute_percentage_error(m, a)",
        "In percent, and divided by 1e-7 at least: here a target of 0 costs ∞, or see `zero=` and `floor=`.",
    ),
    Row(
        "keras.mean_squared_logarithmic_error(a, m)",
        "lossary.squared_log_error(m, a)",
        "Keras holds both above 1e-7; here numbers down to -1 are taken as they are.",
    ),
    Row("keras.huber(t, p, delta=0.7)", "lossary.huber(p, t, delta=0.7)"),
    Row("keras.log_cosh(t, p)", "lossary.log_cosh(p, t)", "Keras's form has no digits near 0."),
    Row("keras.hinge(sign, z)", "lossary.hinge(z, e)", "Keras takes targets 0 and 1 for -1 and 1 if all are."),
    Row("keras.squared_hinge(sign, z)", "lossary.squared_hinge(z, e)"),
    Row(
        "keras.categorical_hinge(F.one_hot(k, 5), x)",
        "lossary.crammer_singer(x, k, reduction='none')",
        "Keras takes the greatest of 0 and the scores of the other classes, so scores below 0 do not count.",
        differs=True,
    ),
    Row(
        "keras.categorical_hinge(F.one_hot(k, 5), u)",
        "lossary.crammer_singer(u, k, reduction='none')",
        "Where scores are not negative, both are the same.",
    ),
    Row(
        "keras.poisson(y, m)",
        "lossary.poisson(m, y, given='mean')",
        "Keras adds 1e-7 within the logarithm, which moves the best prediction a little.",
    ),
    Row(
        "keras.kl_divergence(d, u)",
        "lossary.kl_divergence(u, d, given='probabilities', reduction='none')",
        "Keras holds both above 1e-7.",
    ),
    Row("keras.binary_crossentropy(e, z, from_logits=True)", "lossary.binary_cross_entropy(z, e)"),
    Row("keras.binary_crossentropy(e, q)", "lossary.binary_cross_entropy(q, e, given='probabilities')", _CLIPPED),
    Row(
        "keras.binary_crossentropy(0 * e + 1, 0 * q)",
        "lossary.binary_cross_entropy(0 * q, 0 * e + 1, given='probabilities')",
        _CLIPPED,
        differs=True,
    ),
    Row(
        "keras.binary_crossentropy(e, z, from_logits=True, label_smoothing=0.1)",
        "lossary.binary_cross_entropy(z, e, label_smoothing=0.1)",
    ),
    Row(
        "keras.binary_focal_crossentropy(e, z, gamma=2.0, from_logits=True)",
        "lossary.focal_binary(z, e, gamma=2.0)",
        _CLIPPED,
    ),
    Row(
        "keras.binary_focal_crossentropy(e, z, apply_class_balancing=True, alpha=0.25, from_logits=True)",
        "0.75 * lossary.focal_binary(z, e, gamma=2.0, balance=0.25 / 0.75)",
        "`balance` is the ratio α/(1 - α).",
    ),
    Row("keras.categorical_crossentropy(d, x, from_logits=True)", "lossary.cross_entropy(x, d, reduction='none')"),
    Row(
        "keras.categorical_crossentropy(d, x, from_logits=True, label_smoothing=0.1)",
        "lossary.cross_entropy(x, d, label_smoothing=0.1, reduction='none')",
    ),
    Row("keras.sparse_categorical_crossentropy(k, x, from_logits=True)", "lossary.cross_entropy(x, k, reduction='none')"),
    Row(
        "keras.sparse_categorical_crossentropy(k, x, from_logits=True, ignore_class=2)",
        "lossary.cross_entropy(x, k, ignore_index=2, reduction='none')",
        "0 for such labels in both; the mean of Keras's class counts them unless a mask is passed on.",
    ),
    Row(
        "keras.categorical_focal_crossentropy(F.one_hot(k, 5), x, alpha=0.25, from_logits=True)",
        "0.25 * lossary.focal(x, k, gamma=2.0, reduction='none')",
        "Keras's α multiplies all classes.",
    ),
    Row(
        "keras.categorical_generalized_cross_entropy(k, u, q=0.5)",
        "lossary.generalized_cross_entropy(u, k, q=0.5, given='probabilities', reduction='none')",
    ),
    Row(
        "keras.cosine_similarity(f, g)",
        "lossary.cosine_distance(f, g, reduction='none') - 1",
        "Keras returns minus the cosine.",
        close=3e-6,
    ),
    Row(
        "keras.dice(mask, region)",
        "lossary.dice(region.flatten(), mask.flatten())",
        "Over everything; Keras adds 1e-7 above and below, and without any pixel gives 1 - 1 = 0.",
    ),
    Row(
        "keras.tversky(mask, region, alpha=0.3, beta=0.7)",
        "lossary.tversky(region.flatten(), mask.flatten(), alpha=0.7, beta=0.3)",
        "Keras's α weighs misses and its β false alarms; here, and in MONAI, it is the other way round.",
    ),
    Row(
        "keras.circle(k, F.normalize(f), gamma=80, margin=0.4).detach()",
        "lossary.circle(f, k, gamma=80, margin=0.4, reduction='none')",
        "Keras takes embeddings of length 1 on trust, and differentiates the weights too, which the paper holds constant.",
    ),
]
