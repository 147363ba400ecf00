"""Run the source of a kernel in plain Python: milliseconds where compiling takes a second, and the same digits.

A kernel's source is Python. Here its imports are replaced by NumPy's functions of one number, and its addresses by arrays of
ctypes. What the compiler makes of the source is tested elsewhere; this tests the source, for any combination of options.
"""

import contextlib
import ctypes
import functools
import inspect
import math
import re
import threading
import types

import numpy as np

from lossary.formula.expression import symbol
from lossary.formula.languages.numba import Writer
from lossary.formula.words import WORDS
from lossary.kernels import blocks, native
from lossary.kernels.words import WORDS as MACHINE_WORDS
from lossary.trainers.scores import evaluate

_POINTERS = {
    "int8*": ctypes.c_int8,
    "int16*": ctypes.c_int16,
    "int32*": ctypes.c_int32,
    "int64*": ctypes.c_int64,
    "uint8*": ctypes.c_uint8,
    "uint16*": ctypes.c_uint16,
    "uint32*": ctypes.c_uint32,
    "uint64*": ctypes.c_uint64,
    "float32*": ctypes.c_float,
    "float64*": ctypes.c_double,
}
_TYPES = {"float32": np.float32, "float64": np.float64}
_CONSTANT = re.compile(r"\b(?:real|float32|float64)\(-?(?:inf|nan|[\d.]+(?:e[+-]?\d+)?)\)")
_WORDS = {
    "arctan": np.arctan,
    "arctan2": np.arctan2,
    "cos": np.cos,
    "exp": np.exp,
    "exp_below": lambda x: np.exp(x) if x <= 0 else 0.75,  # machine code makes some number of NaN
    "expm1": np.expm1,
    "floor": np.floor,
    "from_top": lambda z, top: 0.0 if z == top else z - top,
    "log": np.log,
    "log1p": np.log1p,
    # of one number, Python's comparisons take a tenth of the time of NumPy's functions
    "maximum": lambda a, b: a if a >= b or a != a else b,
    "minimum": lambda a, b: a if a <= b or a != a else b,
    "power": np.power,
    "sign": np.sign,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
}
"""What NumPy has; the other words are written out in plainer ones, as the vocabulary says."""


def _converter(kind):
    """Makes a number one of a precision; NumPy takes ten times as long where it is one already."""
    return lambda x: x if x.__class__ is kind else kind(x)


def _word(function, kind):
    """The word of a function in a precision, which is that of the result already if the numbers given are of it."""

    def word(*x):
        found = function(*x)
        return found if found.__class__ is kind else kind(found)

    return word


def _run(source, names):
    """Run the source of a module whose constants are converted once, not in each round of a loop."""
    constants = {}
    source = _CONSTANT.sub(lambda found: constants.setdefault(found[0], f"constant_{len(constants)}"), source)
    source += "".join(f"\n{name} = {constant}" for constant, name in constants.items())
    with np.errstate(over="ignore"):  # a constant may be beyond float32
        exec(compile(source, "<interpreted kernel>", "exec"), names)


def _elementary_functions(precision):
    """Python source of the words that NumPy lacks, and the words that it has."""
    kind, writer, source = _TYPES[precision], Writer(MACHINE_WORDS), []
    names = {f"{word}_{precision}": _word(function, kind) for word, function in _WORDS.items()}
    for name in MACHINE_WORDS:
        expansion = WORDS[name].expansion
        if expansion is not None and name not in _WORDS:
            inputs = [f"x{i}" for i in range(len(inspect.signature(expansion).parameters))]
            formula = expansion(*map(symbol, inputs))
            source.append(writer.function(f"{name}_{precision}", inputs, (), {name: formula}, precision))
    return names, "\n".join(source)


_taking = threading.Lock()


def _take_next(counter):
    with _taking:
        counter[0] += 1
        return counter[0] - 1


def _half(kind):
    if kind == "float16":
        numbers = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    else:
        numbers = (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32)

    def to_bits(x):
        if kind == "float16":
            return int(np.float32(x).astype(np.float16).view(np.uint16))
        bits = int(np.float32(x).view(np.uint32))
        if math.isnan(x):
            return bits >> 16 | 0x40
        return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16  # to the nearest, ties to even

    return {f"float32_from_{kind}": numbers.__getitem__, f"{kind}_from_float32": to_bits}


@functools.cache
def _names():
    names = {
        "inf": math.inf,
        "nan": math.nan,
        "int64": int,
        "take_next": _take_next,
        "larger": lambda a, b: a if a >= b or a != a else b,
        "select": lambda condition, a, b: a if condition else b,
        "exactly": lambda function: function,
        "inlined": lambda function: function,
        **{name: _converter(kind) for name, kind in _TYPES.items()},
        **_half("float16"),
        **_half("bfloat16"),
        "LANES": blocks.LANES,
        "RUNNING": blocks.RUNNING,
        "running": lambda: np.full(blocks.RUNNING, np.nan),
        "lanes_int64": lambda: np.empty(blocks.LANES, np.int64),
        "chunk_int64": lambda: np.empty(blocks.CHUNK, np.int64),
    }
    for precision, kind in _TYPES.items():
        functions, source = _elementary_functions(precision)
        names |= functions
        _run(source, names)
        names[f"chunk_{precision}"] = lambda kind=kind: np.full(blocks.CHUNK, np.nan, kind)
        names[f"lanes_{precision}"] = lambda kind=kind: np.full(blocks.LANES, np.nan, kind)
        names[f"tile_{precision}"] = lambda kind=kind: np.full(blocks.LANES * blocks.TILED_CLASSES, np.nan, kind)
    for name, function in vars(blocks).items():  # sums, which are Python that Numba compiles
        if hasattr(function, "py_func") and name not in names:
            names[name] = types.FunctionType(function.py_func.__code__, names)
    add_one = names["add_one"]

    def add_lanes(x, sums, lost):
        """All running sums at once: the same additions in the same order."""
        a, b, c, d = x[: blocks.LANES].reshape(4, blocks.RUNNING)
        sums[:], lost[:] = add_one((a + b) + (c + d), sums, lost)

    def add_chunk(x, sums, lost):
        a, b, c, d = x.reshape(4, blocks.LANES)
        add_lanes((a + b) + (c + d), sums, lost)

    return names | {"add_lanes": add_lanes, "add_chunk": add_chunk}


def _pointer(address, kind):
    address = ctypes.c_void_p(address) if isinstance(address, int) else address  # a reference of ctypes
    return ctypes.cast(address, ctypes.POINTER(_POINTERS[kind]))


class _Memory:
    """What :func:`numpy.asarray` makes an array of: the numbers from an address on, as far as any index goes."""

    def __init__(self, pointer, number):
        address = ctypes.cast(pointer, ctypes.c_void_p).value or 0
        self.__array_interface__ = {
            "data": (address, False),
            "shape": (1 << 40,),
            "typestr": np.dtype(number).str,
            "version": 3,
        }


class _Numbers:
    """Numbers before and behind an address: to an array, a negative index is a place that is counted from its end."""

    def __init__(self, pointer, number):
        self.pointer, self.number = pointer, number

    def __getitem__(self, place):
        return self.number(self.pointer[place])

    def __setitem__(self, place, value):
        self.pointer[place] = float(value)


def interpret(source, arguments, name):
    """The function ``kernel`` of a module's source, as plain Python; to be called as if it were compiled."""
    kernel = _kernel(source)

    def run(*given):
        values, backwards = [], False
        for value, kind in zip(given, arguments, strict=True):
            if kind in _POINTERS:
                values.append(_pointer(value, kind))
            else:
                values.append(_TYPES.get(kind, int)(getattr(value, "value", value)))
                backwards |= kind == "int64" and values[-1] < 0
        for i, kind in enumerate(arguments):
            number = _TYPES.get(kind[:-1])
            if number is not None:
                values[i] = _Numbers(values[i], number) if backwards else np.asarray(_Memory(values[i], number))
        with np.errstate(all="ignore"):
            kernel(*values)

    return run


@functools.cache
def _kernel(source):
    names = dict(_names())
    _run(re.sub(r"(?m)^from .*$", "", source), names)
    return names["kernel"]


_compiled = native._native
_keeping_lock = evaluate._keeping_lock
_interpreting = False


class Kernel:
    """A kernel that the test at hand may interpret or run as machine code: losses keep it from test to test."""

    def __init__(self, *made_of):
        self._made_of = made_of

    def __call__(self, *given):
        (self._interpreted if _interpreting else self._machine_code)(*given)

    @functools.cached_property
    def _interpreted(self):
        return interpret(*self._made_of)

    @functools.cached_property
    def _machine_code(self):
        return _compiled(*self._made_of)


def _native(source, *rest):
    imported = {name.strip() for line in re.findall(r"(?m)^from .* import (.*)$", source) for name in line.split(",")}
    if not imported <= _names().keys():  # exact sums need fused multiplications and additions
        return _compiled(source, *rest)
    return Kernel(source, *rest) if _interpreting or _compiled(source, *rest) is not None else None


_native.cache_clear = _compiled.cache_clear


def install():
    """Let kernels be made that :func:`interpreting` can switch over."""
    native._native = _native
    evaluate._keeping_lock = lambda kernel: kernel if isinstance(kernel, Kernel) else _keeping_lock(kernel)


@contextlib.contextmanager
def interpreting():
    """Run kernels in plain Python in here, but for those of exact sums."""
    global _interpreting
    _interpreting = True
    try:
        yield
    finally:
        _interpreting = False
