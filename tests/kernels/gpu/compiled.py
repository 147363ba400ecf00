"""The kernels compiled for GPUs, as `rows` launches them, to machine code; none of it is run, which takes no GPU.

`test_cross_entropy.py` runs this file in a process of its own, in which Triton is told of a GPU that is not there.
"""

import re
import subprocess
import types

import pytest
import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.runtime import driver

from lossary.kernels.gpu import cross_entropy

TARGETS = {
    "A100": GPUTarget("cuda", 80, 32),
    "H100": GPUTarget("cuda", 90, 32),
    "MI300": GPUTarget("hip", "gfx942", 64),
}


@pytest.fixture
def compiled(monkeypatch):
    """Compiles what a call would launch."""

    def compile_for(gpu, function, *args, **kwargs):
        found = []
        target, device = TARGETS[gpu], list(TARGETS).index(gpu)
        answers = {"get_current_target": target, "get_current_device": device}
        stand_in = types.SimpleNamespace(**{k: lambda v=v: v for k, v in answers.items()}, get_current_stream=lambda device: 0)
        driver.set_active(stand_in)
        monkeypatch.setattr(
            triton.JITFunction, "run", lambda self, *a, warmup, **k: found.append(run(self, *a, warmup=True, **k))
        )
        function(*args, **kwargs)
        (kernel,) = found
        return kernel

    run = triton.JITFunction.run
    return compile_for


def inputs(classes, dtype, dense=False, everything=False):
    """Two rows, and options: those that change the kernel, all or none."""
    logits = torch.zeros(2, classes, dtype=dtype)
    target = torch.zeros(2, classes) if dense else torch.zeros(2, dtype=torch.uint8 if everything else torch.int64)
    options = {"slopes": logits}
    if everything:
        options |= {
            "weight": torch.ones(2),
            "where": torch.ones(2, dtype=torch.bool),
            "class_weight": torch.ones(classes),
            **{"kept": 0.9, "floor": 0.1, "z_loss": 0.1, "soft_cap": 30.0, "temperature": 2.0, "share": torch.tensor(0.5)},
            **dict.fromkeys(("losses", "log_normalizers", "entropies", "correct"), True),
        }
    return (logits, target), options


def spilled(kernel):
    """The bytes of registers that did not fit, by NVIDIA's assembler."""
    assembler = triton.knobs.nvidia.ptxas.path
    command = [assembler, "-v", "--gpu-name", "sm_90a", "--fmad=false", "-o", "/dev/null", "/dev/stdin"]
    report = subprocess.run(command, input=kernel.asm["ptx"], capture_output=True, text=True, check=True).stderr
    return sum(map(int, re.findall(r"(\d+) bytes spill stores", report)))


@pytest.mark.parametrize(
    ("gpu", "classes", "dtype", "dense"),
    [
        ("H100", 1000, torch.float16, True),
        ("H100", 1, torch.float32, False),
        ("H100", 3, torch.float64, True),
        ("A100", 32_000, torch.float32, False),
        ("MI300", 32_000, torch.bfloat16, True),
    ],
)
def test_it_compiles(compiled, gpu, classes, dtype, dense):
    args, options = inputs(classes, dtype, dense, everything=True)
    machine_code = "hsaco" if gpu == "MI300" else "cubin"
    assert compiled(gpu, cross_entropy.rows, *args, **options).asm[machine_code]


@pytest.mark.parametrize(("dtype", "dense"), [(torch.float32, False), (torch.bfloat16, True)])
def test_registers_suffice(compiled, dtype, dense):
    for classes, everything in ((1000, True), (8192, True), (128_256, True)):
        args, options = inputs(classes, dtype, dense, everything)
        assert spilled(compiled("H100", cross_entropy.rows, *args, **options)) <= 80


@pytest.mark.parametrize(("classes", "numbers", "times"), [(8192, 32, 1), (128_000, 8, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_logits_are_read_once_or_twice(compiled, classes, numbers, times, dtype):
    """By each thread so many numbers at a time, by 16 bytes; slopes of rows with ∞ have a loop of their own."""
    args, options = inputs(classes, dtype)
    ptx = compiled("H100", cross_entropy.rows, *args, **options).asm["ptx"]
    accesses = numbers * dtype.itemsize // 16
    assert len(re.findall(r"ld\.global\S*\.v4\.b32", ptx)) == (1 if times == 1 else 3) * accesses
    assert len(re.findall(r"st\.global\S*\.v4\.b32", ptx)) == (2 if times == 1 else 3) * accesses  # zeros, too


def test_a_row_of_a_thousand_classes_is_read_by_16_bytes_too(compiled):
    """Though no multiple of 16 numbers."""
    args, options = inputs(1000, torch.float32)
    ptx = compiled("H100", cross_entropy.rows, *args, **options).asm["ptx"]
    assert len(re.findall(r"ld\.global\S*\.v4\.b32", ptx)) == 8


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_few_instructions_a_number(compiled, dtype):
    """What a multiprocessor can issue, not memory, would be the bottleneck otherwise."""
    args, _ = inputs(128_000, dtype)
    ptx = compiled("H100", cross_entropy.rows, *args).asm["ptx"]
    (loop,) = [block for block in re.split(r"^\$L__BB", ptx, flags=re.MULTILINE) if "ld.global.L1::evict_last" in block]
    assert loop.count("ex2.approx") == 8
    assert len(re.findall(r"^\s+[a-z@]", loop, re.MULTILINE)) <= 8 * 18


def test_arithmetic_stays_as_it_is_written(compiled):
    """In log1p, 1 + x - 1 is computed; nothing is fused but what is written so."""
    args, options = inputs(1000, torch.float32)
    kernel = compiled("H100", cross_entropy.rows, *args, **options)
    assert not kernel.metadata.enable_fp_fusion
    assert {kernel.src.signature[name] for name in ("kept", "floor", "z_loss", "soft_cap", "over_temperature", "share")} == {
        "fp64"
    }
    with_one = re.findall(r"add\.rn\.f32\s+(%r\d+), %r\d+, 0f3F800000;", kernel.asm["ptx"])
    assert [u for u in with_one if re.search(rf"add\.rn\.f32\s+%r\d+, {u}, 0fBF800000;", kernel.asm["ptx"])]
