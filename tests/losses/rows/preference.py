"""Truths of the losses of preferences, from the papers; sigmoids are written out."""

from tests.losses.rows import MP, Row


def sigmoid(x):
    return 1 / (1 + MP.exp(-x))


def pairs(rng):
    return rng.normal(0, 3, 20), rng.normal(0, 3, 20)


def referred_pairs(rng):
    """Log-probabilities of sequences under a policy, and under a reference nearby."""
    chosen, rejected = -rng.uniform(5, 60, (2, 20))
    return chosen, rejected, chosen + rng.normal(0, 4, 20), rejected + rng.normal(0, 4, 20)


def log_probabilities(rng):
    """Means over tokens, a few of them of sequences that are almost certain or hardly possible."""
    return tuple(-(10.0 ** rng.uniform(-6, 1.2, (2, 20))))


def bradley_terry(chosen, rejected, margin=0):
    return -MP.log(sigmoid(chosen - rejected - MP.mpf(margin)))


def dpo(chosen, rejected, reference_chosen, reference_rejected, beta=0.1, flip_probability=0):
    x = MP.mpf(beta) * ((chosen - reference_chosen) - (rejected - reference_rejected))
    flip = MP.mpf(flip_probability)
    return -(1 - flip) * MP.log(sigmoid(x)) - flip * MP.log(sigmoid(-x))


def ipo(chosen, rejected, reference_chosen, reference_rejected, beta=0.1):
    return ((chosen - reference_chosen) - (rejected - reference_rejected) - 1 / (2 * MP.mpf(beta))) ** 2


def simpo(chosen, rejected, beta=2, margin=1):
    return -MP.log(sigmoid(MP.mpf(beta) * (chosen - rejected) - MP.mpf(margin)))


def orpo(chosen, rejected, beta=0.1, likelihood=True):
    p, q = MP.exp(chosen), MP.exp(rejected)
    odds_ratio = -MP.mpf(beta) * MP.log(sigmoid(MP.log(p / (1 - p)) - MP.log(q / (1 - q))))
    return odds_ratio - MP.log(p) if likelihood else odds_ratio


def kto(policy, reference, target, beta=0.1, reference_point=0, desirable_weight=1, undesirable_weight=1):
    gain, point = policy - reference, MP.mpf(reference_point)
    desirable = MP.mpf(desirable_weight) * (1 - sigmoid(MP.mpf(beta) * (gain - point)))
    undesirable = MP.mpf(undesirable_weight) * (1 - sigmoid(MP.mpf(beta) * (point - gain)))
    return target * desirable + (1 - target) * undesirable


def answers(rng):
    policy = -rng.uniform(5, 60, 20)
    return policy, policy + rng.normal(0, 4, 20), rng.integers(0, 2, 20).astype(float)


ROWS = [
    Row("bradley_terry", bradley_terry, pairs),
    Row("bradley_terry", bradley_terry, pairs, {"margin": 1.5}, size=1),
    Row("dpo", dpo, referred_pairs),
    Row("dpo", dpo, referred_pairs, {"beta": 0.5, "flip_probability": 0.125}),
    Row("ipo", ipo, referred_pairs, size=16),
    Row("ipo", ipo, referred_pairs, {"beta": 0.05}, size=16),
    Row("simpo", simpo, pairs),
    Row("simpo", simpo, pairs, {"beta": 2.5, "margin": 0.5}),
    Row("orpo", orpo, log_probabilities),
    Row("orpo", orpo, log_probabilities, {"beta": 1.0}),
    Row("orpo", orpo, log_probabilities, {"likelihood": False}),
    Row("kto", kto, answers),
    Row("kto", kto, answers, {"beta": 0.25, "reference_point": 1.5, "desirable_weight": 1.25, "undesirable_weight": 0.5}),
]
