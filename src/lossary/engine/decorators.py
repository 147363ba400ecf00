"""The three kinds of loss, and the decorators that make a loss of a definition."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, TypeVar, Unpack, overload

from lossary.engine import combination as combination  # so that losses can be added
from lossary.engine.composed import Composed
from lossary.engine.distributions import FORMS
from lossary.engine.inputs import Definition
from lossary.engine.listwise import Listwise
from lossary.engine.loss import Loss
from lossary.engine.pointwise import Pointwise
from lossary.engine.samplewise import Samplewise
from lossary.engine.softmax import Softmax
from lossary.formula.links import PROBABILITIES, ArrayLink, Link
from lossary.formula.properties import Facts
from lossary.formula.reading import ChoiceValue, check_function, choices_of, with_choices
from lossary.names import unknown_option

if TYPE_CHECKING:
    from lossary.engine.calls import Decorator, LossOfInputs
    from lossary.engine.calls import Loss as AnyLoss

__all__ = [
    "PROBABILITIES",
    "Composed",
    "Listwise",
    "Pointwise",
    "Samplewise",
    "Softmax",
    "composed",
    "listwise",
    "pointwise",
    "samplewise",
    "softmax",
]

L = TypeVar("L", bound=Loss)
SeveralInputs = Callable[Concatenate[Any, Any, Any, ...], Any]
"""A definition of more inputs than a prediction and a target; mypy takes it for any, where it says so, but chooses rightly."""


def _decorate(make: type[L], definition: Definition | None, options: dict[str, Any]) -> Any:
    if definition is not None:
        check_function(definition)
    own = inspect.signature(make).parameters.values()
    known = [p.name for p in own if p.name not in ("definition", "leaves_out") and p.kind is not p.VAR_KEYWORD] + [
        *Facts.__annotations__,
        "by_word",
        *(["target_forms"] if make in (Composed, Samplewise, Softmax) else []),
    ]
    for name in options:
        if name not in known:
            remark = "; parameters of the loss are keyword-only arguments of its definition"
            raise unknown_option(f"@{make.__name__.lower()}", name, known, remark)
    if definition is None:
        return lambda function: _decorate(make, function, options)
    choices, by_word = choices_of(definition, make.taken_names()), options.pop("by_word", {})
    target_forms = options.pop("target_forms", False)
    if target_forms:
        choices["target_given"] = FORMS
    if not choices:
        return make(definition, **options)

    def make_chosen(words: dict[str, ChoiceValue]) -> L:
        words = dict(words)
        form = words.pop("target_given", FORMS[0])
        hooks = {
            name: with_choices(x, words) for name, x in options.items() if name in ("gradient", "curvature") and x is not None
        }
        for name, word in words.items():
            hooks |= by_word.get(name, {}).get(word, {})
        made = make(with_choices(definition, words), **{**options, **hooks})
        made.of_distributions, made.target_form = target_forms, None if form == FORMS[0] else str(form)
        return made

    return make_chosen({name: listed[0] for name, listed in choices.items()}).offer(choices, make_chosen)


@overload
def pointwise(definition: SeveralInputs, /) -> LossOfInputs: ...
@overload
def pointwise(definition: Definition, /) -> AnyLoss: ...  # type: ignore[overload-cannot-match]
@overload
def pointwise(
    *,
    given: Mapping[str, Link] | Mapping[str, Mapping[str, Link]] | None = None,
    neutral: Sequence[str] = (),
    observed: Sequence[str] = (),
    by_word: Mapping[str, Mapping[ChoiceValue, Mapping[str, Any]]] | None = None,
    **facts: Unpack[Facts],
) -> Decorator: ...
def pointwise(definition: Definition | None = None, /, **options: Any) -> Any:
    """A loss of a definition that takes one prediction and one target, in the words of :mod:`lossary.vocabulary`.

    ``given`` says what the prediction may be given as (:data:`lossary.kinds.PROBABILITIES` for a probability); ``neutral``
    names parameters that change nothing by default, such as a weight of 1: LaTeX and kernels of default calls are without them.
    The other options are facts that are known of the loss, which reports and documentation use: ``convex`` (True, or the
    predictions in each of which it is convex), ``minimizer`` ("mean", "median", "quantile", "expectile", "geometric mean" or
    "mode"), ``lipschitz`` and ``homogeneous`` (numbers, or functions of the parameters), ``symmetric``, ``proper``, ``limits``.
    ``requires`` lists relations between inputs (:class:`lossary.domains.Requirement`), without which a sample is invalid.
    ``by_word`` says which of these differ for a word of a choice, as ``{parameter: {word: {option: value}}}``; there,
    ``leaves_out`` is a function of inputs, by their names, that says which samples are masked.

    A definition that is no formula raises TypeError where it is decorated, as do unknown options; a default outside of its
    domain raises ValueError.

    >>> import lossary
    >>> from lossary.vocabulary import log1p
    >>> @lossary.pointwise
    ... def cauchy(prediction, target, *, scale=1.0):
    ...     return log1p(((prediction - target) / scale) ** 2)
    >>> cauchy.gradient([3.0], [1.0], scale=2.0)
    array([0.5])
    """
    return _decorate(Pointwise, definition, options)


@overload
def samplewise(definition: SeveralInputs, /) -> LossOfInputs: ...
@overload
def samplewise(definition: Definition, /) -> AnyLoss: ...  # type: ignore[overload-cannot-match]
@overload
def samplewise(
    *,
    given: Mapping[str, Link] | Mapping[str, Mapping[str, Link]] | None = None,
    neutral: Sequence[str] = (),
    observed: Sequence[str] = (),
    of_sample: Sequence[str] = (),
    labels: bool = False,
    target_forms: bool = False,
    **facts: Unpack[Facts],
) -> Decorator: ...
def samplewise(definition: Definition | None = None, /, **options: Any) -> Any:
    """A loss of a sample, by sums over its components: ``total``, ``average``, ``largest``, ``norm``, ``distance`` and so on.

    The components of a sample lie on ``axis``, by default the last. ``observed`` names inputs that get no gradient beside the
    target; ``of_sample`` those of them, or the target, that have one value a sample, such as a label beside two vectors. Where
    components are classes, ``labels=True`` lets the target be a class index a sample, which stands for a row of 0 with a 1 at
    its place. ``target_forms=True`` says that prediction and target are distributions, whose rows must sum to 1: the option
    ``target_given`` of a call then has the forms of the target. What raises is as of :func:`pointwise`.

    >>> import lossary
    >>> from lossary.vocabulary import total
    >>> @lossary.samplewise
    ... def dice(prediction, target, *, smooth=0.0):
    ...     return 1 - (2 * total(prediction * target) + smooth) / (total(prediction) + total(target) + smooth)
    >>> dice([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    np.float64(0.33333333333333337)
    """
    return _decorate(Samplewise, definition, options)


@overload
def softmax(definition: Definition, /) -> AnyLoss: ...
@overload
def softmax(
    *,
    target_forms: bool = False,
    by_word: Mapping[str, Mapping[ChoiceValue, Mapping[str, Any]]] | None = None,
    **facts: Unpack[Facts],
) -> Callable[[Definition], AnyLoss]: ...
def softmax(definition: Definition | None = None, /, **options: Any) -> Any:
    """A loss of a definition f of one log-probability; the loss of a row is Σₖ tₖ f(log pₖ), with p = softmax(logits).

    With ``target_forms=True`` a call may say by ``target_given`` that the target is logits or log-probabilities. What raises is
    as of :func:`pointwise`.

    >>> import lossary
    >>> from lossary.vocabulary import exp
    >>> @lossary.softmax
    ... def focal(log_probability, *, gamma=2.0):
    ...     return -(1 - exp(log_probability))**gamma * log_probability
    >>> float(focal([[0.0, 0.0]], [1]))
    0.17328679513998632
    """
    return _decorate(Softmax, definition, options)


@overload
def composed(definition: SeveralInputs, /) -> LossOfInputs: ...
@overload
def composed(definition: Definition, /) -> AnyLoss: ...  # type: ignore[overload-cannot-match]
@overload
def composed(
    *,
    signature: str | None = None,
    observed: Sequence[str] = (),
    labels: bool = False,
    neutral: Sequence[str] = (),
    target_forms: bool = False,
    arrays: Mapping[str, str] | None = None,
    given: Mapping[str, ArrayLink] | None = None,
    gradient: Definition | None = None,
    curvature: Definition | None = None,
    **facts: Unpack[Facts],
) -> Decorator: ...
def composed(definition: Definition | None = None, /, **options: Any) -> Any:
    """A loss of array code: arrays with the components of a sample on their last axes in, one loss a sample out.

    ``signature`` names the axes that make up a sample, the last ones of each input: ``"(m),()"`` for m members and one target;
    the axes before them are those of samples, shared by all inputs. By default each input has one such axis, which ``axis=`` of
    a call names. ``observed`` names inputs that get no gradient beside the target, and ``arrays`` parameters that are arrays
    with such axes, ``{"levels": "(q)"}``: one for each sample, or one for all. What is annotated ``int`` or ``bool`` comes as
    whole numbers or booleans, and all else in the dtype of the computation. ``labels`` and ``target_forms`` are those of
    :func:`samplewise`, and ``given`` has the forms of the prediction, each a :class:`lossary.formula.links.ArrayLink`.

    Operators, methods such as ``sum(-1)`` and the words of :mod:`lossary.vocabulary` work on NumPy, torch and JAX arrays alike.
    torch and JAX find the gradient themselves; for NumPy it is given by hand, as a function of the same arguments.

    A signature that does not name the axes of each input raises TypeError where the function is decorated; a result that is
    not one loss a sample raises ValueError in the call.

    >>> import lossary
    >>> @lossary.composed(gradient=lambda prediction, target: -target)
    ... def dot(prediction, target):
    ...     return -(prediction * target).sum(-1)
    >>> dot.gradient([[1.0, 2.0]], [[3.0, 4.0]])
    array([[-3., -4.]])
    >>> @lossary.composed(signature="(m),()")
    ... def mean_distance(members, target):
    ...     return abs(members - target[..., None]).mean(-1)
    >>> mean_distance([[1.0, 2.0, 6.0]], [2.0])
    np.float64(1.6666666666666667)
    """
    return _decorate(Composed, definition, options)


def listwise(**options: Any) -> Decorator:
    """A loss of lists of items, such as the answers to a query: array code of ``(prediction, relevance)``, lists by items.

    A call takes flat arrays, ``loss(prediction, relevance, group)``, and each group of items is a sample. ``gradient``,
    ``curvature`` and facts are as of :func:`lossary.composed`.
    """
    decorator: Decorator = _decorate(Listwise, None, options)
    return decorator
