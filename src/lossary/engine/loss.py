"""What every loss can do. The kinds of loss are in ``pointwise.py``, ``samplewise.py``, ``softmax.py``, ``composed.py`` and
``listwise.py``.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import as_numpy, to_numpy
from lossary.arrays.graph import as_graph_node
from lossary.arrays.real import check_indexes
from lossary.counted import enumerated
from lossary.engine import best_constant, dispatch, plans, preparation
from lossary.engine.arithmetic import Arithmetic
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call
from lossary.engine.choices import by_choice, restore_choice
from lossary.engine.help import explained
from lossary.engine.options import COMMON
from lossary.engine.reduction import Total
from lossary.engine.scaling import parts_of
from lossary.engine.swapped import warn_if_swapped
from lossary.engine.user_module import USER_PREFIX, load_attribute
from lossary.formula.expression import Expression, FormulaError
from lossary.formula.formulas import Formulas
from lossary.formula.properties import Properties
from lossary.formula.reading import ChoiceValue
from lossary.formula.rewrite import substitute
from lossary.names import explains_options, unknown_option

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as Calls
    from lossary.engine.exact_sum import Scored
else:
    Calls = object

_PUBLIC = (
    "best_constant", "choices", "code", "curvature", "formula", "gradient", "inputs", "latex", "mathml",
    "parameters", "plot", "predictions", "prepare", "problems", "properties", "total", "value_and_gradient"
)  # fmt: skip
"""What ``dir`` lists of a loss; the other methods without an underscore are for the layers that compute."""
_QUIET = np.errstate(all="ignore")
"""NumPy's warnings of overflow, underflow and NaN do not depend on the user's settings."""
_ARRAYS = ("weight", "where", "class_weight")
"""Options that are arrays."""


class Loss(Calculation, Arithmetic, Calls):
    """A loss: its value, gradient and curvature on any supported arrays, and its formula in any language.

    Made by the decorators :func:`lossary.pointwise`, :func:`lossary.samplewise`, :func:`lossary.softmax` and
    :func:`lossary.composed`.
    """

    __qualname__: str

    def __init__(self, definition: Callable[..., Any], formulas: Formulas) -> None:
        super().__init__()
        self.definition = definition
        self.formulas = formulas
        self.inputs, self.predictions = formulas.inputs, formulas.predictions
        self.__name__ = definition.__name__
        self.__qualname__ = definition.__qualname__
        self.__module__ = definition.__module__
        own = {name: x for name, x in self.known_options().items() if name not in formulas.parameters}
        self.__doc__ = inspect.cleandoc(definition.__doc__ or definition.__name__) + explained(own)
        self._compute = as_graph_node(functools.partial(dispatch.compute, self), quiet=False)
        self.__signature__ = self.signature()
        self._takes = len(self.inputs)

    @classmethod
    def taken_names(cls) -> set[str]:
        """Return the names that no parameter of a definition may have."""
        return {*COMMON, *cls.extra_options, "prediction", "target", "given", "of", "out", "self", "language", "with_squares"}

    # ---- what a user calls

    if not TYPE_CHECKING:  # what a type checker knows of these is in calls.pyi

        def __call__(self, *inputs, **options):
            """The cost of predictions: by default the weighted mean of their losses."""
            if len(inputs) != self._takes:
                inputs = self._by_name(inputs, options)
            if type(inputs[0]) is Expression or type(inputs[-1]) is Expression:
                return self._called_in_definition(inputs, options)
            return self._compute("value", inputs, options)

        def gradient(self, *inputs, **options):
            """The gradient of the cost with respect to the prediction, from the derived formula; takes what the loss takes.

            A loss of several predictions has a named tuple of gradients. With ``reduction="none"``, the derivative of each
            sample's weighted loss with respect to its own prediction.
            """
            if len(inputs) != self._takes:
                inputs = self._by_name(inputs, options)
            return self._compute("gradient", inputs, options)

        def value_and_gradient(self, *inputs, **options):
            """The cost and its gradient with respect to the prediction; takes what the loss takes."""
            if len(inputs) != self._takes:
                inputs = self._by_name(inputs, options)
            value, gradient = self._compute("value_and_gradient", inputs, options)
            return value, gradient

        def curvature(self, *inputs, **options):
            """The second derivative of the cost with respect to each element of the prediction (the Hessian's diagonal)."""
            if len(inputs) != self._takes:
                inputs = self._by_name(inputs, options)
            return self._compute("curvature", inputs, options)

        @by_choice
        def total(self, *inputs, **options):
            """An exact, mergeable total of the weighted losses; takes what the loss takes, but no reduction.

            See :class:`lossary.Total`.
            """
            if len(inputs) != self._takes:
                inputs = self._by_name(inputs, options)
            for name in ("reduction", "normalizer", "empty", "returns"):
                if name in options:
                    raise TypeError(f"{self.__name__}.total: a total holds sums; leave out {name}=, and read its mean")
            if self.has_binary_target and options.get("check", True) is True:
                axis = self.class_axis(self.read_options(options))
                warn_if_swapped(self.__name__, select.of(*inputs), *inputs, axis)
            self, inputs, options = self.as_computed(inputs, options)
            check_indexes(*inputs, options.get("weight"))
            total, parts = Total(), parts_of(options.get("weight"))
            if not parts:
                total.add_weighted(*self.sample_losses(*inputs, **options))
            for part, shift in parts:
                losses, weights = self.sample_losses(*inputs, **{**options, "weight": part})
                total.add_scaled(losses, weights, shift)
                total.count = len(losses)
            return total

    @by_choice
    def best_constant(
        self,
        target: Any,
        weight: Any = None,
        where: Any = None,
        *,
        given: str | None = None,
        classes: int | None = None,
        **parameters: Any,
    ) -> Any:
        """Return the constant prediction with the least mean loss on these targets: a float, or one number for each class.

        For :func:`lossary.squared_error` and :func:`lossary.binary_cross_entropy` it is the mean of the target, for
        :func:`lossary.absolute_error` the median (the middle where an interval is best, as of an even number of targets), for
        :func:`lossary.cross_entropy` the share of each class; else it is searched for, where the slope of the mean loss
        changes sign. ``parameters`` are the loss's own.

        Where the loss takes the prediction in several forms, it is a probability or a mean, as in the formula, or what
        ``given`` says. Labels may have a number of ``classes``, by default one more than the largest label. Samples that
        ``where`` leaves out, or of ``weight`` 0, count nothing. Of no targets, and of numbers with NaN, the constant is NaN;
        the mean of infinite targets is infinite, or NaN if they have both signs. Targets may be arrays of any library.

        Raises TypeError for losses of several predictions, of components together and of array code; ValueError where no
        lowest point is found, and for targets outside their interval.

        >>> import lossary
        >>> lossary.squared_error.best_constant([1.0, 2.0, 6.0])
        3.0
        >>> lossary.absolute_error.best_constant([1.0, 2.0, 6.0])
        2.0
        >>> lossary.cross_entropy.best_constant([0, 2, 2, 1])
        array([0.25, 0.25, 0.5 ])
        """
        return best_constant.of_arrays(self, target, weight, where, given, classes, parameters)

    @by_choice
    def prepare(self, *inputs: Any, **options: Any) -> None:
        """Compile ahead what such calls will need: value, value and gradient, and on torch a step of training.

        Takes what the loss takes. The arrays say which dtypes, classes and options there will be, not how many samples: axes of
        samples may have length 0, or any but 1 (which stands for 1 itself), and tensors may be on the device ``meta``. Kernels
        are kept on disk for all processes of the machine; where one cannot be had, a RuntimeWarning says why.

        >>> import numpy as np, lossary
        >>> lossary.huber.prepare(np.empty(0, "float32"), np.empty(0, "float32"), delta=2.0)
        """
        self, inputs, options = self.as_computed(self._by_name(inputs, options), options)
        call = self.read_call(inputs, options)
        if self.kind != "composed" and select.name_of(*inputs) != "jax":  # these have no kernels
            preparation.prepare(self, call, options, plans.SMALLEST)

    @by_choice
    @_QUIET
    def sample_losses(self, *inputs: Any, **options: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the weighted losses of unmasked samples and their weights (None if all are 1), as NumPy arrays of one axis.

        They are computed in the same way whatever their number, so that no loss depends on its batch.
        """
        self, inputs, options = self.as_computed(inputs, options)
        may_be_arrays = {*_ARRAYS, *self.formulas.parameters, *self.sized_options}
        beside = {name: x for name, x in options.items() if name in may_be_arrays}
        arrays = {**dict(zip(self.inputs, inputs, strict=True)), **beside}
        for role, value in arrays.items():
            if hasattr(value, "detach"):
                select.of(value).array(value, f"{self.__name__}: {role}")
                if value.is_meta:
                    raise ValueError(
                        f"{self.__name__}: {role} must hold numbers; got a tensor on meta; give it its numbers first"
                    )
        plain = {name: as_numpy(value) for name, value in arrays.items()}
        if not any(hasattr(value, "detach") for value in plain.values()):  # NumPy has no bfloat16
            inputs = tuple(plain.pop(name) for name in self.inputs)
            options = {**options, **plain}
        checked = self.read_options({**options, "reduction": "none"})
        backend = select.of(*inputs)
        count = len(self.predictions)
        call = self.in_rows(self.read(checked, backend, (*map(backend.detached, inputs[:count]), *inputs[count:])))
        call.keep_compute_dtype = True
        by_kernel = dispatch.rows_are_distributions(self, backend, inputs, checked)
        losses = dispatch.losses_by_kernel(self, call) if by_kernel else None
        counted = None if losses is None else self.count_samples(call)
        if losses is None or counted is None:
            self.load(call)
            losses = call.nan_where_invalid(self.weighted_losses(call), call.invalid)
            counted = self.divisor_weight(call), call.mask
        weights, mask = (None if array is None else to_numpy(array).reshape(-1) for array in counted)
        losses = to_numpy(losses).reshape(-1)
        return (losses, weights) if mask is None else (losses[mask], None if weights is None else weights[mask])

    def exact_losses(self, inputs: Sequence[np.ndarray], *, with_squares: bool, **options: Any) -> Scored | None:
        """Return unweighted losses of float64 predictions with their exact sums by one kernel, or None if there is none."""
        return None

    @by_choice
    @_QUIET
    def problems(self, *inputs: Any, **options: Any) -> dict[str, np.ndarray]:
        """Return what is invalid about the input: for each kind of problem that occurs, a mask over the samples."""
        self, inputs, options = self.as_computed(self._by_name(inputs, options), options)
        call = self.read_call(inputs, {**options, "check": None})
        self.load(call)
        found: dict[str, np.ndarray] = {}
        for problem in call.problems:
            samples = to_numpy(problem.samples())
            if samples.any():
                found[problem.kind] = found.get(problem.kind, False) | samples
        return found

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The loss's own parameters and their defaults; those that are words are its ``choices``."""
        return types.MappingProxyType(self.formulas.parameters)

    @property
    def properties(self) -> Properties:
        """What is known of the loss: its kind, domains, convexity, minimiser."""
        return self.formulas.properties

    @by_choice
    @explains_options
    def latex(self, what: str = "value", *, given: str | None = None, of: str | None = None, **choices: ChoiceValue) -> str:
        """The formula of one sample as LaTeX: its ``"value"``, its ``"gradient"`` or its ``"curvature"``.

        A loss of a probability is written in terms of the probability; ``given="logits"`` writes it in terms of a raw score z.
        ``of`` says in which prediction a derivative is, where there are several; ``choices`` are words that the loss takes.
        The value of array code is the first formula of its docstring, and its derivatives are not written.

        >>> import lossary
        >>> lossary.squared_error.latex()
        '\\\\left(\\\\hat{y} - y\\\\right)^{2}'
        """
        from lossary.formula.languages import latex
        from lossary.formula.languages.orders import order_of
        from lossary.formula.languages.write import prediction_of

        if given is not None:
            self.check_choice("given", given, self.formulas.given)
        of = prediction_of(self.formulas, f"{self.__name__}.latex", of, order_of(what))
        return latex.write(self.formulas, what, given, of)

    def mathml(self, what: str = "value", *, display: str = "inline", **options: Any) -> str:
        """The formula as MathML, which browsers draw; ``display`` may be ``"block"``, and options are as of :meth:`latex`.

        >>> import lossary
        >>> lossary.squared_error.mathml()[:56]
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display'

        """
        from lossary.formula.languages.mathml import of_latex

        return of_latex(self.latex(what, **options), display)

    @by_choice
    def code(self, language: str, **options: Any) -> str:
        """The formula as source text: ``"numpy"``, ``"torch"``, ``"jax"``, ``"numba"``, ``"javascript"`` or ``"sql"``.

        ``"gradient:javascript"`` and so on give the derivative in the prediction, ``"curvature:…"`` the second;
        ``of="variance"`` says in which prediction, where there are several.
        ``"numba"`` is the kernel for float64 arrays, value and gradient in one loop (``"value:numba"`` for the value alone).
        Parameters become arguments, but for SQL, where they are written in (``code("sql", delta=2)``).

        >>> import lossary
        >>> print(lossary.huber.code("javascript"))
        (prediction, target, delta) => {
          const t1 = prediction - target;
          const t2 = Math.abs(t1);
          return (t2 <= delta ? t1 ** 2 / 2 : delta * (t2 - delta / 2));
        }
        """
        from lossary.formula.languages.write import write

        return write(self.formulas, language, options, self.kernel_source)

    def plot(self, **options: Any) -> Any:
        """Return a figure of the loss and its gradient, ``loss.plot(delta=3)``; options as of :func:`lossary.plots.loss`."""
        from lossary.drawing.curve import draw_loss  # which imports matplotlib

        own = [*self.formulas.parameters, *self.choices]
        known = [*own, *(name for name in inspect.signature(draw_loss).parameters if name != "loss")]
        for name in options:
            if name not in known:
                raise unknown_option(f"{self.__name__}.plot", name, known)
        parameters = {name: options.pop(name) for name in own if name in options}
        if parameters:
            options["parameters"] = parameters
        return draw_loss(self, **options)

    def offer(self, choices: Mapping[str, tuple[ChoiceValue, ...]], make: Callable[[dict[str, ChoiceValue]], Any]) -> Any:
        """Let calls choose words, of which ``make`` returns the loss; return this loss, which is that of the defaults."""
        super().offer(choices, make)
        self.__signature__ = self.signature()
        return self

    def __dir__(self) -> list[str]:
        return sorted({*_PUBLIC, *(name for name in super().__dir__() if name.startswith("__"))})

    def __repr__(self) -> str:
        return f"<{self.kind} loss {self.__name__}{self.__signature__}>"

    def _repr_html_(self) -> str:  # what notebooks show
        from lossary.drawing.notebook import html_of_loss

        return html_of_loss(self)

    def __prepare_scriptable__(self) -> NoReturn:  # torch.jit.script asks for it
        raise NotImplementedError(no_torchscript(self.__name__))

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self.origin is not None:
            return restore_choice, self.origin
        if self.__module__.startswith(USER_PREFIX):  # another process has not loaded that file yet
            return load_attribute, (sys.modules[self.__module__].__file__, self.__qualname__)
        return self.__qualname__  # pickled as what it is: a name in its module

    # ---- how a call runs

    def _by_name(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
        """Return all inputs in order, with those that go by name taken out of the options; raise if some are missing."""
        names = self.inputs
        if len(inputs) > len(names):
            example, more = next(iter(self.formulas.parameters), "weight"), inputs[len(names)]
            raise TypeError(
                f"{self.__name__}: only {enumerated(names)} {'go' if len(names) > 1 else 'goes'} by position; "
                f"got {len(inputs) - len(names)} more; "
                f"name the others, as in {example}={more if isinstance(more, (int, float)) else '…'}"
            )
        for name in names[: len(inputs)]:
            if name in options:
                raise TypeError(f"{self.__name__}: {name} was passed twice, by position and by name; leave one out")
        missing = [name for name in names[len(inputs) :] if name not in options]
        if missing:
            self.refuse_unknown({name: x for name, x in options.items() if name not in names})
            raise TypeError(
                f"{self.__name__} takes {enumerated(names)}; {enumerated(missing)} "
                f"{'are' if len(missing) > 1 else 'is'} missing; pass {names[0]} first"
            )
        return (*inputs, *(options.pop(name) for name in names[len(inputs) :]))

    def _called_in_definition(self, inputs: Sequence[Any], options: dict[str, Any]) -> Expression:
        """Return the formula of this loss of other formulas: a loss that is called within a definition."""
        self, options = self.choose(options)
        if self.kind not in ("pointwise", "samplewise"):
            raise FormulaError(f"{self.__name__} is a loss of all classes of a row, which a formula of one element cannot call")
        for name in options:
            if name not in self.formulas.parameters and not (name == "given" and self.formulas.given):
                raise FormulaError(
                    f"{self.__name__}, called within a definition, is the formula of one sample, so it takes only its own "
                    f"parameters; got {name}=; leave it out, and pass it to the loss that is defined"
                )
        given = options.get("given", next(iter(self.formulas.given), None))
        if given is not None:
            self.check_choice("given", given, self.formulas.given)
        own = self.formulas.parameters | {name: x for name, x in options.items() if name != "given"}
        return self.in_formula(inputs, own, given)

    def in_formula(self, inputs: Sequence[Any], own: Mapping[str, Any], given: str | None) -> Expression:
        """Return the formula of one sample, of these inputs and parameters."""
        if self.target_form is not None:
            raise FormulaError(
                f"{self.__name__}, called within a definition, takes probabilities as its target; got "
                f"target_given={self.target_form!r}; leave it out"
            )
        if self.leaves_out is not None:
            raise FormulaError(
                f"{self.__name__} leaves samples out with this choice, which a formula of one sample cannot; "
                "pass where= to the loss that is defined"
            )
        return substitute(self.formulas.formula(given), {**dict(zip(self.inputs, inputs, strict=True)), **own})

    def read_call(self, inputs: Sequence[Any], options: dict[str, Any]) -> Call:
        """Return the call of these inputs and options, read but not loaded."""
        return self.read(self.read_options(options), select.of(*inputs), inputs)


def no_torchscript(name: str) -> str:
    """Return why something has no TorchScript."""
    return (
        f"{name} has no TorchScript: that is compiled from Python source, and a loss is made of its formula as it runs; "
        "use torch.compile, torch.export or torch.jit.trace"
    )
