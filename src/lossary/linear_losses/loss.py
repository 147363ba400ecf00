"""A loss of classes as one of hidden states and a linear layer: its signature, and where a call goes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

from lossary.arrays import select
from lossary.arrays.graph import as_graph_node
from lossary.engine.logit_options import OPTIONS
from lossary.engine.loss import no_torchscript
from lossary.engine.softmax import Softmax
from lossary.linear_losses.job import key_of
from lossary.linear_losses.reading import read, read_request, read_rows
from lossary.names import unknown_option

_LAYER = ("hidden", "weight", "target", "bias")
_COMMON: Mapping[str, Any] = {
    "reduction": "mean",
    "normalizer": None,
    "empty": "nan",
    "check": True,
    "chunk": "auto",
    "process_group": None,
}
_TEACHER: Mapping[str, Any] = {"teacher_hidden": None, "teacher_weight": None, "teacher_bias": None, "teacher_soft_cap": None}
_OF_TARGET = ("class_weight", "ignore_index", "label_smoothing", "smoothing")
"""Options that a divergence from a teacher does not have."""


class LinearLoss:
    """A loss of classes whose logits are ``hidden @ weight.T + bias``; made by :func:`linear`.

    It is called as :func:`linear_cross_entropy` is, and has ``gradient`` and ``value_and_gradient``, whose gradients are a
    named tuple ``(hidden, weight, bias)``.
    """

    def __init__(
        self, loss: Softmax, divergence: str = "cross_entropy", name: str | None = None, doc: str | None = None
    ) -> None:
        self.__name__ = self.__qualname__ = name or f"linear_{loss.__name__}"
        self._of, self.divergence, self.key = loss, divergence, key_of(loss)
        self.loss = Softmax(loss.definition)  # which reads a call, and refuses it in this name
        self.loss.__name__ = self.__name__
        self.__doc__ = doc or f"As :func:`lossary.linear_cross_entropy`, of the loss ``{loss.__name__}``."
        self.__module__ = "lossary" if name else loss.__module__
        self.defaults = self._own_defaults()
        self._answer = as_graph_node(self._answer_now, _is_shared_out)
        self.__signature__ = self._signature()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """The cost; with ``returns=``, a named tuple of it and of what was asked for."""
        return self._answer("value", arguments, options)

    def value_and_gradient(self, *arguments: Any, **options: Any) -> tuple[Any, Any]:
        """The cost and its gradients with respect to hidden states, weight and bias; takes what the loss takes."""
        value, gradients = self._answer("value_and_gradient", arguments, options)
        return value, gradients

    def gradient(self, *arguments: Any, **options: Any) -> Any:
        """The gradients of the cost with respect to hidden states, weight and bias; takes what the loss takes."""
        if options.get("returns"):
            raise TypeError(f"{self.__name__}: returns= adds to the value, which gradient does not compute; leave it out")
        return self.value_and_gradient(*arguments, **options)[1]

    def __dir__(self) -> list[str]:
        public = ("gradient", "prepare", "value_and_gradient")
        return sorted({*public, *(name for name in super().__dir__() if name.startswith("__"))})

    def prepare(self, *arguments: Any, **options: Any) -> None:
        """Compile ahead what such calls will need, as :meth:`lossary.Loss.prepare` does; rows and features may be 0."""
        from lossary.engine import preparation

        given, own = self._bound(arguments, options)
        self.check_options(own)
        every = (*given, *own.values())
        if not _is_shared_out("value", given, own) and select.name_of(*every) != "jax":  # these have no kernels
            preparation.prepare_linear(self, given, own)

    def __repr__(self) -> str:
        return f"<linear loss {self.__name__}{self.__signature__}>"

    def __prepare_scriptable__(self) -> NoReturn:  # torch.jit.script asks for it
        raise NotImplementedError(no_torchscript(self.__name__))

    def __reduce__(self) -> Any:
        from lossary.linear_losses.losses import linear  # which is made with this class

        return self.__name__ if self.__module__ == "lossary" else (linear, (self._of,))

    def _own_defaults(self) -> dict[str, Any]:
        defaults: dict[str, Any] = {"class_weight": None, "ignore_index": None, "where": None, **OPTIONS, **_COMMON}
        if self.divergence == "cross_entropy":
            defaults |= _TEACHER
        else:
            defaults = {option: value for option, value in defaults.items() if option not in _OF_TARGET}
            defaults |= {"teacher_bias": None, "teacher_soft_cap": None}
        if self.divergence == "js":
            del defaults["z_loss"]
            defaults["mixture"] = 0.5
        for parameter in self._of.parameters:
            if parameter in (*_LAYER, *_COMMON, *_TEACHER, "mixture"):
                raise TypeError(
                    f"{self.__name__}: {parameter!r} is an option of linear losses; give the parameter another name"
                )
        return {"bias": None, **self._of.parameters, **defaults}

    def _signature(self) -> inspect.Signature:
        keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        leading = [inspect.Parameter(name, either) for name in ("hidden", "weight")]
        if self.divergence == "cross_entropy":
            leading.append(inspect.Parameter("target", either, default=None))
        else:
            leading += [inspect.Parameter(name, either) for name in ("teacher_hidden", "teacher_weight")]
        options = [inspect.Parameter(name, keyword, default=default) for name, default in self.defaults.items()]
        return inspect.Signature([*leading, *options])

    def _bound(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arrays hidden, weight, target, and everything else by name."""
        self._refuse_unknown(options)
        try:
            bound = self.__signature__.bind(*arguments, **options).arguments
        except TypeError as error:
            raise TypeError(f"{self.__name__}: {error}; it takes {self.__signature__}") from None
        return (bound.pop("hidden"), bound.pop("weight"), bound.pop("target", None)), dict(bound)

    def _refuse_unknown(self, options: Mapping[str, Any]) -> None:
        for name in options:
            if name in self.__signature__.parameters:
                continue
            if name in _OF_TARGET:
                raise TypeError(
                    f"{self.__name__} has no option {name!r}, for a teacher gives probabilities; where= leaves rows out"
                )
            known = [known for known in self.__signature__.parameters if known != "weight"]  # a matrix, not sample weights
            raise unknown_option(self.__name__, name, known)

    def _answer_now(self, operation: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        given, options = self._bound(arguments, options)
        library = select.name_of(*given, *options.values())
        side = import_module(f"lossary.linear_losses.on_{library}")
        arrays, prepared, over_classes = side.prepared(self.__name__, given, options)
        call = read(self, import_module(f"lossary.arrays.{library}"), arrays, prepared, over_classes)
        call.given = (*given[:2], options.get("bias"))
        return side.answer(call, operation == "value_and_gradient")

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise for options that it does not have, or whose values are wrong, as far as that takes no arrays."""
        self._refuse_unknown(options)
        given = {**self.defaults, **options}
        read_request(self, given)
        read_rows(self.__name__, given["chunk"])


def _is_shared_out(operation: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Whether ranks have to ask each other how many classes they have, which no graph of ``torch.compile`` can hold."""
    arrays = (*arguments, options.get("hidden"), options.get("weight"))
    return options.get("process_group") is not None or any(type(x).__name__ == "DTensor" for x in arrays)
