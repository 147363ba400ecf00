"""Losses of classes on top of a linear layer, without the logits of all rows in memory at once."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import inspect
import math
import operator
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from lossary import backends
from lossary.call import Call, Request, check_number
from lossary.domains import Interval
from lossary.kinds.logits import OPTIONS, checked_cap, settled
from lossary.kinds.softmax_loss import Softmax
from lossary.linear_losses.cost import Read
from lossary.linear_losses.job import Arrays, Job, key_of
from lossary.losses import cross_entropy

__all__ = [
    "LinearLoss",
    "linear",
    "linear_cross_entropy",
    "linear_jensen_shannon",
    "linear_kl_divergence",
]

_OF_LOSS = ("where", "reduction", "normalizer", "empty", "check")
_TEACHER: Mapping[str, Any] = {"teacher_hidden": None, "teacher_weight": None, "teacher_bias": None, "teacher_soft_cap": None}


class LinearLoss:
    """A loss of classes whose logits are ``hidden @ weight.T + bias``; made by :func:`linear`.

    It is called as :func:`linear_cross_entropy` is, and has ``gradient`` and ``value_and_gradient``, whose gradients are a
    named tuple ``(hidden, weight, bias)``.
    """

    def __init__(
        self, loss: Softmax, divergence: str = "cross_entropy", name: str | None = None, doc: str | None = None
    ) -> None:
        self.__name__ = self.__qualname__ = name or f"linear_{loss.__name__}"
        self._of, self.divergence = loss, divergence
        self.loss = Softmax(loss.definition)  # which reads a call, and refuses it in this name
        self.loss.__name__ = self.__name__
        self.__doc__ = doc or f"As :func:`lossary.linear_cross_entropy`, of the loss ``{loss.__name__}``."
        self.__module__ = "lossary" if name else loss.__module__
        self._defaults: dict[str, Any] = {
            "bias": None,
            **loss.parameters,
            "class_weight": None,
            "ignore_index": None,
            "where": None,
        }
        self._defaults |= {**OPTIONS, "reduction": "mean", "normalizer": None, "empty": "nan", "check": True, "chunk": "auto"}
        if divergence == "cross_entropy":
            self._defaults |= {"process_group": None, **_TEACHER}
        else:
            for option in ("class_weight", "ignore_index", "label_smoothing", "smoothing"):
                del self._defaults[option]
            self._defaults |= {"teacher_bias": None, "teacher_soft_cap": None, "process_group": None}
            self._defaults |= {"mixture": 0.5} if divergence == "js" else {}
            if divergence == "js":
                del self._defaults["z_loss"]
        self._key = key_of(loss)
        self._answer = backends.one_node(self._answer_now, _is_shared_out)
        self.__signature__ = self._signature()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """The cost; with ``returns=``, a named tuple of it and of what was asked for."""
        return self._answer("value", *self._bound(arguments, options))

    def value_and_gradient(self, *arguments: Any, **options: Any) -> tuple[Any, Any]:
        """The cost and its gradients with respect to hidden states, weight and bias; takes what the loss takes."""
        value, gradients = self._answer("value_and_gradient", *self._bound(arguments, options))
        return value, gradients

    def gradient(self, *arguments: Any, **options: Any) -> Any:
        """The gradients of the cost with respect to hidden states, weight and bias; takes what the loss takes."""
        if options.get("returns"):
            raise TypeError(f"{self.__name__}: returns= adds to the value, which gradient does not compute; leave it out")
        return self.value_and_gradient(*arguments, **options)[1]

    def __repr__(self) -> str:
        return f"<linear loss {self.__name__}{self.__signature__}>"

    def __reduce__(self) -> Any:
        return self.__name__ if self.__module__ == "lossary" else (linear, (self._of,))

    def _signature(self) -> inspect.Signature:
        keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        leading = [inspect.Parameter(name, either) for name in ("hidden", "weight")]
        if self.divergence == "cross_entropy":
            leading.append(inspect.Parameter("target", either, default=None))
        else:
            leading += [inspect.Parameter(name, either) for name in ("teacher_hidden", "teacher_weight")]
        options = [inspect.Parameter(name, keyword, default=default) for name, default in self._defaults.items()]
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
            if name not in self.__signature__.parameters:
                near = difflib.get_close_matches(name, self.__signature__.parameters, 1)
                raise TypeError(
                    f"{self.__name__} has no option {name!r}; "
                    + (f"did you mean {near[0]!r}? " if near else "")
                    + f"it has {', '.join(self._defaults)}"
                )

    def _answer_now(self, operation: str, arrays: tuple[Any, ...], options: dict[str, Any]) -> Any:
        side = import_module(f"lossary.linear_losses.on_{backends.name_of(*arrays[:2])}")
        given = (*arrays[:2], options.get("bias"))
        arrays, options, over_classes = side.prepared(self.__name__, arrays, options)
        hidden, weight, target = arrays
        read = self._read(backends.of(hidden, weight), hidden, weight, target, options, over_classes)
        read.given = given
        return side.answer(read, operation == "value_and_gradient")

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise for options that it does not have, or whose values are wrong, as far as that takes no arrays."""
        self._refuse_unknown(options)
        given = {**self._defaults, **options}
        self._request(given)
        _rows(self.__name__, given["chunk"])

    # ---- reading

    def _read(self, backend: Any, hidden: Any, weight: Any, target: Any, options: dict[str, Any], over_classes: Any) -> Read:
        name, given = self.__name__, {**self._defaults, **options}
        with over_classes.agreement(name):  # nothing in here communicates
            hidden, weight = (backend.array(x, f"{name}: {role}") for role, x in (("hidden", hidden), ("weight", weight)))
            bias = None if given["bias"] is None else backend.array(given["bias"], f"{name}: bias")
            _check_layer(name, "", backend, hidden, weight, bias)
            teacher = self._read_teacher(backend, given, hidden, weight, target)
            shape, classes = tuple(hidden.shape[:-1]), over_classes.count(int(weight.shape[0]))
            dtype = backend.compute_dtype(hidden, weight)
            request = self._request(given)
            chunk = _rows(name, given["chunk"])
            teacher_soft_cap = checked_cap(f"{name}: teacher_soft_cap", given.get("teacher_soft_cap"))
            mixture = check_number(f"{name}: mixture", settled(given.get("mixture", 0.5)), Interval(0.0, 1.0, open=True))
            whole = backend.placeholder((*shape, classes), dtype, hidden)  # what a loss of the logits would read
            target = whole if teacher else backend.array(target, f"{name}: target")
            dense = target.ndim == hidden.ndim
            if dense and not teacher and over_classes.shared:
                if tuple(target.shape) != (*shape, weight.shape[0]):
                    raise ValueError(
                        f"{name}: each rank holds the probabilities of its own classes, of shape {(*shape, weight.shape[0])}; "
                        f"got {tuple(target.shape)}"
                    )
                call = dataclasses.replace(self.loss.read_target(backend, whole, whole, request), target=target)
            else:
                call = self.loss.read_target(backend, whole, target, request)
            call = self.loss.read_options_of(call, request)
            call.dtype, call.given_dtype = dtype, hidden.dtype if backend.kind(hidden) == "float" else dtype
            call.over_classes = over_classes
            if call.own["class_weight"] is not None:
                call.own["class_weight"] = backend.cast(call.own["class_weight"], dtype)
            if not dense:
                self._load_labels(call)
        if dense and not teacher:
            self._load_probabilities(call)
        if call.own["class_weight"] is not None:
            call.own["class_weight"] = over_classes.mine(call.own["class_weight"])
        divisor, reduction = None, call.reduction
        if reduction.how != "none":
            divisor = reduction.divisor(backend, shape, self.loss._divisor_weight(call), call.mask)
        rows = math.prod(shape)
        flat = [None if x is None else x.reshape(rows) for x in (call.mask, call.own["mass"])]
        arrays = Arrays(
            backend=backend,
            dtype=dtype,
            hidden=hidden.reshape(rows, hidden.shape[-1]),
            weight=weight,
            bias=bias,
            target=None if teacher else call.target.reshape(rows, weight.shape[0]) if dense else call.target.reshape(rows),
            counted=flat[0],
            mass=flat[1],
            class_weight=call.own["class_weight"],
            teacher_hidden=teacher[0].reshape(rows, teacher[0].shape[-1]) if teacher else None,
            teacher_weight=teacher[1] if teacher else None,
            teacher_bias=teacher[2] if teacher else None,
            over_classes=over_classes,
        )
        job = Job(
            loss=self._key,
            parameters=tuple((name, settled(value)) for name, value in call.parameters.items()),
            classes=classes,
            dense=dense,
            **{name: call.own[name] for name in ("smoothed", "z_loss", "soft_cap", "temperature", "returns")},
            divergence=self.divergence,
            mixture=mixture,
            teacher_soft_cap=teacher_soft_cap,
            rows=chunk,
        )
        return Read(job, arrays, call, divisor, shape)

    def _request(self, given: Mapping[str, Any]) -> Request:
        """The options that a loss of the logits has too."""
        names = (*self.loss.parameters, *self.loss.own_options, *_OF_LOSS)
        return self.loss._read_options({name: given[name] for name in names if name in given})

    def _read_teacher(self, backend: Any, given: Mapping[str, Any], hidden: Any, weight: Any, target: Any) -> tuple[Any, ...]:
        """The teacher's hidden states, weight and bias; nothing where there is none."""
        name = self.__name__
        states, matrix, bias = (given.get(f"teacher_{role}") for role in ("hidden", "weight", "bias"))
        if states is None and matrix is None:
            if target is None:
                raise TypeError(
                    f"{name}: a target is class indices or class probabilities; or pass teacher_hidden= and teacher_weight="
                )
            for option in ("teacher_bias", "teacher_soft_cap"):
                if given.get(option) is not None:
                    raise TypeError(f"{name}: {option}= is a teacher's; pass teacher_hidden= and teacher_weight= with it")
            return ()
        if states is None or matrix is None:
            raise TypeError(f"{name}: a teacher has both teacher_hidden= and teacher_weight=")
        if target is not None:
            raise TypeError(f"{name}: the target is given, or a teacher that has it; got both")
        for option in ("class_weight", "ignore_index"):
            if given.get(option) is not None:
                raise TypeError(
                    f"{name}: {option}= needs a target; a teacher gives probabilities; use where= to leave rows out"
                )
        states, matrix = (
            backend.detached(backend.array(x, f"{name}: teacher_{role}"))
            for role, x in (("hidden", states), ("weight", matrix))
        )
        bias = None if bias is None else backend.detached(backend.array(bias, f"{name}: teacher_bias"))
        _check_layer(name, "teacher_", backend, states, matrix, bias)
        if matrix.shape[0] != weight.shape[0] or states.shape[:-1] != hidden.shape[:-1]:
            raise ValueError(
                f"{name}: a teacher has the student's rows and classes, {tuple(hidden.shape[:-1])} and {weight.shape[0]}; "
                f"got {tuple(states.shape[:-1])} and {matrix.shape[0]}"
            )
        return states, matrix, bias

    def _load_labels(self, call: Call) -> None:
        """Check class indices, and put them into the form that is computed with."""
        where, class_weight = call.mask, call.own["class_weight"]
        self.loss.load_target(call)
        if where is not None and call.mask is not where:
            call.mask = call.mask & where
        self.loss.settle_problems(call, call.check)
        if class_weight is not None:
            call.own["mass"] = class_weight[call.target]

    def _load_probabilities(self, call: Call) -> None:
        """Check class probabilities, and find what a row weighs."""
        self._check_probabilities(call)
        if call.own["class_weight"] is not None:
            backend, over_classes = call.backend, call.over_classes
            mine = backend.weighed(backend.cast(call.target, call.dtype), over_classes.mine(call.own["class_weight"]))
            call.own["mass"] = over_classes.sum_of_ranks(mine)

    def _check_probabilities(self, call: Call) -> None:
        """Refuse rows that are no distribution, or mark them; some rows at a time, for a mask is as large as the target."""
        target = call.target
        rows = target.reshape(math.prod(target.shape[:-1]), target.shape[-1])  # a rank may have no classes
        if not call.check:
            return
        step = max(1, (1 << 22) // max(1, rows.shape[1]))
        readable = call.backend.readable(rows[:1] != 0)  # a constant is not, where it is traced what happens to it
        if readable and call.over_classes.ranks == 1:
            for begin in range(0, rows.shape[0], step):
                some = dataclasses.replace(call, target=rows[begin : begin + step], problems=[], mask=None, axes=(1,))
                some.own = {**call.own, "axis": 1}
                self.loss.load_target(some)
                if any(bool(problem.mask.any()) for problem in some.problems):
                    break
            else:
                return
        whole = dataclasses.replace(call, problems=[], axes=(target.ndim - 1,))
        self.loss.load_target(whole)
        if readable and call.over_classes.ranks > 1:
            counted = True if call.mask is None else call.mask
            wrong = any(bool((problem.samples() & counted).any()) for problem in whole.problems)
            if call.over_classes.any_rank(wrong) and not wrong:
                raise ValueError(
                    f"{self.__name__}: another rank's part of the target holds no probabilities; see its own error"
                )
        self.loss.settle_problems(whole, call.check)
        call.invalid = whole.invalid


def _is_shared_out(operation: str, arrays: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Whether ranks have to ask each other how many classes they have, which no graph of ``torch.compile`` can hold."""
    return options.get("process_group") is not None or any(type(x).__name__ == "DTensor" for x in arrays)


def _check_layer(name: str, who: str, backend: Any, hidden: Any, weight: Any, bias: Any) -> None:
    """Refuse what is no linear layer."""
    for role, x in (("hidden", hidden), ("weight", weight), ("bias", bias)):
        if x is not None and backend.kind(x) == "bool":
            raise TypeError(f"{name}: {who}{role} is made of numbers; got bool")
    if hidden.ndim < 1 or weight.ndim != 2 or hidden.shape[-1] != weight.shape[1]:
        swapped = weight.ndim == 2 and tuple(hidden.shape[-1:]) == tuple(weight.shape[:1])
        raise ValueError(
            f"{name}: {who}hidden has the shape (…, features) and {who}weight (classes, features); "
            f"got {tuple(hidden.shape)} and {tuple(weight.shape)}" + ("; is the weight transposed?" if swapped else "")
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError(
            f"{name}: {who}bias has one number a class, so its shape is ({weight.shape[0]},); got {tuple(bias.shape)}"
        )


def _rows(name: str, chunk: Any) -> int | None:
    """How many rows a block has, where the caller says it."""
    if isinstance(chunk, str) and chunk == "auto":
        return None
    try:
        rows = operator.index(chunk)
    except TypeError:
        rows = 0
    if isinstance(chunk, bool) or rows < 1:
        raise ValueError(f'{name}: chunk is a number of rows ≥ 1, or "auto"; got {chunk!r}')
    return rows


def linear(loss: Softmax) -> LinearLoss:
    """A loss of classes as a loss of hidden states and a linear layer's weight; any loss made by :func:`lossary.softmax`.

    >>> import lossary
    >>> @lossary.softmax
    ... def focal(log_probability, *, gamma=2.0):
    ...     return -(1 - lossary.vocabulary.exp(log_probability)) ** gamma * log_probability
    >>> linear_focal = lossary.linear(focal)
    >>> float(linear_focal([[1.0, 0.0]], [[2.0, 0.0], [0.0, 1.0]], [0], gamma=1.0))
    0.01513...
    """
    if not isinstance(loss, Softmax):
        raise TypeError(f"linear takes a loss of classes, made by lossary.softmax; got {loss!r}")
    return linear_cross_entropy if loss is cross_entropy else _linear(loss)


_linear = functools.cache(LinearLoss)  # one for each loss, also where it is made anew at every step


linear_cross_entropy = LinearLoss(
    cross_entropy,
    name="linear_cross_entropy",
    doc=r"""Cross-entropy of ``hidden @ weight.T + bias``, a language model's last layer, without all its logits in memory.

    With logits :math:`x = hW^\top + b`, capped and tempered to :math:`z = c\tanh(x/c)/T`, and
    :math:`\log Z = \log\sum_k e^{z_k}`, the loss of a row in nats is

    .. math:: \ell = \sum_k t_k c_k\,(\log Z - z_k) + \alpha\,(\log Z)^2 \sum_k y_k c_k

    where y is the target, t what smoothing makes of it, c the class weights and :math:`\alpha` is ``z_loss``.

    Arguments:

    - ``hidden`` (…, features), ``weight`` (classes, features), ``bias`` (classes,) or None.
    - ``target``: class indices (…) of any integer dtype, or class probabilities (…, classes). Or none, and ``teacher_hidden``
      (…, other features), ``teacher_weight`` (classes, other features), perhaps ``teacher_bias`` and ``teacher_soft_cap``: the
      target is then the softmax of the teacher's logits, at the same temperature; no gradient flows to the teacher.
    - ``class_weight``, ``ignore_index``, ``where``, ``reduction``, ``normalizer``, ``empty``, ``check``: as
      :func:`lossary.cross_entropy` has them. Rows that are left out are not computed, and may hold anything.
    - ``label_smoothing`` ε: with ``smoothing="uniform"`` :math:`t = (1-\varepsilon)y + \varepsilon/K` (Szegedy et al., 2016),
      with ``"others"`` the ε is shared by the K - 1 other classes.
    - ``z_loss`` α keeps log Z near 0 (Chowdhery et al., 2022); ``soft_cap`` c bounds the logits (Gemma, 2024);
      ``temperature`` T divides them (Hinton et al., 2015).
    - ``returns``: ``"log_normalizer"`` (log Z), ``"entropy"`` (of the softmax), ``"accuracy"`` (1 where the first of the
      largest logits is the target's class, else 0) and ``"token_losses"`` (as of ``reduction="none"``), one number a row, 0
      where a row is left out. The call then gives a named tuple of the loss and these, from the same pass. All but the accuracy
      can be differentiated.
    - ``chunk``: rows of a block. ``"auto"`` keeps what is as large as a block's logits within 64 MB together, or takes one row.
    - ``process_group``: the group whose ranks hold the classes, each some of them side by side; ``weight``, ``bias``, soft
      targets and a teacher's weight are then this rank's part, and ``class_weight`` is that of all classes. In JAX, the name of
      a mesh axis inside ``jax.shard_map``.

    Logits, losses and gradients are computed in float32 for half precision, in float64 for float64. The gradients of a reduced
    cost are computed with it, and only those that are asked for; with ``reduction="none"``, and where what ``returns`` names is
    differentiated, the blocks are computed once more. Second derivatives have all logits in memory.

    Works on NumPy arrays, torch tensors (autograd, ``torch.compile``) and JAX arrays (``jit``, ``grad``, ``vmap``,
    ``shard_map``). ``linear_cross_entropy.value_and_gradient(…)`` gives the value and the gradients ``(hidden, weight, bias)``.

    Raises TypeError and ValueError for shapes that do not fit, labels out of range, rows that are no distribution, and options
    that there are not. Under ``jit`` and on a GPU an invalid row becomes NaN.

    >>> import numpy as np, lossary
    >>> hidden = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> weight = np.array([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.5]])
    >>> found = lossary.linear_cross_entropy(hidden, weight, [0, 1, -100], ignore_index=-100, returns=("accuracy",))
    >>> print(round(float(found.loss), 6), found.accuracy)
    0.288726 [1. 1. 0.]
    >>> value, gradient = lossary.linear_cross_entropy.value_and_gradient(hidden, weight, [0, 1, 2])
    >>> gradient.weight.shape
    (3, 2)
    """,
)
linear_kl_divergence = LinearLoss(
    cross_entropy,
    "kl",
    name="linear_kl_divergence",
    doc=r"""KL(teacher‖student) in nats of two linear layers' softmax, without the logits of all rows in memory.

    .. math:: \ell = \sum_k q_k (\log q_k - \log p_k), \quad p = \mathrm{softmax}(z/T), q = \mathrm{softmax}(z'/T)

    with the student's logits z of ``hidden`` and ``weight`` and the teacher's z′ of ``teacher_hidden`` and ``teacher_weight``
    (Hinton et al., 2015, who multiply by T²; this does not). No gradient flows to the teacher. Options are those of
    :func:`lossary.linear_cross_entropy`.

    >>> import lossary
    >>> float(lossary.linear_kl_divergence([[1.0]], [[1.0], [0.0]], [[0.0]], [[1.0], [0.0]]))
    0.12011450695827...
    """,
)
linear_jensen_shannon = LinearLoss(
    cross_entropy,
    "js",
    name="linear_jensen_shannon",
    doc=r"""The Jensen–Shannon divergence of two linear layers' softmax in nats, without the logits of all rows in memory.

    .. math:: \ell = \beta\,\mathrm{KL}(q‖m) + (1-\beta)\,\mathrm{KL}(p‖m), \quad m = \beta q + (1-\beta) p

    for the student's p and the teacher's q (Lin, 1991; with other weights than ½, Agarwal et al., 2024); β is ``mixture``. No
    gradient flows to the teacher. Options are those of :func:`lossary.linear_cross_entropy`.

    >>> import lossary
    >>> float(lossary.linear_jensen_shannon([[1.0]], [[1.0], [0.0]], [[0.0]], [[1.0], [0.0]]))
    0.02853525620039...
    """,
)
