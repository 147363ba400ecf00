"""What plans and dispatch know of a loss: how its input is read, and what its kind computes."""

from __future__ import annotations

import dataclasses
import inspect
import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import InvalidValues, as_listed, check_size, whole_number_problem
from lossary.arrays.protocol import ArrayBackend
from lossary.engine import class_labels, distributions
from lossary.engine.array_plan import ArrayFunction
from lossary.engine.call import Call, Options
from lossary.engine.options import OptionReader
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression
from lossary.formula.known import Known

if TYPE_CHECKING:
    from lossary.kernels.task import PassesTask, Task


class Calculation(OptionReader):
    """A loss as what computes it sees it: reading of input, and hooks that each kind fills in."""

    sized_options: tuple[str, ...] = ()
    """The extra options that are numbers and computed with."""
    leaves_out: Callable[..., Any] | None = None
    """Takes inputs by their names and says which samples are masked, or None if none are; only a word of a choice has it."""

    of_distributions = False
    """Whether prediction and target are distributions over the components of a sample."""
    target_form: str | None = None
    """The form in which the target is passed, or None if the formula takes it as it is."""
    takes_labels = False
    """Whether class labels may stand for one-hot rows in the target."""
    label_rows: bool | None = None
    """Whether a target like the prediction holds one number for each class, or labels; None of a loss without labels, or one
    that reads the options of labels itself."""

    def __init__(self) -> None:
        super().__init__()
        self.plans: dict[Any, Any] = {}

    # ---- reading

    def read(self, options: Options, backend: ArrayBackend, inputs: Sequence[Any]) -> Call:
        """Return the call with its options, shapes and dtypes read and checked, but not the values of its arrays."""
        return self.read_array_options(self.read_inputs(backend, inputs, options), options)

    def _of_probabilities(self, inputs: Sequence[Any], options: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
        """Return the loss of a target of probabilities, and inputs with the target as such."""
        if self.target_form is None or self.origin is None:
            return self, tuple(inputs)
        loss, words = self.origin
        chosen = {**dict(zip(loss.choices, words, strict=True)), "target_given": distributions.FORMS[0]}
        backend, (prediction, target) = select.of(*inputs), inputs
        made = distributions.as_probabilities(self.__name__, self.target_form, backend, prediction, target, options.get("axis"))
        return loss.of_words(*chosen.values()), (prediction, made)

    @cached_property
    def is_converted(self) -> bool:
        """Whether :meth:`as_computed` has anything to do."""
        return self.target_form is not None or self.leaves_out is not None or self.label_rows is not None

    def as_computed(self, inputs: Sequence[Any], options: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Return the loss, inputs and options that compute a call whose words have been chosen.

        A target in another form becomes probabilities; what a choice leaves out, an ignored label and the weights of classes
        become a mask and weights of samples, unless the loss reads them itself.
        """
        loss, inputs = self._of_probabilities(inputs, options)
        found: dict[str, Any] = loss._masked(inputs, options)
        if loss.label_rows is not None:
            inputs, found = class_labels.as_weights(loss.__name__, inputs, found, rows=loss.label_rows)
        return loss, inputs, found

    def _masked(self, inputs: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return options whose mask leaves out what the loss does."""
        if self.leaves_out is None:
            return dict(options)
        if options.get("axis") is not None:
            raise TypeError(
                f"{self.__name__}: axis= makes several elements one sample, and this choice leaves out single elements; "
                "leave out axis="
            )
        backend = select.of(*inputs)
        arrays = {name: backend.array(x, f"{self.__name__}: {name}") for name, x in zip(self.inputs, inputs, strict=True)}
        kept = ~self.leaves_out(**{name: arrays[name] for name in inspect.signature(self.leaves_out).parameters})
        given = options.get("where")
        return {**options, "where": kept if given is None else kept & backend.array(given, f"{self.__name__}: where")}

    def read_array_options(self, call: Call, options: Options) -> Call:
        """Return the call with those options read that are arrays, or may be."""
        backend = call.backend
        if not options.plain:
            call.parameters = {
                name: self._of_samples(call, name, value)
                if name in options.parameter_arrays
                else self.read_number(backend, name, value, self.formulas.intervals.get(name))
                for name, value in call.parameters.items()
            }
            normalizer = call.reduction.normalizer
            if normalizer is not None:
                call.reduction = dataclasses.replace(
                    call.reduction, normalizer=self.read_number(backend, "normalizer", normalizer, Interval(0.0))
                )
            self._read_weights(call, options.weight, options.where)
        arrays = {**call.inputs, "weight": call.weight, "where": call.mask, "class_weight": call.extra.class_weight}
        numbers = {name: getattr(call.extra, name) for name in self.sized_options}
        backend.one_device(self.__name__, {**arrays, **call.parameters, **call.arrays_by_name, **numbers})
        self.check_sizes(call)
        return call

    def check_sizes(self, call: Call) -> None:
        """Raise for numbers that the dtype of the computation cannot hold."""
        sized = {name: x for name in self.sized_options if (x := getattr(call.extra, name)) is not None}
        numbers = {name: x for name, x in call.parameters.items() if name not in call.parameter_arrays} | sized
        for name, value in numbers.items():
            check_size(f"{self.__name__}: {name}", value, call.backend, call.dtype)
        if call.reduction.normalizer is not None:
            check_size(f"{self.__name__}: normalizer", call.reduction.normalizer, call.backend, call.dtype, inverted=True)

    @staticmethod
    def check_whole_numbers(call: Call, role: str, values: Any, axes: tuple[int, ...]) -> None:
        """List integers that the dtype of the computation would round."""
        problem = whole_number_problem(call.backend, call.dtype, role, values, axes)
        if problem is not None:
            call.problems.append(problem)

    def load(self, call: Call) -> None:
        """Convert the arrays to the dtype and layout of the computation; raise for invalid values, or mark them."""
        where = call.mask
        self.load_inputs(call)
        self.load_weight(call)
        if call.parameter_arrays:
            self._load_parameters(call)
        if where is not None and call.mask is not where:
            call.mask = call.mask & where
        self.raise_or_mark_invalid(call, call.check)
        if call.check is not None:
            self._fill_all_excluded(call)

    def load_weight(self, call: Call) -> None:
        """Convert the weights of samples, and list their invalid values."""
        if call.weight is None:
            return
        weight = call.weight
        call.weight = call.backend.cast(weight, call.dtype)
        call.problems.append(
            InvalidValues(
                "weight",
                ~(weight >= 0),
                weight,
                (),
                "a weight is a number ≥ 0",
                "use where= or a weight of 0 to leave samples out",
            )
        )
        finite = "a weight is finite in the dtype computed in"
        call.problems.append(
            InvalidValues("weight size", call.weight == math.inf, weight, (), finite, "divide all weights by the largest")
        )
        self.check_whole_numbers(call, "weight", weight, ())

    def _load_parameters(self, call: Call) -> None:
        """Convert parameters with one value a sample, and list their invalid values."""
        call.parameters = dict(call.parameters)
        for name in call.parameter_arrays:
            given, interval = call.parameters[name], self.formulas.intervals[name]
            call.parameters[name] = values = call.backend.cast(given, call.dtype)
            outside = interval.outside(values) | (values != values)
            call.problems.append(InvalidValues(name, outside, given, (), f"{name} lies in {interval}", "correct it"))
            self.check_whole_numbers(call, name, given, ())

    def _read_weights(self, call: Call, weight: Any, where: Any) -> None:
        backend, shape = call.backend, call.sample_shape
        if weight is not None:
            hint = "; weights of classes go into class_weight=" if "class_weight" in self.extra_options else ""
            call.weight = self._of_samples(call, "weight", weight, hint)
        if where is not None:
            where = backend.array(as_listed(where, call.prediction), f"{self.__name__}: where")
            hint = "; a mask of components has the shape of the inputs" if self.kind == "samplewise" else ""
            self.refuse_other_shape("where", where, shape, hint)
            if backend.kind(where) != "bool":
                raise TypeError(
                    f"{self.__name__}: where is a mask of booleans, true for samples that count; got dtype {where.dtype}; "
                    "write where=mask != 0, or weight= for weights"
                )
            call.mask = where

    def _of_samples(self, call: Call, name: str, value: Any, hint: str = "") -> Any:
        """Return an option with one number a sample as an array."""
        array = call.backend.array(as_listed(value, call.prediction), f"{self.__name__}: {name}")
        self.refuse_other_shape(name, array, call.sample_shape, hint)
        if call.backend.kind(array) == "bool":
            remedy = "a mask goes into where=" if name == "weight" else "convert it to a floating type"
            raise TypeError(f"{self.__name__}: {name} is made of numbers; got bool; {remedy}")
        return array

    def refuse_other_shape(self, name: str, array: Any, shape: tuple[int, ...], hint: str = "") -> None:
        """Raise unless an array has one value a sample."""
        if tuple(array.shape) != shape:
            raise ValueError(
                f"{self.__name__}: {name} has one value a sample, so its shape is {shape}; got {tuple(array.shape)}; "
                f"nothing is broadcast silently, so reshape or broadcast it first{hint}"
            )

    def raise_or_mark_invalid(self, call: Call, check: bool | None) -> None:
        """Raise for invalid values, or mark their samples where raising is impossible."""
        backend = call.backend
        if check is None:  # only asked for
            return
        problems = [p for p in call.problems if check or p.kind == "label"]
        if call.mask is not None:
            for problem in problems:
                mask = call.mask
                for axis in problem.axes:
                    mask = backend.expand(mask, axis)
                problem.mask = problem.mask & mask
        for problem in problems:
            if check and backend.readable(problem.mask):
                problem.refuse(self.__name__)
                continue
            samples = problem.samples()
            call.invalid = samples if call.invalid is None else call.invalid | samples

    def _fill_all_excluded(self, call: Call) -> None:
        """Replace masked samples and samples of weight 0 by values with a finite loss and slope."""
        backend = call.backend
        unused, nothing = None if call.mask is None else ~call.mask, self.has_no_weight(call)
        if call.undefined is not None:
            lost = call.undefined if nothing is None else call.undefined & ~nothing
            call.invalid = lost if call.invalid is None else call.invalid | lost
        weights = [x for x in (call.weight, call.extra.class_weight) if x is not None]
        if nothing is not None and any(map(backend.learned, weights)):
            nothing = self.find_hidden(call, nothing)
        if nothing is not None:
            unused = nothing if unused is None else unused | nothing
        if unused is not None:
            self.fill_excluded(call, unused)

    def has_no_weight(self, call: Call) -> Any:
        """Return which samples weigh 0, or None if there are no weights."""
        return None if call.weight is None else call.weight == 0

    def find_hidden(self, call: Call, nothing: Any) -> Any:
        """Return which samples of weight 0 to hide where the weight may be differentiated, or None if none need it."""
        return None

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        """Return slopes with their axes in the order of the caller's predictions."""
        return slopes

    def fill_excluded(self, call: Call, unused: Any) -> None:
        """Replace excluded samples by values with a finite loss and slope; each kind of loss replaces its inputs."""
        for name in call.parameter_arrays:
            call.parameters[name] = call.backend.xp.where(unused, self.formulas.parameters[name], call.parameters[name])

    # ---- what each kind of loss fills in

    def formula(self, given: str | None = None, order: int = 0, of: str | None = None) -> Expression:
        """Return the formula of one sample or component: its value, or a derivative in a prediction, by default the first."""
        return self.formulas.formula(given, order, of)

    def with_predictions(self, parameters: tuple[str, ...]) -> Calculation | None:
        """Return the loss with some of its parameters as predictions, behind its own; None if there is no such loss."""
        return None

    def known(self, call: Call) -> Known:
        """Return what the plain numbers among the parameters say of the formula, in the precision of the call."""
        real = np.float32 if call.backend.eps(call.dtype) > 2.0**-30 else np.float64
        numbers = {name: float(real(x)) for name, x in call.parameters.items() if type(x) in (int, float)}
        return self.formulas.known(numbers)

    @abstractmethod
    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        """Return a call on the arrays as passed, their shapes and dtypes checked."""

    @abstractmethod
    def load_inputs(self, call: Call) -> None:
        """Convert the inputs for the computation, and list their invalid values in the call."""

    def kernel_task(self, call: Call, with_loss: bool, order: int) -> tuple[Task | PassesTask, list[Any]] | None:
        """Return a fused kernel for losses and slopes (no slopes if ``order`` is 0) and the arrays that it reads.

        Return None if no kernel serves this call.
        """
        return None

    def counting_task(self, call: Call) -> tuple[Task, tuple[str, ...]] | None:
        """Return a kernel for the divisor of a mean and the names of what it reads, or None if there is no such kernel."""
        return self.make_counting_task(call, labelled=False, ignored=None, class_weighted=False)

    def make_counting_task(
        self, call: Call, *, labelled: bool, ignored: int | None, class_weighted: bool
    ) -> tuple[Task, tuple[str, ...]] | None:
        """Return the kernel for a divisor that depends on labels, on the weights of classes, or on neither."""
        from lossary.kernels import counting

        name, weighted = call.backend.dtype_name, call.weight is not None and call.reduction.how == "mean"
        kernel = counting.Counting(
            precision=name(call.dtype),
            target=name(call.target.dtype) if labelled else None,
            weight=name(call.weight.dtype) if weighted else None,
            masked=call.mask is not None,
            ignoring=ignored is not None,
            class_weighted=class_weighted,
        )
        task = counting.task(kernel, math.prod(call.sample_shape), call.extra.classes, ignored or 0)
        return None if task is None else (task, kernel.reads())

    def kernel_source(self, given: str | None, with_loss: bool, order: int) -> str:
        """Return the source of a kernel for plain float64 arrays, as an example."""
        raise TypeError(f"{self.__name__} is composed of array operations, so there is no kernel of it to write out")

    def array_function(self, call: Call, with_loss: bool, order: int) -> ArrayFunction | None:
        """Return losses and slopes as a function of NumPy arrays, or None if there is none for such calls."""
        return None

    def count_samples(self, call: Call) -> tuple[Any, Any] | None:
        """Return the weights of samples and the mask of those that count, before loading; None if a label is out of range."""
        weight = None if call.weight is None else call.backend.cast(call.weight, call.dtype)
        return weight, call.mask

    @abstractmethod
    def weighted_losses(self, call: Call) -> Any:
        """Return wℓ of each sample, before masking."""

    @abstractmethod
    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        """Return the first or second derivative of each sample's wℓ in each prediction."""

    def divisor_weight(self, call: Call) -> Any:
        """Return the weight of each sample in the divisor of the mean, or None if each weighs 1."""
        return call.weight

    def class_axis(self, options: Options) -> int | None:
        """Return the axis of the classes, or None if there is none."""
        return None

    @property
    def is_cross_entropy(self) -> bool:
        """Whether the loss is -log p of classes, whatever its name."""
        return False

    @cached_property
    def has_binary_target(self) -> bool:
        """Whether the target is a probability."""
        target = self.formulas.properties.target
        return not self.takes_labels and self.predictions == ("prediction",) and (target.low, target.high) == (0, 1)

    def in_rows(self, call: Call) -> Call:
        """Make the arrays contiguous with the class axis last, so that the order of sums does not depend on the layout."""
        backend = call.backend
        call.inputs = {name: backend.contiguous(x) for name, x in call.inputs.items()}
        return call

    def with_extras(self, call: Call, cost: Any, losses: Any) -> Any:
        """Return the value of a call, together with what ``returns=`` names."""
        return cost
