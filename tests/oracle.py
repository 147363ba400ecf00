"""Independent truths: losses and their derivatives in 400 digits, and what a library's array of some values is."""

import functools
import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import torch

from lossary.engine.plain import compute_with_arrays

MP = mpmath.mp.clone()
MP.dps = 400  # 1 - 5e-324 needs 324 of them
REAL_EXTREMES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e-8,
    -1e-20,
    5e-324,
    1e-300,
    30.0,
    -30.0,
    40.0,
    745.0,
    -745.0,
    1e4,
    -1e4,
    1e150,
    -1e150,
]


def plainly(loss, prediction, target, operation="value_and_gradient", **options):
    """Return the result of a call by array operations: what the plain twin of a kernel computes."""
    return compute_with_arrays(loss, loss.read_call((prediction, target), options), operation)


def without_x64():
    """Return a context in which JAX has no numbers of 64 bits; JAX 0.7 has it in another place."""
    return jax.enable_x64(False) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64(False)


def exact(x):
    """A float as the number that it is."""
    return MP.mpf(float(x))


def softplus(x):
    return MP.log1p(MP.exp(x)) if x < 0 else x + MP.log1p(MP.exp(-x))


def sigmoid(x):
    return 1 / (1 + MP.exp(-x))


def times(a, b):
    """a·b with 0·∞ = 0."""
    return MP.mpf(0) if a == 0 else a * b


def squared_error(p, t):
    return (p - t) ** 2, 2 * (p - t), MP.mpf(2)


def absolute_error(p, t):
    return abs(p - t), MP.sign(p - t), MP.mpf(0)


def huber(p, t, delta=1):
    r, delta = p - t, MP.mpf(delta)
    if abs(r) <= delta:
        return r**2 / 2, r, MP.mpf(1)
    return delta * (abs(r) - delta / 2), delta * MP.sign(r), MP.mpf(0)


def bce_logits(z, t):
    s, c = sigmoid(z), sigmoid(-z)
    return t * softplus(-z) + (1 - t) * softplus(z), (1 - t) * s - t * c, s * c


def bce_probabilities(p, t):
    log = lambda x: -MP.inf if x == 0 else MP.log(x)
    over = lambda x: MP.inf if x == 0 else 1 / x
    value = -times(t, log(p)) - times(1 - t, log(1 - p))
    return value, times(1 - t, over(1 - p)) - times(t, over(p)), times(t, over(p) ** 2) + times(1 - t, over(1 - p) ** 2)


def bce_log_probabilities(q, t):
    e = MP.exp(q)
    log = -MP.inf if e == 1 else MP.log(1 - e)
    odds = MP.inf if e == 1 else e / (1 - e)
    second = MP.inf if e == 1 else e / (1 - e) ** 2
    return -times(t, q) - times(1 - t, log), times(1 - t, odds) - t, times(1 - t, second)


def softmax_row(logits):
    """Probabilities, and their logarithms, of one row."""
    return _softmax_of(tuple(map(float, logits)))


@functools.cache
def _softmax_of(logits):
    z = [exact(x) for x in logits]
    top = max(z)
    e = [MP.exp(x - top) for x in z]
    total = MP.fsum(e)
    return [x / total for x in e], [x - top - MP.log(total) for x in z]


def ulps(got, truth):
    """The distance in units in the last place of the truth, whose magnitude below the normal range counts as if at its edge."""
    got = np.asarray(got)
    info, worst = np.finfo(got.dtype), 0.0
    largest = float(info.max)
    for g, t in zip(got.ravel(), np.ravel(np.array(truth, dtype=object)), strict=True):
        if MP.isinf(t) or abs(t) > largest:
            worst = max(worst, 0.0 if math.isinf(g) and (g > 0) == (t > 0) else math.inf)
            continue
        if not math.isfinite(g):
            return math.inf
        unit = MP.ldexp(1, max(MP.mag(t) - 1 if t else -2000, int(info.minexp)) - int(info.nmant))
        worst = max(worst, float(abs(exact(g) - t) / unit))
    return worst


def as_library(library, values, dtype=None):
    array = np.asarray(values, dtype=dtype)
    return {"numpy": lambda: array, "torch": lambda: torch.tensor(array), "jax": lambda: jnp.asarray(array)}[library]()


def jitted(library, function):
    """A function of arrays; JAX compiles it as one, which takes less time than each of its operations by itself."""
    return jax.jit(function) if library == "jax" else function


def to_numpy(x):
    return x.detach().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)
