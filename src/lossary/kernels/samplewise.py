"""Kernels for losses of sums over the components of a sample: sums in one pass or a few, then the loss, then slopes in a pass.

Samples of few components are computed one after another, the second pass finding the numbers in the cache; threads take groups
of samples. Samples of many components are cut into blocks, which threads take; between two passes, the sums of the blocks are
joined in their order. So results do not depend on the number of threads.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from lossary.formula.expression import Expression
from lossary.formula.languages.numba import Writer, own
from lossary.formula.passes import Passes, Step, passes
from lossary.kernels import memory
from lossary.kernels.code import Code
from lossary.kernels.native import Native, native
from lossary.kernels.sizes import CHUNK
from lossary.kernels.sums import JOIN_TOPS, Sums, blocks_called
from lossary.kernels.task import PassesTask, Task
from lossary.kernels.words import WORDS

LONG = 32_768
"""Components from which on a sample is cut into blocks of this size, if there are few samples."""
_FEW = 256
_GROUP = 8192
"""Components, about, of the samples that a thread takes at once."""
_COSTLY = {
    *("exp", "expm1", "log", "log1p", "log1mexp", "log_cosh", "log_gamma", "log_sigmoid", "power", "reciprocal_expm1"),
    *("sigmoid", "softplus", "tanh", "xlogy", "log_sum_exp"),
}


@dataclass(frozen=True, eq=False)
class Samplewise:
    """The formulas and array types that the source of such a kernel depends on.

    Its task takes, in this order, the addresses of the inputs, of what has one number for each sample, of the mask, of stored
    losses, and of the slopes in each prediction. Inputs and slopes are rows of components side by side.
    """

    name: str
    """The name of the loss, for messages."""
    precision: str
    loss: Expression | None
    """The formula of one sample, or None if it is not requested."""
    slopes: tuple[Expression, ...]
    """Its derivatives in the predictions, formulas of a component (``component_slope``); empty if they are not requested."""
    invalid: Expression | None
    """A condition that holds for invalid components, or None if nothing is checked."""
    inputs: tuple[tuple[str, str], ...]
    """The symbols that are arrays of components, with their dtypes."""
    per_sample: tuple[tuple[str, str], ...]
    """The symbols that are arrays with one number for each sample, such as ``weight``, with their dtypes."""
    numbers: tuple[str, ...]
    masked: bool
    """Whether there is a mask ``where``; samples for which it is false have loss and slopes 0, and are not looked at."""
    reduced: bool
    """Whether losses are summed and slopes multiplied by ``share``; else both are stored as they are."""
    stored: tuple[str, ...]
    """The dtypes of stored losses, and of the slopes in each prediction."""

    @functools.cached_property
    def passes(self) -> Passes:
        """The formulas, pass by pass."""
        return passes(self.loss, self.slopes, [name for name, _ in self.inputs])

    def arguments(self) -> dict[str, str]:
        """Return the names and types of the kernels' arguments."""
        found = {own(name): memory.pointer(dtype) for name, dtype in (*self.inputs, *self.per_sample)}
        if self.masked:
            found["where"] = "uint8*"
        if self._stores_losses:
            found["losses"] = memory.pointer(self.stored[0])
        for name, dtype in zip(self._slope_arrays, self.stored[1:], strict=False):
            found[name] = memory.pointer(dtype)
        found |= {**memory.SHARED, **dict.fromkeys(("samples", "components", "group", "phase"), "int64")}
        return found | dict.fromkeys((*map(own, self.numbers), "share"), self.precision)

    @functools.cached_property
    def source(self) -> str:
        """The kernel for whole samples as Python that Numba compiles."""
        return self._module(self._whole_samples)

    @functools.cached_property
    def source_of_blocks(self) -> str:
        """The kernel for blocks of samples as Python that Numba compiles."""
        return self._module(self._blocks_of_samples)

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel for whole samples as machine code, or None if it is unavailable."""
        return native(self.source, tuple(self.arguments().values()), self.name)

    @functools.cached_property
    def native_of_blocks(self) -> Native | None:
        """The kernel for blocks of samples as machine code, or None if it is unavailable."""
        return native(self.source_of_blocks, tuple(self.arguments().values()), self.name)

    @functools.cached_property
    def nanoseconds(self) -> float:
        """The estimated time of one component (fitted to measurements with AVX-512): memory, and elementary functions."""
        given = self.slopes if self.loss is None else (self.loss, *self.slopes)
        nodes = {node for formula in given for node in formula.walk()}
        functions = sum(node.head in _COSTLY for node in nodes)
        return 0.5 + 0.2 * functions if self.precision == "float32" else 1 + 0.6 * functions

    # ---- the text

    @property
    def _stores_losses(self) -> bool:
        return self.loss is not None and not self.reduced

    @property
    def _slope_arrays(self) -> list[str]:
        return [f"slopes_{i}" for i in range(len(self.slopes))]

    @functools.cached_property
    def _sums(self) -> list[list[Sums]]:
        """What is accumulated in each pass."""
        return [
            [Sums(i, frozenset(word for word, _ in words), self.precision) for i, words in enumerate(step.words)]
            for step in self.passes.sums
        ]

    def _module(self, write: object) -> str:
        writer = Writer(WORDS)
        functions = [*self._functions(writer)]
        code = Code()
        with code.block(f"def kernel({', '.join(self.arguments())})"):
            write(code)  # type: ignore[operator]
        every = [sums for level in self._sums for sums in level]
        words = {word for sums in every for word in sums.words}
        called = writer.called.union(*(sums.functions() for sums in every), {"select"})
        blocks = {"take_next", "add_one", "joined", *blocks_called(words)}
        if every:
            blocks.add(f"chunk_{self.precision}")
        dtypes = [dtype for _, dtype in (*self.inputs, *self.per_sample)] + [*self.stored]
        header = memory.header(self.precision, called, *dtypes, blocks=blocks)
        return "\n\n".join([header, *([JOIN_TOPS] if "larger" in blocks else []), *functions, str(code)])

    @functools.cached_property
    def _texts(self) -> dict[str, str]:
        """The names of symbols in the kernel."""
        texts = {name: f"one_{own(name)}" for name, _ in self.inputs}
        texts |= {name: f"this_{own(name)}" for name, _ in self.per_sample}
        texts |= {name: own(name) for name in self.numbers}
        texts |= {name: f"the_{name}" for step in self.passes.sums for words in step.words for _, name in words}
        return texts | {self.passes.count: "real(components)"}

    def _functions(self, writer: Writer) -> Iterator[str]:
        """Yield the text of the functions of a component and of a sample."""
        for name, formulas in self._formulas.items():
            if formulas:
                yield writer.function(name, self._used(formulas.values()), (), formulas, self.precision)

    @functools.cached_property
    def _formulas(self) -> dict[str, dict[str, Expression]]:
        """The formulas of each function, by the name of what it returns."""
        found: dict[str, dict[str, Expression]] = {}
        for i, step in enumerate(self.passes.sums):
            found[f"before_{i}"] = step.held
            found[f"terms_{i}"] = {f"term_{k}": formula for k, formula in enumerate(step.formulas)}
        if self.invalid is not None:
            found["invalid"] = {"invalid": self.invalid}
        if self.loss is not None:
            found["value"] = {"loss": self.passes.loss}  # type: ignore[dict-item]
        if self.passes.slopes is not None:
            found["before_slopes"] = self.passes.slopes.held
            found["slopes"] = {f"slope_{k}": formula for k, formula in enumerate(self.passes.slopes.formulas)}
        return found

    def _used(self, formulas: Iterable[Expression]) -> list[str]:
        return sorted(set().union(*(formula.symbols() for formula in formulas)))

    def _call(self, code: Code, function: str) -> None:
        """Write the call of a function, whose results get their own names."""
        formulas = self._formulas[function]
        if formulas:
            given = ", ".join(self._texts.get(name, name) for name in self._used(formulas.values()))
            code(f"{', '.join(formulas)} = {function}({given})")

    def _read(self, code: Code, given: Iterable[tuple[str, str]], place: str) -> None:
        for name, dtype in given:
            code(f"{self._texts[name]} = {memory.read(dtype, f'{own(name)}[{place}]')}")

    def _begin(self, code: Code, level: int) -> None:
        for sums in self._sums[level]:
            sums.begin(code)

    def _add(self, code: Code, level: int) -> None:
        """Write the pass that accumulates sums of the components from ``begin`` to ``end``."""
        step = self.passes.sums[level]
        self._call(code, f"before_{level}")
        self._begin(code, level)
        with code.block(f"for first in range(begin, end, {CHUNK})"):
            code(f"count = min(int64({CHUNK}), end - first)")
            with code.block("for k in range(count)"):
                code("i = start + first + k")
                self._read_inputs(code, step, check=level == 0)
                self._call(code, f"terms_{level}")
                for k, sums in enumerate(self._sums[level]):
                    code(f"{sums.part}[k] = term_{k}")
            for sums in self._sums[level]:
                sums.add_chunk(code)

    def _read_inputs(self, code: Code, step: Step, *, check: bool) -> None:
        """Write how the inputs at ``i`` are read, and checked if this is the first pass."""
        checked = self.invalid if check else None
        used = set().union(*(formula.symbols() for formula in step.formulas), checked.symbols() if checked is not None else ())
        self._read(code, [pair for pair in self.inputs if pair[0] in used], "i")
        if checked is not None:
            given = ", ".join(self._texts[name] for name in self._used([checked]))
            code(f"outside = outside | invalid({given})")

    def _finish(self, code: Code, level: int) -> None:
        """Write how the values of words are made of the sums."""
        for sums, words in zip(self._sums[level], self.passes.sums[level].words, strict=True):
            for word, name in words:
                code(f"{self._texts[name]} = {sums.value(word)}")

    def _loss(self, code: Code) -> None:
        """Write how the loss of a sample is made of the sums, and kept."""
        if self.loss is not None:
            self._call(code, "value")
            self._keep_loss(code, "loss + real(0)")  # + 0: no loss of -0

    def _keep_loss(self, code: Code, loss: str) -> None:
        if self._stores_losses:
            code(f"losses[sample] = {memory.written(self.stored[0], loss)}")
        else:
            code(f"total, lost = add_one(float64({loss}), total, lost)")

    def _slopes(self, code: Code) -> None:
        """Write the pass that computes the slopes of the components from ``begin`` to ``end``."""
        step = self.passes.slopes
        if step is None:
            return
        self._call(code, "before_slopes")
        with code.block("for first in range(begin, end)"):
            code("i = start + first")
            self._read_inputs(code, step, check=not self._sums)
            self._call(code, "slopes")
            self._store(code, [f"share * slope_{k}" if self.reduced else f"slope_{k}" for k in range(len(self.slopes))])

    def _store(self, code: Code, slopes: Sequence[str]) -> None:
        for name, dtype, slope in zip(self._slope_arrays, self.stored[1:], slopes, strict=False):
            code(f"{name}[i] = {memory.written(dtype, slope)}")

    def _zeros(self, code: Code) -> None:
        """Write zeros for the slopes from ``begin`` to ``end``."""
        if self.slopes:
            with code.block("for first in range(begin, end)"):
                code("i = start + first")
                self._store(code, ["real(0)"] * len(self.slopes))

    def _local(self, code: Code) -> None:
        """Write the local arrays."""
        for number in range(max(map(len, self._sums), default=0)):
            code(f"part_{number} = chunk_{self.precision}()")

    def _whole_samples(self, code: Code) -> None:
        """Write the kernel: groups of samples, until none is left."""
        self._local(code)
        code("groups = (samples + group - 1) // group", "begin, end = int64(0), components")
        with code.block("while True"):
            code("number = take_next(counter)")
            with code.block("if number >= groups"):
                code("return")
            code("total, lost, outside = 0.0, 0.0, False")
            with code.block("for sample in range(number * group, min(number * group + group, samples))"):
                code("start = sample * components")
                if self.masked:
                    with code.block("if where[sample] == 0"):
                        self._zeros(code)
                        if self._stores_losses:
                            self._keep_loss(code, "real(0)")
                        code("continue")
                self._read(code, self.per_sample, "sample")
                for level in range(len(self._sums)):
                    self._add(code, level)
                    self._finish(code, level)
                self._loss(code)
                self._slopes(code)
            code("sums[number] = joined(total, lost)", "flags[number] = float64(outside)")

    # ---- blocks

    @property
    def numbers_of_block(self) -> int:
        """How many numbers of 8 bytes a block leaves in the workspace, at most."""
        return max((sum(len(sums.names) for sums in level) for level in self._sums), default=0)

    @property
    def numbers_of_sample(self) -> int:
        """How many numbers of 8 bytes are kept for a sample: the values of all words."""
        return sum(len(words) for step in self.passes.sums for words in step.words)

    def _blocks_of_samples(self, code: Code) -> None:
        """Write the kernel: in even phases blocks, until none is left; in odd phases, what is made of a sample's blocks."""
        self._local(code)
        code(f"blocks = (components + {LONG} - 1) // {LONG}", "values = samples * blocks * group")
        for level in range(len(self._sums)):
            with code.block(f"if phase == {2 * level}"), self._each_block(code, level):
                self._add(code, level)
                first = 0
                for sums in self._sums[level]:
                    sums.store(code, "number * group", first)
                    first += len(sums.names)
                if level == 0:
                    code("flags[number] = float64(outside)")
            with code.block(f"if phase == {2 * level + 1}"):
                self._join_blocks(code, level)
        if self.slopes:
            with code.block(f"if phase == {2 * len(self._sums)}"), self._each_block(code, len(self._sums)):
                self._slopes(code)
                if not self._sums:
                    code("flags[number] = float64(outside)")

    @contextmanager
    def _each_block(self, code: Code, level: int) -> Iterator[None]:
        """Write a loop over blocks, of samples for which the values of the levels before are there."""
        slopes = level == len(self._sums)
        with code.block("while True"):
            code("number = take_next(counter)")
            with code.block("if number >= samples * blocks"):
                code("return")
            if slopes:  # backwards: what was read last may still be in the cache
                code("number = samples * blocks - 1 - number")
            code("sample = number // blocks", "start = sample * components", f"begin = (number - sample * blocks) * {LONG}")
            code(f"end = min(begin + {LONG}, components)", "outside = False")
            if self.masked:
                with code.block("if where[sample] == 0"):
                    if slopes:
                        self._zeros(code)
                    code("flags[number] = 0.0" if level == 0 else "pass", "continue")
            self._known(code, level)
            yield

    def _known(self, code: Code, level: int) -> None:
        """Write how all that is known of a sample before a level is read."""
        self._read(code, self.per_sample, "sample")
        names = [name for step in self.passes.sums[:level] for words in step.words for _, name in words]
        for i, name in enumerate(names):
            code(f"{self._texts[name]} = real(workspace[values + sample * {self.numbers_of_sample} + {i}])")

    def _join_blocks(self, code: Code, level: int) -> None:
        """Write how the sums of blocks are joined, and the values of words made of them; after the last level, the loss."""
        last = level == len(self._sums) - 1 and self.loss is not None
        code("total, lost = 0.0, 0.0")
        with code.block("for sample in range(samples)"):
            if self.masked:
                with code.block("if where[sample] == 0"):
                    if last and self._stores_losses:
                        self._keep_loss(code, "real(0)")
                    code("continue")
            self._known(code, level)
            self._begin(code, level)
            with code.block("for number in range(sample * blocks, sample * blocks + blocks)"):
                first = 0
                for sums in self._sums[level]:
                    sums.join(code, "number * group", first)
                    first += len(sums.names)
            self._finish(code, level)
            place = sum(len(words) for step in self.passes.sums[:level] for words in step.words)
            for words in self.passes.sums[level].words:
                for _, name in words:
                    code(f"workspace[values + sample * {self.numbers_of_sample} + {place}] = float64({self._texts[name]})")
                    place += 1
            if last:
                self._loss(code)
        code("sums[0] = joined(total, lost)")


def task(kernel: Samplewise, samples: int, components: int, numbers: Sequence[float]) -> Task | PassesTask | None:
    """Return the kernel for samples of so many components and these numbers, or None if kernels are unavailable."""
    nanoseconds, may_refuse = samples * components * kernel.nanoseconds, kernel.invalid is not None
    if components <= LONG or samples >= _FEW:
        if kernel.native is None:
            return None
        group = max(1, _GROUP // max(1, components))
        constants = (samples, components, group, 0, *numbers)
        return Task(kernel.native, constants, -(-samples // group), nanoseconds, may_refuse=may_refuse)
    if kernel.native_of_blocks is None:
        return None
    blocks, levels = samples * -(-components // LONG), len(kernel.passes.sums)
    return PassesTask(
        kernel.native_of_blocks,
        (samples, components, kernel.numbers_of_block),
        numbers=tuple(numbers),
        blocks=blocks,
        phases=2 * levels + bool(kernel.slopes),
        nanoseconds=nanoseconds,
        workspace=blocks * kernel.numbers_of_block + samples * kernel.numbers_of_sample,
        may_refuse=may_refuse,
    )
