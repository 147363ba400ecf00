"""Tests of the GPU's kernels: on a GPU, or under Triton's interpreter, which runs them on the CPU with NumPy.

The interpreter is chosen when Triton is imported, for the whole process, so `test_cross_entropy.py` runs the files here in a
process of their own. By hand: ``TRITON_INTERPRET=1 pytest tests/kernels/gpu/interpreted/options.py``, and without the variable
on a machine that has a GPU.
"""

import functools
import os

import numpy as np
import torch

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
assert INTERPRETED or torch.cuda.is_available(), "without a GPU, these tests run in a process with TRITON_INTERPRET=1"

import triton.language as tl  # noqa: E402
from triton.runtime import interpreter  # noqa: E402

from lossary.kernels.gpu import cross_entropy  # noqa: E402

np.seterr(all="ignore")  # a GPU says nothing of inf - inf either

_plain_conversion = interpreter._convert_float
_STORED = {tl.bfloat16: (np.uint16, np.int16, torch.bfloat16), tl.float32: (np.float32, np.float32, torch.float32)}


def _converted(values, source, wanted, rounding):
    """Between float32 and bfloat16 as a GPU does it: the interpreter itself cuts digits off where a GPU rounds."""
    if source not in _STORED or wanted not in _STORED:
        return _plain_conversion(values, source, wanted, rounding)
    (_, read, dtype), (stored, written, other) = _STORED[source], _STORED[wanted]
    given = torch.from_numpy(np.ascontiguousarray(values).view(read)).view(dtype)
    return given.to(other).view(torch.int16 if written is np.int16 else torch.float32).numpy().view(stored)


def on_gpu(function):
    """The function of tensors on a GPU as one of tensors in memory; what it writes into them comes back, strides and all."""

    @functools.wraps(function)
    def moved(*args, **kwargs):
        if any(getattr(x, "is_cuda", False) for x in (*args, *kwargs.values())):
            return function(*args, **kwargs)
        there = {}

        def to_gpu(x):
            if not isinstance(x, torch.Tensor):
                return x
            storage = x.untyped_storage()
            flat = torch.empty(0, dtype=torch.uint8).set_(storage)
            _, copy = there.setdefault((storage.data_ptr(), storage.nbytes()), (flat, flat.cuda()))
            return torch.empty(0, dtype=x.dtype, device="cuda").set_(
                copy.untyped_storage(), x.storage_offset(), x.size(), x.stride()
            )

        found = function(*map(to_gpu, args), **{name: to_gpu(value) for name, value in kwargs.items()})
        for flat, copy in there.values():
            flat.copy_(copy)
        if isinstance(found, tuple):
            return type(found)(*(None if x is None else x.cpu() for x in found))
        return found

    return moved


def _fused(self, x, y, z):
    """x·y + z rounded once, as a GPU has it: the interpreter itself rounds the product, too."""
    wide = np.float64 if x.data.dtype == np.float32 else np.longdouble
    found = x.data.astype(wide) * y.data.astype(wide) + z.data.astype(wide)
    return interpreter.TensorHandle(found.astype(z.data.dtype), z.dtype.scalar)


if INTERPRETED:
    interpreter._convert_float = _converted
    interpreter.InterpreterBuilder.create_fma = _fused
    # each call of a function within a kernel would make the language interpretable anew, which took 40 % of the time
    interpreter._patch_lang(tl.standard.max.fn)
    interpreter.InterpretedFunction.__call__ = lambda self, *args, **kwargs: self.rewrite()(*args, **kwargs)
else:
    cross_entropy.rows, cross_entropy.gradient = on_gpu(cross_entropy.rows), on_gpu(cross_entropy.gradient)


def in_blocks(monkeypatch, numbers):
    """Have all rows read in blocks of so many numbers of float32, half as many of float64; slopes by two blocks a program."""
    blocks = dict.fromkeys(cross_entropy.BLOCKS, (numbers, 1))
    for name, value in {"LONGEST_WHOLE": 0, "BLOCKS": blocks, "CHUNK": 2 * numbers}.items():
        monkeypatch.setattr(cross_entropy, name, value)
    monkeypatch.setattr(cross_entropy, "_plan", cross_entropy._plan.__wrapped__)  # nothing is remembered


def plain(
    logits,
    target,
    dtype,
    *,
    weight=None,
    where=None,
    class_weight=None,
    kept=1.0,
    floor=0.0,
    z_loss=0.0,
    soft_cap=None,
    temperature=1.0,
    share=1.0,
):
    """The definition, in a dtype of one's choice: what `rows` returns with all that can be asked for, and the slopes."""
    count, classes = logits.shape
    counts = torch.ones(count, dtype=torch.bool)
    if where is not None:
        counts &= where
    if weight is not None:
        counts &= weight != 0
    dense = target.ndim == 2
    if dense:
        t = target.to(dtype)
    else:
        labels = torch.where(counts, target.to(torch.int64), 0)
        t = torch.nn.functional.one_hot(labels, classes).to(dtype)
    c = torch.ones(classes, dtype=dtype) if class_weight is None else class_weight.to(dtype)
    a = (kept * t + floor) * c
    counts &= (a != 0).any(-1)
    w = torch.ones(count, dtype=dtype) if weight is None else weight.to(dtype)

    x = torch.where(counts[:, None], logits.detach().to(dtype), 0).requires_grad_()
    z = x if soft_cap is None else soft_cap * torch.tanh(x / soft_cap)
    z = z / temperature
    log_p = z.log_softmax(-1)
    lse = z.logsumexp(-1)
    mass = torch.ones(count, dtype=dtype) if dense and class_weight is None else (t * c).sum(-1)
    losses = w * (torch.where(a == 0, 0, a * -log_p).sum(-1) + z_loss * mass * lse**2)
    (slopes,) = torch.autograd.grad((torch.where(counts, losses, 0) * float(share)).sum(), x)
    entropies = -torch.where(log_p == -np.inf, 0, log_p.exp() * log_p).sum(-1)
    first = torch.from_numpy(z.detach().numpy().argmax(-1))
    right = first == (torch.from_numpy(t.numpy().argmax(-1)) if dense else labels)
    found = (losses, lse, entropies, right.to(dtype))
    return cross_entropy.RowResults(*(torch.where(counts, y.detach(), 0) for y in found)), slopes


def assert_as_good(got, truth, plainly, eps, known, what):
    """No farther from the truth than twice what the plain computation is, at its worst in a row, or than a few roundings of
    the row's largest number; `known` is how well the truth itself is known."""
    special = ~truth.isfinite()
    torch.testing.assert_close(got.double()[special], truth[special], equal_nan=True, rtol=0, atol=0)
    got, truth, plainly = (torch.where(special, 0.0, y.double()) for y in (got, truth, plainly))
    largest, worst = truth.abs().amax(-1, keepdim=True), (plainly - truth).abs().amax(-1, keepdim=True)
    error, allowed = (got - truth).abs(), 2 * worst + 4 * eps * largest + known * (1 + largest)
    excess = (error / allowed.expand_as(error)).flatten()
    at = excess.argmax()
    assert (error <= allowed).all(), f"{what}: {got.flatten()[at]} for {truth.flatten()[at]} is {excess[at]} times too far off"
