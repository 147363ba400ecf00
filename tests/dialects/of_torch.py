"""PyTorch's functional losses."""

from tests.dialects import Row

LIBRARY = "PyTorch 2.13"
MODULES = {"torch": "torch", "F": "torch.nn.functional"}
ARRAYS = "torch"
ROWS = [
    Row("F.mse_loss(p, t)", "lossary.squared_error(p, t)"),
    Row("F.mse_loss(p, t, weight=w)", "lossary.squared_error(p, t, weight=w)", "Both divide by Σw."),
    Row("F.l1_loss(p, t, reduction='sum')", "lossary.absolute_error(p, t, reduction='sum')"),
    Row("F.huber_loss(p, t, delta=0.7)", "lossary.huber(p, t, delta=0.7)"),
    Row(
        "F.huber_loss(p, t, weight=w)",
        "lossary.huber(p, t, weight=w, reduction='batchmean')",
        "torch divides a weighted Huber loss by n, and weighted squared and absolute errors by Σw.",
    ),
    Row("F.smooth_l1_loss(p, t, beta=0.7)", "lossary.smooth_l1(p, t, beta=0.7)"),
    Row("F.smooth_l1_loss(p, t, beta=0.0)", "lossary.absolute_error(p, t)", "`smooth_l1(beta=0)` is the same."),
    Row("F.binary_cross_entropy_with_logits(z, e)", "lossary.binary_cross_entropy(z, e)"),
    Row(
        "F.binary_cross_entropy_with_logits(z, e, pos_weight=torch.tensor(3.0))",
        "lossary.binary_cross_entropy(z, e, positive_weight=3.0)",
    ),
    Row(
        "F.binary_cross_entropy_with_logits(z, e, weight=w)",
        "lossary.binary_cross_entropy(z, e, weight=w, reduction='batchmean')",
        "torch divides by n; the default here, `reduction='mean'`, divides by Σw.",
    ),
    Row("F.binary_cross_entropy(q, e)", "lossary.binary_cross_entropy(q, e, given='probabilities')"),
    Row(
        "F.binary_cross_entropy(0 * q, 0 * e + 1)",
        "lossary.binary_cross_entropy(0 * q, 0 * e + 1, given='probabilities')",
        "torch holds logarithms above -100; here probability 0 of what came costs ∞.",
        differs=True,
    ),
    Row("F.soft_margin_loss(z, sign)", "lossary.binary_cross_entropy(z, (sign + 1) / 2)", "torch overflows for z below -88."),
    Row(
        "F.multilabel_soft_margin_loss(z.reshape(-1, 4), e.reshape(-1, 4))",
        "lossary.binary_cross_entropy(z, e)",
        "The mean over the labels of a row, and then over rows, is the mean over all.",
    ),
    Row("F.cross_entropy(x, k)", "lossary.cross_entropy(x, k)", "torch has the classes on axis 1, here `axis=` is the last."),
    Row("F.cross_entropy(x, k, weight=c)", "lossary.cross_entropy(x, k, class_weight=c)"),
    Row("F.cross_entropy(x, k, ignore_index=2)", "lossary.cross_entropy(x, k, ignore_index=2)"),
    Row("F.cross_entropy(x, k, label_smoothing=0.1)", "lossary.cross_entropy(x, k, label_smoothing=0.1)"),
    Row("F.cross_entropy(x, d)", "lossary.cross_entropy(x, d)"),
    Row(
        "F.cross_entropy(x, d, weight=c)",
        "lossary.cross_entropy(x, d, class_weight=c, reduction='batchmean')",
        "torch divides by n where the target holds probabilities, and by the weights of labels where it holds labels.",
    ),
    Row(
        "F.nll_loss(torch.log_softmax(x, -1), k)",
        "lossary.cross_entropy(torch.log_softmax(x, -1), k, given='log_probabilities')",
        "Or the logits themselves, without `given=`.",
    ),
    Row(
        "F.kl_div(torch.log_softmax(x, -1), d, reduction='batchmean')",
        "lossary.kl_divergence(x, d)",
        "torch's `reduction='mean'` divides by the number of all elements, so by the number of classes too often.",
    ),
    Row("F.poisson_nll_loss(s, y)", "lossary.poisson(s, y)"),
    Row("F.poisson_nll_loss(m, y, log_input=False, eps=0)", "lossary.poisson(m, y, given='mean')"),
    Row(
        "F.poisson_nll_loss(m, y, log_input=False)",
        "lossary.poisson(m, y, given='mean')",
        "torch adds 1e-8 within the logarithm, which moves the best prediction.",
        differs=True,
    ),
    Row(
        "F.poisson_nll_loss(s, y, full=True)",
        "lossary.poisson(s, y, constant='likelihood')",
        "torch adds Stirling's approximation of log y!, for y > 1 only; here it is log Γ(y + 1).",
        differs=True,
    ),
    Row(
        "F.gaussian_nll_loss(p, t, v)",
        "lossary.gaussian(p, v, t)",
        "torch holds variances above 1e-6, with the gradient of what it did not compute; here they are positive.",
    ),
    Row("F.gaussian_nll_loss(p, t, v, full=True)", "lossary.gaussian(p, v, t, constant='likelihood')"),
    Row(
        "F.margin_ranking_loss(p, t, sign, margin=0.3)",
        "lossary.margin_ranking(p, t, e, margin=0.3)",
        "Targets are 0 and 1 here, not ±1.",
    ),
    Row(
        "F.cosine_embedding_loss(f, g, match, margin=0.1)",
        "lossary.cosine_embedding(f, g, (match + 1) / 2, margin=0.1)",
        "Targets are 0 and 1 here, not ±1. torch adds 1e-12 to the squared norms.",
        close=1e-10,
    ),
    Row(
        "F.triplet_margin_loss(f, g, h)",
        "lossary.triplet(f, g, h)",
        "torch adds 1e-6 to each difference, so a distance to itself is not 0.",
        differs=True,
    ),
    Row("F.triplet_margin_loss(f, g, h, eps=0)", "lossary.triplet(f, g, h)"),
    Row("F.multi_margin_loss(x, k)", "lossary.weston_watkins(x, k) / x.shape[-1]", "torch divides by the number of classes."),
    Row(
        "F.ctc_loss(torch.log_softmax(frames, -1).transpose(0, 1), words, times, counts, reduction='sum')",
        "lossary.ctc(frames, words, prediction_length=times, target_length=counts, reduction='sum')",
        "torch has time on the first axis. `zero_infinity=True` is `infeasible='zero'` here.",
    ),
    Row(
        "F.ctc_loss(torch.log_softmax(frames, -1).transpose(0, 1), words, times, counts)",
        "(lossary.ctc(frames, words, prediction_length=times, target_length=counts, reduction='none') / counts).mean()",
        "torch's mean divides each loss by its number of labels first.",
    ),
]
