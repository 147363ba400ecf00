"""Losses as modules of torch."""

from __future__ import annotations

import inspect
import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Never, NoReturn, Unpack

import numpy as np

try:
    import torch
    from torch import Tensor, nn
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] != "torch":
        raise
    raise ModuleNotFoundError(
        'lossary.torch takes PyTorch, which is not installed: pip install "lossary[torch]"', name="torch"
    ) from None

from lossary import batch_losses, losses
from lossary.arrays.checks import check_class_weight
from lossary.engine.loss import no_torchscript
from lossary.linear_losses import linear_cross_entropy
from lossary.losses import cross_entropy
from lossary.losses.find import registry
from lossary.names import like_a_loss, unknown_option

if TYPE_CHECKING:
    from lossary.engine.calls import CrossEntropyOptions, LinearCrossEntropyOptions, Weights

__all__ = ["BatchLossModule", "CrossEntropy", "LinearCrossEntropy", "LossModule"]

_OF_A_BATCH = losses.ELSEWHERE["batch_losses"]
_CHANGING = ("weight", "where")
"""Options that only a call takes."""


class _Unscripted(nn.Module):
    def __prepare_scriptable__(self) -> NoReturn:
        raise NotImplementedError(no_torchscript(type(self).__name__))


class _WithOptions(_Unscripted):
    """A loss whose options are given once: tensors among them are buffers, or parameters if they are learned."""

    loss: ClassVar[Any]
    __signature__: ClassVar[inspect.Signature]

    def __init__(self, *positional: Never, **options: Any) -> None:
        if positional:
            raise TypeError(
                f"{type(self).__name__}: options go by keyword; got {positional[0]!r} by position; it is {self.__signature__}"
            )
        super().__init__()
        self._held: tuple[str, ...] = ()
        self.options: dict[str, Any] = {}
        for option, value in options.items():
            if isinstance(value, (Tensor, np.ndarray)):
                self._held += (option,)
                if isinstance(value, nn.Parameter):
                    self.register_parameter(option, value)
                else:
                    self.register_buffer(option, torch.as_tensor(value))
            else:
                self.options[option] = value

    def forward(self, *inputs: Tensor, **changing: Any) -> Any:
        """The cost of the inputs; a named tuple with ``returns=``."""
        return self.loss(*inputs, **self._all(changing))

    def extra_repr(self) -> str:
        """The options."""
        return _listed(self.options)

    def _all(self, changing: dict[str, Any]) -> dict[str, Any]:
        """Return the options, those that are held as tensors, and what this batch has of its own."""
        held = _given(**{option: getattr(self, option) for option in self._held})
        return {**self.options, **held, **_given(**changing)}


class LossModule(_WithOptions):
    """A loss as a module, its options given once. There is one of each loss, by its name: ``Huber`` of ``huber``.

    Options that are tensors or arrays are kept as buffers, and those that are learned (``torch.nn.Parameter``) as parameters,
    so that they move with the module and are saved with it. ``forward`` takes the inputs of the loss, and what changes from
    batch to batch: ``weight``, ``where``, ``normalizer``, or any other option in the place of one given before.

    Raises TypeError and ValueError for wrong options when it is made, and for wrong input when it is called.

    >>> import torch, lossary.torch
    >>> loss = lossary.torch.Huber(delta=2.0)
    >>> loss
    Huber(delta=2.0)
    >>> loss(torch.tensor([3.0, 0.5]), torch.tensor([0.0, 0.0])).item()
    2.0625
    """

    def __init_subclass__(cls) -> None:
        known = cls.loss.signature().parameters.values()
        cls.__signature__ = inspect.Signature([p for p in known if p.name not in (*cls.loss.inputs, *_CHANGING)])

    def __init__(self, *positional: Never, **options: Any) -> None:
        name, classes = type(self).__name__, "class_weight" in self.loss.extra_options
        for option in _CHANGING:
            if option in options:
                remedy = "it has one value a sample, so it goes into the call"
                if classes and option == "weight":
                    remedy = "weights of classes are class_weight=, those of samples go into the call"
                raise TypeError(f"{name} has no option {option!r}; {remedy}")
        class_weight = options.pop("class_weight", None) if classes else None
        super().__init__(*positional, **options)
        if classes:
            self.register_buffer("class_weight", _class_weight(name, class_weight))
            self._held = ("class_weight", *self._held)
        chosen, rest = self.loss.choose(options)
        chosen.read_options(rest)

    def prepare(self, *inputs: Tensor, **changing: Any) -> None:
        """Compile ahead what ``forward`` and its backward pass will need for such input: see :meth:`lossary.Loss.prepare`."""
        self.loss.prepare(*inputs, **self._all(changing))


class BatchLossModule(_WithOptions):
    """A loss of a batch as a module: ``InfoNce``, ``Siglip``, ``SupervisedContrastive``, ``Circle``, ``MultiSimilarity``.

    Its options are given once; a ``temperature`` or ``bias`` that is learned is a ``torch.nn.Parameter``. ``forward`` takes the
    embeddings, and what changes from batch to batch, such as ``weight`` or ``negative``.

    Raises TypeError for options that the loss does not have when it is made, and what the loss raises when it is called.

    >>> import torch, lossary.torch
    >>> loss = lossary.torch.InfoNce(temperature=torch.nn.Parameter(torch.tensor(0.5)), symmetric=True)
    >>> loss
    InfoNce(symmetric=True)
    >>> images, texts = torch.eye(2), torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    >>> loss(images, texts).backward()
    >>> loss.temperature.grad is not None
    True
    """

    def __init_subclass__(cls) -> None:
        known = inspect.signature(cls.loss).parameters.values()
        cls.__signature__ = inspect.Signature([p for p in known if p.name not in (*cls.loss.inputs, *_CHANGING)])

    def __init__(self, *positional: Never, **options: Any) -> None:
        for option in options:
            if option not in self.__signature__.parameters:
                raise unknown_option(type(self).__name__, option, self.__signature__.parameters)
        super().__init__(*positional, **options)


class CrossEntropy(LossModule):
    """:func:`lossary.cross_entropy` as a module, its options given once.

    ``class_weight`` is kept as a buffer, so it moves with the module and is saved with it. ``forward`` takes what changes from
    batch to batch: ``weight``, ``where`` and ``normalizer``.

    Raises TypeError and ValueError for wrong options when it is made, and for wrong input when it is called.

    >>> import torch, lossary.torch
    >>> loss = lossary.torch.CrossEntropy(ignore_index=-100, label_smoothing=0.1)
    >>> loss
    CrossEntropy(ignore_index=-100, label_smoothing=0.1)
    >>> print(round(loss(torch.tensor([[2.0, 0.0], [0.0, 3.0]]), torch.tensor([0, -100])).item(), 4))
    0.2269
    """

    loss = cross_entropy
    class_weight: Tensor | None

    if TYPE_CHECKING:  # what a type checker knows of the options

        def __init__(self, *, class_weight: Weights | None = None, **options: Unpack[CrossEntropyOptions]) -> None: ...

        def forward(  # type: ignore[override]  # noqa: D102
            self,
            prediction: Tensor,
            target: Tensor,
            *,
            weight: Tensor | None = None,
            where: Tensor | None = None,
            normalizer: Any = None,
        ) -> Any: ...


class LinearCrossEntropy(_Unscripted):
    """The last layer of a language model and its cross-entropy in one: :func:`lossary.linear_cross_entropy` as a module.

    It has the parameters of ``torch.nn.Linear(features, classes, bias)``, under the same names and initialised alike, so the
    weights of one may be loaded into the other. ``weight`` shares a parameter that there is already, such as an embedding's:
    both then train one weight. Further options are those of the function; ``class_weight`` is kept as a buffer.

    Raises TypeError and ValueError for wrong options when it is made, and for wrong input when it is called.

    >>> import torch, lossary.torch
    >>> embedding = torch.nn.Embedding(50, 8)
    >>> head = lossary.torch.LinearCrossEntropy(8, 50, weight=embedding.weight, z_loss=1e-4)
    >>> head.weight is embedding.weight
    True
    >>> head(embedding(torch.tensor([3, 4])), torch.tensor([4, 5])).backward()
    >>> embedding.weight.grad.shape
    torch.Size([50, 8])
    """

    weight: nn.Parameter
    bias: nn.Parameter | None
    class_weight: Tensor | None

    def __init__(
        self,
        features: int,
        classes: int,
        bias: bool = False,
        *,
        weight: nn.Parameter | None = None,
        class_weight: Weights | None = None,
        device: Any = None,
        dtype: torch.dtype | None = None,
        **options: Unpack[LinearCrossEntropyOptions],
    ) -> None:
        super().__init__()
        if not isinstance(bias, bool):
            raise TypeError(
                f"LinearCrossEntropy: bias says whether there is one, True or False; got {type(bias).__name__}; "
                "put the numbers of one that there is into module.bias, or load them with the state"
            )
        if weight is not None and not isinstance(weight, nn.Parameter):
            raise TypeError(
                f"LinearCrossEntropy: weight is a parameter to share, such as embedding.weight; got {type(weight).__name__}"
            )
        if weight is not None and tuple(weight.shape) != (classes, features):
            raise ValueError(
                f"LinearCrossEntropy: weight has the shape (classes, features), {classes, features}; got {tuple(weight.shape)}"
            )
        shared = weight is not None
        if weight is None:
            weight = nn.Parameter(torch.empty(classes, features, device=device, dtype=dtype))
        self.features, self.classes = features, classes
        self.weight = weight
        self.bias = nn.Parameter(torch.empty(classes, device=weight.device, dtype=weight.dtype)) if bias else None
        self.register_buffer("class_weight", _class_weight("LinearCrossEntropy", class_weight, weight.device))
        if self.class_weight is not None and tuple(self.class_weight.shape) != (classes,):
            raise ValueError(
                f"LinearCrossEntropy: class_weight has one number a class, so its shape is ({classes},); "
                f"got {tuple(self.class_weight.shape)}"
            )
        for option in options:
            if option.startswith("teacher_"):
                raise TypeError(
                    f"LinearCrossEntropy: {option}= is for lossary.linear_cross_entropy, to which a teacher's hidden states go "
                    "with each batch; the module takes targets"
                )
        linear_cross_entropy.check_options(options)
        self.options: dict[str, Any] = {**options}
        self.reset_parameters(weight_too=not shared)

    def reset_parameters(self, *, weight_too: bool = True) -> None:
        """New random parameters, as ``torch.nn.Linear`` has them."""
        bound = 1 / math.sqrt(self.features) if self.features else 0.0
        with torch.no_grad():
            if weight_too:
                self.weight.uniform_(-bound, bound)
            if self.bias is not None:
                self.bias.uniform_(-bound, bound)

    def forward(
        self,
        hidden: Tensor,
        target: Tensor,
        *,
        sample_weight: Tensor | None = None,
        where: Tensor | None = None,
        normalizer: Any = None,
    ) -> Any:
        """The cost of hidden states; a named tuple with ``returns=``."""
        changing = _given(sample_weight=sample_weight, where=where, normalizer=normalizer, class_weight=self.class_weight)
        return linear_cross_entropy(hidden, self.weight, target, bias=self.bias, **{**self.options, **changing})

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits of hidden states to sample from, capped by ``soft_cap`` as in the loss; ``temperature`` is left out."""
        z = nn.functional.linear(hidden, self.weight, self.bias)
        cap = self.options.get("soft_cap")
        return z if cap is None else cap * torch.tanh(z / cap)

    def prepare(self, hidden: Tensor, target: Tensor, **changing: Any) -> None:
        """Compile ahead what ``forward`` and its backward pass will need for such input: see :meth:`lossary.Loss.prepare`."""
        options = {**self.options, **_given(**changing, class_weight=self.class_weight)}
        linear_cross_entropy.prepare(hidden, self.weight, target, bias=self.bias, **options)

    def extra_repr(self) -> str:
        """The shape and the options."""
        shape = f"features={self.features}, classes={self.classes}, bias={self.bias is not None}"
        return f"{shape}, {_listed(self.options)}" if self.options else shape


def _class_weight(name: str, value: Any, device: Any = None) -> Tensor | None:
    check_class_weight(name, value)
    return None if value is None else torch.as_tensor(value, device=device)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _listed(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())


def _class_name(name: str) -> str:
    """Return the name of the module of a loss: ``SmoothL1`` of ``smooth_l1``."""
    return "".join(word[0].upper() + word[1:] for word in name.split("_"))


@cache
def _names() -> dict[str, str]:
    """Return the loss of each name of a module, those of aliases among them."""
    return {_class_name(name): losses.ALIASES.get(name, name) for name in (*losses.ALIASES, *registry, *_OF_A_BATCH)}


def _module_of(name: str) -> type[_WithOptions]:
    """Return the class of modules of a loss."""
    base, loss = (LossModule, registry[name]) if name in registry else (BatchLossModule, getattr(batch_losses, name))
    summary = f":func:`lossary.{name}` as a module, its options given once: see :class:`lossary.torch.{base.__name__}`."
    return type(_class_name(name), (base,), {"loss": loss, "__module__": __name__, "__doc__": summary})


def __getattr__(name: str) -> type[_WithOptions]:
    if name not in _names():
        meant = like_a_loss(name, (*losses.ALIASES, *registry, *_OF_A_BATCH))
        meant = re.sub(r"'(\w+)'", lambda found: f"'{_class_name(found[1])}'", meant)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{meant}", name=name)
    known = _names()[name]
    own = _class_name(known)
    found: type[_WithOptions] = globals().get(own) or _module_of(known)
    globals()[own] = globals()[name] = found  # the next access finds it without this function, and so does pickle
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *map(_class_name, (*registry, *_OF_A_BATCH))})
