"""``lossary doctor``: check the installation and the kernels, and name the command that repairs each fault."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import click
import numpy as np

import lossary
from lossary.errors import UsageError
from lossary.names import did_you_mean
from lossary.printable import printable

Engine = Literal["lightgbm", "xgboost"]
Targets = Literal["real", "positive", "binary", "classes"]
TARGETS = ("real", "positive", "binary", "classes")
_UP_TO = 72
"""The width of a line, so that it fits a terminal of 80 columns."""


@dataclass(frozen=True)
class ReportLine:
    """One line of the report."""

    section: str
    name: str
    state: str
    """"ok", "missing" (no fault: not everyone needs it), "warning" (no fault, but there is a better way) or "wrong"."""
    found: str
    remedy: str | None = None
    """A command, or another remedy."""


@click.command("doctor")
@click.argument("objective", required=False, metavar="[FILE.py:OBJECTIVE]")
@click.option("--engine", type=click.Choice(["lightgbm", "xgboost"]), help="The engine that the objective is for.")
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    help="The targets that the objective is for: real unless said; positive: counts and amounts whose score is a logarithm.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout and nothing else.")
def command(objective: str | None, engine: Engine | None, target: Targets | None, as_json: bool) -> int:
    """Say what is installed and whether kernels work. Say how to mend what is wrong.

    With FILE.py:OBJECTIVE, say instead what is wrong with an objective for gradient boosting that you wrote: sign, layout,
    scale, curvature (beside finite differences of the gradient), weights, link. It is called on made data, as the engine does.

    Exits with 1 if something is amiss; what is merely not installed is not.
    """
    if objective is None and (engine is not None or target is not None):
        raise UsageError("--engine and --target are for an objective; name it before them, as FILE.py:OBJECTIVE")
    findings = list(examine() if objective is None else _objective(objective, engine, target or "real"))
    wrong = [finding for finding in findings if finding.state == "wrong"]
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "findings": [asdict(finding) for finding in findings]}))
    else:
        _show(findings, wraps=objective is not None)
        warnings = sum(finding.state == "warning" for finding in findings)
        rest = f", with {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""
        click.echo(f"\n{len(wrong)} to mend{rest}" if wrong else f"\nAll is well{rest}")
    return 1 if wrong else 0


def examine() -> Iterator[ReportLine]:
    """Check everything; this takes seconds, since a kernel is compiled and torch imported."""
    yield from _versions()
    yield from _kernels()
    yield from _machine()


def _objective(place: str, engine: Engine | None, target: Targets) -> Iterator[ReportLine]:
    from lossary.engine.user_module import load

    file, colon, name = place.rpartition(":")
    if not colon or engine is None:
        got = f"{place!r}{'' if engine else ' without --engine'}"
        raise UsageError(f"an objective is FILE.py:NAME with --engine lightgbm or xgboost; got {got}")
    if importlib.util.find_spec(engine) is None:
        raise UsageError(f'{engine} is not installed, whose data the objective is called with; pip install "lossary[boosting]"')
    from lossary.trainers.boosting.examine import examine as look

    module = vars(load(file))
    if name not in module:
        functions = [key for key, x in module.items() if callable(x)]
        hint = did_you_mean(name, functions) or "; check the name after the colon"
        raise UsageError(f"{file!r} has no function {name!r}{hint}")
    found = module[name]
    if isinstance(found, type) or not callable(found):
        kind = "a class" if isinstance(found, type) else f"of type {type(found).__name__}"
        raise UsageError(f"an objective is a function, or an object that can be called; {name} is {kind}; name one of these")
    for remark in look(found, engine, target):
        state = "wrong" if remark.wrong else "warning" if remark.remedy else "ok"
        yield ReportLine(f"{name} in {engine}", remark.name, state, remark.found, remark.remedy)


def _show(findings: list[ReportLine], *, wraps: bool) -> None:
    """Print the report; remedies that are commands are not wrapped, so that they can be copied."""
    width = max(len(finding.name) for finding in findings)
    marks = {"ok": ("+", "green"), "missing": ("-", "yellow"), "warning": ("~", "yellow"), "wrong": ("!", "red")}
    section = None
    for finding in findings:
        if finding.section != section:
            section = finding.section
            click.echo(("\n" if finding is not findings[0] else "") + click.style(section, bold=True))
        mark, color = marks[finding.state]
        indent = " " * (width + 6)
        lines = click.wrap_text(printable(finding.found), _UP_TO - width, "", "").splitlines() or [""]
        click.echo(f"  {click.style(mark, fg=color)} {finding.name:<{width}}  {lines[0]}")
        for line in lines[1:]:
            click.echo(indent + line)
        if finding.remedy:
            remedy = f"{indent}-> {printable(finding.remedy)}"
            click.echo(click.wrap_text(remedy, _UP_TO + 8, "", indent + "   ") if wraps else remedy)


# ---- packages


def _versions() -> Iterator[ReportLine]:
    yield ReportLine("Packages", "lossary", "ok", lossary.__version__)
    yield ReportLine("Packages", "Python", "ok", f"{platform.python_version()} on {platform.platform()}")
    yield _package("numpy", "computes", "pip install numpy", _least("numpy"))
    extras = {
        "fast": {"numba": "compiles kernels", "llvmlite": "compiles and loads kernels"},
        "torch": {"torch": "PyTorch tensors"},
        "jax": {"jax": "JAX arrays"},
        "report": {
            "pyarrow": "reads files of predictions",
            "duckdb": "joins files",
            "rich": "shows reports in a terminal",
            "jinja2": "makes pages of reports",
        },
        "plots": {"matplotlib": "draws losses"},
        "excel": {"python-calamine": "reads workbooks"},
        "ray": {"ray": "scores on a cluster"},
        "boosting": {
            "lightgbm": "trains boosting",
            "xgboost": "trains boosting",
            "scikit-learn": "trains linear models, and searches parameters",
        },
        "catboost": {"catboost": "trains boosting"},
    }
    for extra, packages in extras.items():
        for name, purpose in packages.items():
            yield _package(name, purpose, f'pip install "lossary[{extra}]"', _least(name))
    for name in ("keras", "transformers"):  # of no extra but that of our tests, whose least version binds nobody
        yield _package(name, "trains networks", f"pip install {name}", None)


def _package(name: str, purpose: str, install: str, least: str | None) -> ReportLine:
    version = _version(name) or _version(f"{name}-cpu")  # XGBoost without CUDA's libraries is xgboost-cpu
    if version is None:
        # Numba has a check of its own below
        return ReportLine("Packages", name, "missing", f"not installed: {purpose}", install)
    if least and _numbers(version) < _numbers(least):
        return ReportLine(
            "Packages", name, "wrong", f"{version}, older than {least}", f'pip install --upgrade "{name}>={least}"'
        )
    return ReportLine("Packages", name, "ok", version)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _least(name: str) -> str | None:
    """Return the oldest version that Lossary requires, or None if it requires none."""
    try:
        requirements = importlib.metadata.requires("lossary") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((found[1] for text in requirements if (found := re.match(rf"{name}\s*>=\s*([\d.]+)", text))), None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


# ---- kernels


def _kernels() -> Iterator[ReportLine]:
    from lossary.kernels import cache, native

    start = time.perf_counter()
    try:
        error = _difference()
    except Exception as problem:
        described = f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}".rstrip(": ")
        missing = isinstance(problem, ModuleNotFoundError) and problem.name == "numba"
        found = "Numba is not installed" if missing else f"cannot be compiled ({described})"
        yield ReportLine("Kernels", "compiling", "wrong", found, native.INSTALL if missing else native.REPAIR)
    else:
        seconds = time.perf_counter() - start
        if error < 1e-12:
            yield ReportLine("Kernels", "compiling", "ok", f"a kernel compiles in {seconds:.1f} s and computes what NumPy does")
        else:
            found = f"a kernel differs from NumPy by {error:g}"
            yield ReportLine("Kernels", "compiling", "wrong", found, "report this, with what is printed here")
    try:
        place = cache.folder()
        cache.check()
    except cache.Unusable as problem:
        yield ReportLine("Kernels", "cache", "wrong", problem.why, problem.remedy)
    except OSError as problem:
        found = f"{place} cannot be written ({problem.strerror or problem})"
        yield ReportLine("Kernels", "cache", "wrong", found, "set LOSSARY_CACHE_DIR to a folder that can")
    else:
        files = [entry.stat() for entry in os.scandir(place) if entry.name.endswith(".o")]
        owner = "" if os.name != "posix" else f", mode {os.stat(place).st_mode & 0o7777:o} of user {os.stat(place).st_uid}"
        size = sum(file.st_size for file in files) / 1e6
        yield ReportLine("Kernels", "cache", "ok", f"{place}: {len(files)} kernels, {size:.1f} MB{owner}")


def _difference() -> float:
    """Return the largest relative difference between a newly compiled kernel and NumPy."""
    import ctypes

    import numba  # noqa: F401 - its own error says more

    from lossary.kernels import compiler

    source = (
        "from numba import float64\n\n"
        "from lossary.kernels.math import exp_float64\n\n"
        "def kernel(x, y, size):\n"
        "    for i in range(size):\n"
        "        y[i] = exp_float64(x[i])\n"
    )
    arguments = ("float64*", "float64*", "int64")
    function = compiler.loaded(compiler.compiled(source, arguments), arguments)
    x, y = np.linspace(-20, 20, 1000), np.empty(1000)
    function(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data), x.size)
    return float(np.abs(y / np.exp(x) - 1).max())


# ---- the machine


def _machine() -> Iterator[ReportLine]:
    try:
        threads = lossary.get_num_threads()
    except ValueError as problem:
        yield ReportLine("Machine", "threads", "wrong", str(problem), "unset LOSSARY_NUM_THREADS")
    else:
        yield ReportLine("Machine", "threads", "ok", f"{threads} for kernels, of {os.cpu_count()} processors")
    try:
        import llvmlite.binding as llvm

        features = llvm.get_host_cpu_features()
        vectors = [name for name in ("avx2", "fma", "avx512f", "amx-tile", "neon", "sve") if features.get(name)]
        yield ReportLine(
            "Machine", "processor", "ok", f"{llvm.get_host_cpu_name()} ({', '.join(vectors) or 'no vector units known'})"
        )
    except Exception:
        yield ReportLine("Machine", "processor", "ok", platform.machine())
    yield _gpu()


def _gpu() -> ReportLine:
    try:
        import torch
    except ModuleNotFoundError:
        return ReportLine("Machine", "GPU", "missing", "not looked for, without torch")
    except Exception as problem:
        found = f"torch cannot be imported ({type(problem).__name__}: {problem})"
        return ReportLine("Machine", "GPU", "wrong", found, "pip install --upgrade --force-reinstall torch")
    if not torch.cuda.is_available():
        return ReportLine("Machine", "GPU", "missing", "none that torch can use")
    try:
        triton = importlib.metadata.version("triton")
    except importlib.metadata.PackageNotFoundError:
        found = f"{torch.cuda.get_device_name()}, without Triton's kernels"
        return ReportLine("Machine", "GPU", "missing", found, "pip install triton")
    return ReportLine("Machine", "GPU", "ok", f"{torch.cuda.get_device_name()}, Triton {triton}")
