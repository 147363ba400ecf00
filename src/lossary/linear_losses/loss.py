"""Losses of classes on top of a linear layer: the object that a user calls."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

from lossary.arrays import select
from lossary.arrays.graph import as_graph_node
from lossary.engine import preparation
from lossary.engine.loss import no_torchscript
from lossary.engine.softmax import Softmax
from lossary.linear_losses.reading import read, read_options, read_rows
from lossary.linear_losses.spec import LinearSpec


class LinearLoss:
    """A loss of classes whose logits are ``hidden @ weight.T + bias``; made by :func:`lossary.linear`.

    It is called as :func:`linear_cross_entropy` is, and has ``gradient`` and ``value_and_gradient``, whose gradients are a
    named tuple ``(hidden, weight, bias)``.
    """

    def __init__(
        self, loss: Softmax, divergence: str = "cross_entropy", name: str | None = None, doc: str | None = None
    ) -> None:
        self.__name__ = self.__qualname__ = name or f"linear_{loss.__name__}"
        self.spec = LinearSpec(self.__name__, loss, divergence)
        self.__doc__ = doc or f"As :func:`lossary.linear_cross_entropy`, of the loss ``{loss.__name__}``."
        self.__module__ = "lossary" if name else loss.__module__
        self.__signature__ = self.spec.signature
        self._compute = as_graph_node(self._compute_now, _is_sharded)

    @property
    def loss(self) -> Softmax:
        """The loss of the logits."""
        return self.spec.loss

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Return the cost; with ``returns=``, a named tuple of the cost and the results that it names."""
        return self._compute("value", arguments, options)

    def value_and_gradient(self, *arguments: Any, **options: Any) -> tuple[Any, Any]:
        """Return the cost and its gradients with respect to hidden states, weight and bias; takes what the loss takes."""
        value, gradients = self._compute("value_and_gradient", arguments, options)
        return value, gradients

    def gradient(self, *arguments: Any, **options: Any) -> Any:
        """Return the gradients of the cost with respect to hidden states, weight and bias; takes what the loss takes."""
        if options.get("returns"):
            raise TypeError(f"{self.__name__}: returns= adds to the value, which gradient does not compute; leave it out")
        return self.value_and_gradient(*arguments, **options)[1]

    def __dir__(self) -> list[str]:
        public = ("gradient", "prepare", "value_and_gradient")
        return sorted({*public, *(name for name in super().__dir__() if name.startswith("__"))})

    def prepare(self, *arguments: Any, **options: Any) -> None:
        """Compile ahead what such calls will need, as :meth:`lossary.Loss.prepare` does; rows and features may be 0."""
        arrays, given = self.spec.bind(arguments, options)
        self.check_options(given)
        # calls on JAX arrays and sharded classes have no kernels
        if not _is_sharded("value", arrays, given) and select.name_of(*arrays, *given.values()) != "jax":
            preparation.prepare_linear(self, arrays, given)

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise for unknown options, and for wrong values of options as far as that can be told without arrays."""
        self.spec.refuse_unknown(options)
        given = {**self.spec.defaults, **options}
        read_options(self.spec, given)
        read_rows(self.__name__, given["chunk"])

    def __repr__(self) -> str:
        return f"<linear loss {self.__name__}{self.__signature__}>"

    def __prepare_scriptable__(self) -> NoReturn:  # torch.jit.script calls it
        raise NotImplementedError(no_torchscript(self.__name__))

    def __reduce__(self) -> Any:
        return self.__name__ if self.__module__ == "lossary" else (linear_loss_of, (self.spec.of,))

    def _compute_now(self, operation: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        arrays, given = self.spec.bind(arguments, options)
        library = select.name_of(*arrays, *given.values())
        side = import_module(f"lossary.linear_losses.on_{library}")
        local_arrays, local_options, class_sums = side.localize(self.__name__, arrays, given)
        call = read(self.spec, import_module(f"lossary.arrays.{library}"), local_arrays, local_options, class_sums)
        call.given = (*arrays[:2], given.get("bias"))
        return side.compute(call, operation == "value_and_gradient")


@functools.cache  # one for each loss, also if it is made anew at every step
def linear_loss_of(loss: Softmax) -> LinearLoss:
    """Return the linear loss of any loss of classes but ``cross_entropy``."""
    return LinearLoss(loss)


def _is_sharded(operation: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Return whether ranks have to tell each other how many classes they have, which ``torch.compile`` cannot trace."""
    arrays = (*arguments, options.get("hidden"), options.get("weight"))
    return options.get("process_group") is not None or any(type(x).__name__ == "DTensor" for x in arrays)
