"""Words over the components of a sample in the source of a kernel: what is accumulated for each, joined and made of it.

Components come in chunks of 256, whose sums are made by vectorised loops in float64; the sums of chunks are added with their
rounding errors. Parts of a sample are joined in their order, so results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lossary.kernels.code import Code

JOIN_TOPS = '''\
@exactly
def join_tops(top, ties, others, top_2, ties_2, others_2):
    """Join two parts: the largest number, how many are equal to it, and the sum of e^(x - largest) over all others."""
    both = larger(top, top_2)
    first = select(top == both, ties, 0.0) + select(top_2 == both, ties_2, 0.0)
    # e^(top - both) = 1 for the part that has the largest, also if it is infinite
    rest = select(top == both, others, (ties + others) * exp_below_float64(top - both))
    rest_2 = select(top_2 == both, others_2, (ties_2 + others_2) * exp_below_float64(top_2 - both))
    return both, first, rest + rest_2
'''
_HUGE, _TINY = -540, 600
"""Powers of 2 that squares of huge and of tiny float64 numbers are scaled by."""
_TOPS = ("largest", "ties", "log_sum_exp")


@dataclass(frozen=True)
class ComponentSums:
    """What is accumulated of one formula of a component, for the words that are applied to it."""

    number: int
    words: frozenset[str]
    precision: str

    @property
    def part(self) -> str:
        """The local array that holds the formula's values of a chunk."""
        return f"part_{self.number}"

    @property
    def _running(self) -> dict[str, str]:
        """The names of running sums, with what a chunk adds to each for one number ``x``."""
        found = {}
        if "total" in self.words:
            found[f"plain_{self.number}"] = "x"
        if "norm" in self.words:
            found[f"square_{self.number}"] = "x * x"
            if self.precision == "float64":  # whose squares may overflow or underflow; those of float32 do not, in float64
                for name, power in (("huge", _HUGE), ("tiny", _TINY)):
                    found[f"{name}_{self.number}"] = f"(x * {2.0**power!r}) * (x * {2.0**power!r})"
        return found

    @property
    def has_top(self) -> bool:
        """Whether the largest number is kept, and what belongs to it."""
        return not self.words.isdisjoint(_TOPS)

    @property
    def _top(self) -> str:
        return ", ".join(f"{name}_{self.number}" for name in ("top", "ties", "others"))

    @property
    def names(self) -> list[str]:
        """The names of all accumulated numbers, in the order in which parts of a sample are stored."""
        pairs = [name for running in self._running for name in (running, f"{running}_lost")]
        return pairs + (self._top.split(", ") if self.has_top else [])

    def functions(self) -> set[str]:
        """Return the functions of ``math`` that are called."""
        found = {"select"} if self.has_top or "norm" in self.words else set()
        if "norm" in self.words:
            found.add("sqrt_float64")
        if self.has_top:
            found.add("exp_below_float64")
        if "log_sum_exp" in self.words:
            found |= {"log1p_float64", f"exp_below_{self.precision}"}
        return found

    def begin(self, code: Code) -> None:
        """Write how a part of a sample begins."""
        for name in self._running:
            code(f"{name}, {name}_lost = 0.0, 0.0")
        if self.has_top:
            code(f"{self._top} = -inf, 0.0, 0.0")

    def add_chunk(self, code: Code) -> None:
        """Write how the first ``count`` numbers of the local array are added."""
        running, part = self._running, self.part
        if running:
            adding = [f"adding_{i}" for i in range(len(running))]
            code(f"{', '.join(adding)} = {', '.join(['0.0'] * len(adding))}")
            with code.block("for k in range(count)"):
                code(f"x = float64({part}[k])")
                for name, term in zip(adding, running.values(), strict=True):
                    code(f"{name} += {term}")
            for new, name in zip(adding, running, strict=True):
                code(f"{name}, {name}_lost = add_one({new}, {name}, {name}_lost)")
        if self.has_top:
            code("top = real(-inf)")
            with code.block("for k in range(count)"):
                code(f"top = larger(top, {part}[k])")
            code("ties, others = 0.0, 0.0")
            with code.block("for k in range(count)"):
                code(f"ties += select({part}[k] == top, 1.0, 0.0)")
                if "log_sum_exp" in self.words:
                    exponential = f"exp_below_{self.precision}({part}[k] - top)"
                    code(f"others += float64(select({part}[k] == top, real(0), {exponential}))")
            code(f"{self._top} = join_tops({self._top}, float64(top), ties, others)")

    def store(self, code: Code, place: str, first: int) -> None:
        """Write how a part is stored: its numbers at ``workspace[place + first]`` and after."""
        for i, name in enumerate(self.names):
            code(f"workspace[{place} + {first + i}] = {name}")

    def join(self, code: Code, place: str, first: int) -> None:
        """Write how a stored part is added."""
        for i, name in enumerate(self._running):
            code(f"{name}, {name}_lost = add_one(workspace[{place} + {first + 2 * i}], {name}, {name}_lost)")
            code(f"{name}_lost += workspace[{place} + {first + 2 * i + 1}]")
        if self.has_top:
            start = first + 2 * len(self._running)
            stored = ", ".join(f"workspace[{place} + {start + i}]" for i in range(3))
            code(f"{self._top} = join_tops({self._top}, {stored})")

    def value(self, word: str) -> str:
        """Return the code of a word's value in the precision of the kernel, once all is added."""
        n = self.number
        sums = {name: f"joined({name}, {name}_lost)" for name in self._running}
        text = {
            "total": lambda: sums[f"plain_{n}"],
            "norm": lambda: self._norm(sums),
            "largest": lambda: f"top_{n}",
            "ties": lambda: f"ties_{n}",
            # log Σ e^x = max + log1p(Σ of the others): all digits where one number outweighs the others
            "log_sum_exp": lambda: (
                f"select(abs(top_{n}) == inf, top_{n}, top_{n} + log1p_float64((ties_{n} - 1.0) + others_{n}))"
            ),
        }[word]()
        return f"real({text})"

    def _norm(self, sums: dict[str, str]) -> str:
        square = sums[f"square_{self.number}"]
        if self.precision == "float32":
            return f"sqrt_float64({square})"
        huge = f"sqrt_float64({sums[f'huge_{self.number}']}) * {2.0**-_HUGE!r}"
        tiny = f"sqrt_float64({sums[f'tiny_{self.number}']}) * {2.0**-_TINY!r}"
        # where squares overflow, those scaled by 2^-1080 serve; where all underflow, those scaled by 2^1200: 1 ulp of the sum
        return f"select({square} == inf, {huge}, select({square} < {2.0**-900!r}, {tiny}, sqrt_float64({square})))"


def blocks_called(words: Collection[str]) -> set[str]:
    """Return the functions of ``blocks`` that are called for these words."""
    found = {"add_one", "joined"} if not {"total", "norm"}.isdisjoint(words) else set()
    return found | ({"larger"} if not set(_TOPS).isdisjoint(words) else set())
