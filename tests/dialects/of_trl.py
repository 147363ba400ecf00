"""The losses of TRL's trainers and of Transformers, whose formulas are written out: they stand inside the trainers."""

from tests.dialects import Row

LIBRARY = "Hugging Face TRL and Transformers, by their formulas"
MODULES = {"torch": "torch", "F": "torch.nn.functional"}
ARRAYS = "torch"
_DELTA = "((chosen - rejected) - (ref_chosen - ref_rejected))"
_FOUR = "chosen, rejected, ref_chosen, ref_rejected"
_ODDS = "(chosen_mean - rejected_mean - torch.log1p(-torch.exp(chosen_mean)) + torch.log1p(-torch.exp(rejected_mean)))"
ROWS = [
    Row(
        f"-F.logsigmoid(0.1 * {_DELTA}).mean()",
        f"lossary.dpo({_FOUR}, beta=0.1)",
        '`DPOTrainer`, `loss_type="sigmoid"`: sums over tokens, of the answer alone.',
    ),
    Row(
        f"(-0.9 * F.logsigmoid(0.1 * {_DELTA}) - 0.1 * F.logsigmoid(-0.1 * {_DELTA})).mean()",
        f"lossary.dpo({_FOUR}, beta=0.1, flip_probability=0.1)",
        "`label_smoothing=0.1` of TRL, the probability that a label is flipped.",
    ),
    Row(
        f"((-0.9 * F.logsigmoid(0.1 * {_DELTA}) + 0.1 * F.logsigmoid(-0.1 * {_DELTA})) / 0.8).mean()",
        f"(0.9 * lossary.dpo({_FOUR}) - 0.1 * lossary.dpo(rejected, chosen, ref_rejected, ref_chosen)) / 0.8",
        '`loss_type="robust"` with `label_smoothing=0.1`; undefined at ½.',
    ),
    Row(
        f"torch.relu(1 - 0.1 * {_DELTA}).mean()",
        f"lossary.hinge(0.1 * {_DELTA}, 0 * chosen.detach() + 1)",
        '`loss_type="hinge"` (SLiC).',
    ),
    Row(
        "(((chosen_mean - rejected_mean) - (ref_chosen - ref_rejected) - 1 / (2 * 0.1)) ** 2).mean()",
        "lossary.ipo(chosen_mean, rejected_mean, ref_chosen, ref_rejected, beta=0.1)",
        '`loss_type="ipo"`: means over tokens.',
    ),
    Row(
        "-F.logsigmoid(2.0 * (chosen_mean - rejected_mean - 0.5 / 2.0)).mean()",
        "lossary.simpo(chosen_mean, rejected_mean, beta=2.0, margin=0.5)",
        '`CPOTrainer`, `loss_type="simpo"`: `margin` is `simpo_gamma`.',
    ),
    Row(
        f"(-chosen_mean - 0.1 * F.logsigmoid({_ODDS})).mean()",
        "lossary.orpo(chosen_mean, rejected_mean, beta=0.1)",
        "`ORPOTrainer`, which averages the first term over all tokens of the batch; here each pair counts alike.",
    ),
    Row(
        f"(-0.1 * F.logsigmoid({_ODDS})).mean()",
        "lossary.orpo(chosen_mean, rejected_mean, beta=0.1, likelihood=False)",
        "The second term of `ORPOTrainer`, to be added to the cross-entropy of all tokens of the chosen answers.",
    ),
    Row(
        "torch.where(e == 1, 1 - torch.sigmoid(0.1 * (chosen - ref_chosen - 0.5)), "
        "1.33 * (1 - torch.sigmoid(0.1 * (0.5 - (chosen - ref_chosen))))).mean()",
        "lossary.kto(chosen, ref_chosen, e, beta=0.1, reference_point=0.5, undesirable_weight=1.33)",
        "`KTOTrainer`: 0.5 stands for its estimate of the divergence, which has no gradient in either.",
    ),
    Row(
        "-F.logsigmoid(p - t - w).mean()",
        "lossary.bradley_terry(p, t, margin=w)",
        "`RewardTrainer` with a column `margin`; p and t are rewards.",
    ),
    Row(
        "(0.3 * F.kl_div(torch.log(0.3 * d + 0.7 * u), d, reduction='none') "
        "+ 0.7 * F.kl_div(torch.log(0.3 * d + 0.7 * u), u, reduction='none')).sum(-1).mean()",
        "lossary.jensen_shannon(x, d, beta=0.3)",
        "`GKDTrainer`, of a student's logits and a teacher's distribution; from hidden states, `linear_jensen_shannon`.",
    ),
    Row(
        "F.cross_entropy(x[:-1], k[1:], reduction='sum') / 40",
        "lossary.cross_entropy(x[:-1], k[1:], normalizer=40)",
        "`ForCausalLMLoss` of Transformers with `num_items_in_batch=40`; see also `linear_cross_entropy`.",
    ),
]
