"""Log-probabilities of sequences of tokens on top of a linear layer, without the logits of all tokens in memory."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

from lossary.arrays import select
from lossary.arrays.graph import as_graph_node
from lossary.linear_losses.loss import LinearLoss
from lossary.losses import cross_entropy
from lossary.names import unknown_option, wrong_choice

_NAME = "sequence_log_probabilities"
_loss: Any = cross_entropy  # a type checker sees only what is public of it
_cross_entropy = LinearLoss(_loss, name=_NAME)
"""The losses of tokens, -log p, whose errors have the name of the public function."""
TOKENS = ("sum", "mean")
_OPTIONS: Mapping[str, Any] = {
    "bias": None,
    "where": None,
    "ignore_index": None,
    "soft_cap": None,
    "temperature": 1.0,
    "check": True,
    "chunk": "auto",
    "process_group": None,
}


class SequenceLogProbabilities:
    r"""Log-probabilities of sequences under ``hidden @ weight.T + bias``, a language model's last layer, in nats.

    .. math:: \sum_{t=1}^n \log \mathrm{softmax}(z_t)_{y_t} \text{ or } \frac1n \sum_{t=1}^n \log \mathrm{softmax}(z_t)_{y_t}

    These are what losses of preferences take: :func:`lossary.dpo`, :func:`lossary.simpo` and the others. The logits z of all
    tokens are never in memory together, only a block's, as in :func:`lossary.linear_cross_entropy`.

    Arguments:

    - ``hidden`` (…, tokens, features), ``weight`` (classes, features), ``bias`` (classes,) or None.
    - ``target`` (…, tokens): the token that follows each position, so ``hidden[:, :-1]`` goes with ``tokens[:, 1:]``.
    - ``tokens`` has no default: ``"sum"`` adds the tokens' log-probabilities up (DPO, KTO), ``"mean"`` divides by their number
      (SimPO, ORPO, the authors' IPO).
    - ``ignore_index`` or ``where`` (…, tokens) leave out the prompt and padding: they are not computed, and not counted in the
      mean. A sequence without a token has the log-probability 0, and NaN as a mean of none, both with gradient 0.
    - ``soft_cap``, ``temperature``, ``chunk``, ``check``, ``process_group``: as of :func:`lossary.linear_cross_entropy`.

    The result has the shape (…), in float32 for half precision. torch (autograd, ``torch.compile``) and JAX differentiate it
    in hidden, weight and bias; since what each sequence is multiplied by is known only then, the backward pass computes the
    blocks once more. :meth:`gradient` does the same for NumPy. Without a gradient (``torch.no_grad``) there is one pass.

    Raises TypeError and ValueError as :func:`lossary.linear_cross_entropy` does, and if ``tokens`` is missing.

    >>> import numpy as np, lossary
    >>> hidden, weight = np.array([[[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]]), np.array([[2.0, 0.0], [0.0, 1.0]])
    >>> tokens = np.array([[-100, 1, 0]])  # the first belongs to the prompt
    >>> lossary.sequence_log_probabilities(hidden, weight, tokens, tokens="sum", ignore_index=-100)
    array([-0.4401897])
    """

    def __init__(self) -> None:
        self.__name__ = self.__qualname__ = _NAME
        keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        leading = [inspect.Parameter(name, either) for name in ("hidden", "weight", "target")]
        options = [inspect.Parameter(name, keyword, default=default) for name, default in _OPTIONS.items()]
        self.__signature__ = inspect.Signature([*leading, inspect.Parameter("tokens", keyword), *options])
        self._sums = as_graph_node(_sums)

    def __call__(self, hidden: Any, weight: Any, target: Any, *, tokens: str, **options: Any) -> Any:
        """Return the log-probability of each sequence."""
        _check(tokens, options)
        return self._sums(hidden, weight, target, tokens, options)

    def gradient(self, hidden: Any, weight: Any, target: Any, *, tokens: str, upstream: Any = None, **options: Any) -> Any:
        """Return the gradients of Σ upstream·log p in ``(hidden, weight, bias)``; ``upstream`` is 1 unless given.

        ``upstream`` has one number a sequence: the gradient of a loss in these log-probabilities.
        """
        _check(tokens, options)
        backend, target, counted = _read(hidden, weight, target, options)
        shape = tuple(target.shape[:-1])
        ones = backend.full(shape, 1.0, backend.array(hidden, f"{_NAME}: hidden"))
        upstream = ones if upstream is None else backend.array(upstream, f"{_NAME}: upstream")
        if tuple(upstream.shape) != shape:
            raise ValueError(
                f"{_NAME}: upstream has one number a sequence, so its shape is {shape}; got {tuple(upstream.shape)}"
            )
        if tokens == "mean":
            upstream = backend.xp.where(counted == 0, 0, upstream / backend.xp.where(counted == 0, 1, counted))
        rows = backend.xp.broadcast_to(upstream[..., None], tuple(target.shape))
        # the loss is -log p; check=False lets weights be negative, and labels are checked all the same
        options = {**options, "check": False}
        return _cross_entropy.gradient(hidden, weight, target, sample_weight=-rows, reduction="sum", **options)

    def __repr__(self) -> str:
        return f"<{self.__name__}{self.__signature__}>"

    def __reduce__(self) -> str:
        return self.__name__


def _check(tokens: Any, options: Mapping[str, Any]) -> None:
    """Raise for unknown options, and for another word than sum or mean."""
    for option in options:
        if option not in _OPTIONS:
            raise unknown_option(_NAME, option, ("tokens", *_OPTIONS))
    if tokens not in TOKENS:
        raise wrong_choice(_NAME, "tokens", tokens, TOKENS)


def _read(hidden: Any, weight: Any, target: Any, options: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Return the library of the arrays, the labels as an array, and the number of tokens that count of each sequence."""
    where = options.get("where")
    backend: Any = select.of(hidden, weight, target)
    target = backend.array(target, f"{_NAME}: target")
    if target.ndim == 0 or backend.kind(target) != "integer":
        raise TypeError(
            f"{_NAME}: target holds the index of each token, integers of shape (…, tokens); got dtype {target.dtype} of shape "
            f"{tuple(target.shape)}"
        )
    counted = backend.xp.ones_like(target, dtype=backend.xp.bool if backend.name == "torch" else bool)
    if where is not None:
        counted = counted & backend.array(where, f"{_NAME}: where")
    if options.get("ignore_index") is not None:
        counted = counted & (target != options["ignore_index"])
    return backend, target, counted.sum(-1)


def _sums(hidden: Any, weight: Any, target: Any, tokens: str, options: Mapping[str, Any]) -> Any:
    """Return the sum or the mean over tokens of log p."""
    backend, target, counted = _read(hidden, weight, target, options)
    # token_losses stay in float32 for half precision
    losses = _cross_entropy(hidden, weight, target, reduction="none", returns=("token_losses",), **options).token_losses
    total = -backend.sum_axes(losses, (losses.ndim - 1,)) + 0.0
    if tokens == "sum":
        return total
    none = counted == 0
    return backend.xp.where(none, math.nan, total / backend.xp.where(none, 1, counted))


sequence_log_probabilities = SequenceLogProbabilities()
