"""What torch is doing at the moment, which it tells only by private names: all of them are used here and nowhere else.

A release of torch may lack one. The answer is then the cautious one: something is going on, so array operations serve.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch.autograd import forward_ad

_functorch: Any = getattr(torch._C, "_functorch", None)
_jit: Any = torch.jit
_transform: Callable[[], Any] = getattr(_functorch, "peek_interpreter_stack", lambda: True)
_transforms: Callable[[], Any] | None = getattr(_functorch, "get_interpreter_stack", None)
_dispatch_modes: Callable[[], int] = getattr(torch._C, "_len_torch_dispatch_stack", lambda: 1)
_enabled: Any = getattr(forward_ad, "_set_fwd_grad_enabled", None)
_is_traced: Callable[[], bool] = getattr(torch._C, "_is_tracing", _jit.is_tracing)

is_batch: Callable[[Any], bool] = getattr(_functorch, "is_legacy_batchedtensor", lambda x: True)
"""Return whether an upstream gradient stands for a batch of them (``torch.autograd.grad(…, is_grads_batched=True)``)."""
is_vmapped: Callable[[Any], bool] = getattr(_functorch, "is_batchedtensor", lambda x: False)
"""Return whether a tensor is one of those that ``torch.func.vmap`` maps over."""
keeps_graph: Callable[[], bool] = getattr(
    getattr(torch._C, "_autograd", None), "_get_current_graph_task_keep_graph", lambda: True
)
"""Return whether the graph that is being run backward may be run again."""


def call_backward(function: type[torch.autograd.Function]) -> None:
    """Have autograd call ``backward`` at once, not a method that looks for it: of a step of 22 µs, this saves 0.5."""
    node: Any = getattr(function, "_backward_cls", None)
    if node is not None:
        node.apply = function.backward


def in_transform() -> bool:
    """Return whether a transform of ``torch.func`` is at work."""
    return _transform() is not None


def in_forward_mode() -> bool:
    """Return whether derivatives are being computed in forward mode."""
    return getattr(forward_ad, "_current_level", 0) >= 0


def in_dispatch_mode() -> bool:
    """Return whether a mode, such as that of fake tensors, intercepts operations."""
    return _dispatch_modes() > 0


def is_watched() -> bool:
    """Return whether a transform, a mode, a trace or a compiler follows what happens to tensors."""
    return (
        _transform() is not None
        or getattr(forward_ad, "_current_level", 0) >= 0
        or _dispatch_modes() > 0
        or _is_traced()
        or torch.compiler.is_compiling()
    )


def is_traced() -> bool:
    """Return whether ``torch.jit.trace`` records operations."""
    return _is_traced()


def count_forward_transforms() -> int:
    """Return how many transforms of forward mode are at work, one within another."""
    kinds = getattr(_functorch, "TransformType", None)
    if _transforms is None or kinds is None:
        return 2  # which is refused
    return [level.key() for level in _transforms() or ()].count(kinds.Jvp)


def enable_forward_mode() -> AbstractContextManager[Any]:
    """Return a context in which forward mode is on, also within a rule of it."""
    if _enabled is None:  # derivatives of second order would silently be 0
        raise NotImplementedError(
            "a rule of forward mode can be differentiated where torch has _set_fwd_grad_enabled; "
            f"got torch {torch.__version__}; use reverse mode, or a release of torch that docs/dependencies.md names"
        )
    context: AbstractContextManager[Any] = _enabled(True)
    return context
