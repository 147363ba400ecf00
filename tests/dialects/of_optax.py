"""Optax's losses: one value a sample, so ``reduction='none'``; logits first, and distributions as logarithms."""

from tests.dialects import Row

LIBRARY = "Optax 0.2"
MODULES = {"losses": "optax.losses", "np": "numpy", "nn": "jax.nn"}
ARRAYS = "jax"
ROWS = [
    Row("losses.squared_error(p, t)", "lossary.squared_error(p, t, reduction='none')"),
    Row("losses.l2_loss(p, t)", "lossary.squared_error(p, t, reduction='none') / 2", "Optax's is half of it."),
    Row("losses.huber_loss(p, t, delta=0.7)", "lossary.huber(p, t, delta=0.7, reduction='none')"),
    Row("losses.log_cosh(p, t)", "lossary.log_cosh(p, t, reduction='none')"),
    Row(
        "losses.log_cosh(1e-9 * p, 1e-9 * t)",
        "lossary.log_cosh(1e-9 * p, 1e-9 * t, reduction='none')",
        "Optax's form has no digits near 0, where the loss is half the square.",
        differs=True,
    ),
    Row("losses.sigmoid_binary_cross_entropy(z, e)", "lossary.binary_cross_entropy(z, e, reduction='none')"),
    Row("losses.sigmoid_focal_loss(z, e, gamma=2.0)", "lossary.focal_binary(z, e, gamma=2.0, reduction='none')", close=1e-9),
    Row(
        "losses.sigmoid_focal_loss(z, e, gamma=2.0, alpha=0.25)",
        "0.75 * lossary.focal_binary(z, e, gamma=2.0, balance=0.25 / 0.75, reduction='none')",
        "Optax weighs events by α and the others by 1 - α; `balance` is their ratio.",
        close=1e-9,
    ),
    Row("losses.hinge_loss(z, sign)", "lossary.hinge(z, e, reduction='none')", "Targets are 0 and 1 here, 1 and -1 there."),
    Row("losses.perceptron_loss(z, sign)", "lossary.perceptron(z, e, reduction='none')"),
    Row("losses.sparsemax_loss(z, e)", "lossary.modified_huber(z, e, reduction='none') / 4", close=1e-9),
    Row("losses.softmax_cross_entropy(x, d)", "lossary.cross_entropy(x, d, reduction='none')"),
    Row("losses.softmax_cross_entropy_with_integer_labels(x, k)", "lossary.cross_entropy(x, k, reduction='none')"),
    Row(
        "losses.softmax_cross_entropy(x, losses.smooth_labels(nn.one_hot(k, 5), 0.1))",
        "lossary.cross_entropy(x, k, label_smoothing=0.1, reduction='none')",
    ),
    Row(
        "losses.poly_loss_cross_entropy(x, nn.one_hot(k, 5), epsilon=2.0)",
        "lossary.poly1(x, k, epsilon=2.0, reduction='none')",
        "Optax's default is ε = 2, here it is 1.",
    ),
    Row("losses.multiclass_hinge_loss(x, k).mean()", "lossary.crammer_singer(x, k)"),
    Row("losses.multiclass_sparsemax_loss(x, k)", "lossary.sparsemax(x, k, reduction='none')", close=1e-9),
    Row(
        "losses.kl_divergence(nn.log_softmax(x), d)",
        "lossary.kl_divergence(x, d, reduction='none')",
        "Optax takes log-probabilities; here these are `given='log_probabilities'`.",
    ),
    Row(
        "losses.kl_divergence_with_log_targets(nn.log_softmax(x), np.log(d))",
        "lossary.kl_divergence(x, d, reduction='none')",
        "Targets are probabilities here.",
    ),
    Row(
        "losses.generalized_kl_divergence(nn.log_softmax(x), d)",
        "lossary.generalized_kl(nn.softmax(x), d, reduction='none')",
    ),
    Row("losses.cosine_distance(f, g)", "lossary.cosine_distance(f, g, reduction='none')"),
    Row(
        "losses.triplet_margin_loss(f, g, h, margin=1.0)",
        "lossary.triplet(f, g, h, margin=1.0, reduction='none')",
        "Optax adds ε = 1e-6 inside the root.",
        close=1e-4,
    ),
    Row(
        "losses.triplet_margin_loss(f, g, h, norm_degree=1, margin=1.0)",
        "lossary.triplet(f, g, h, power=1, margin=1.0, reduction='none')",
        "Optax 0.2 adds differences up with their signs, which is no distance.",
        differs=True,
    ),
    Row(
        "losses.binary_dice_loss(x, nn.one_hot(k, 5), smooth=1.0)",
        "lossary.dice(nn.sigmoid(x), nn.one_hot(k, 5), smooth=2.0, reduction='none')",
        "Optax adds its `smooth` to half of the numerator and denominator here.",
    ),
    Row(
        "losses.ctc_loss(frames, 0 * frames[..., 0], words, 0 * words)",
        "lossary.ctc(frames, words, reduction='none')",
        "Optax takes paddings, 1 where a time or label does not count; labels that fit no path cost 1e5 there, ∞ here.",
    ),
]
