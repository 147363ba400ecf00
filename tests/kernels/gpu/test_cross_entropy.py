"""The GPU's kernels: run by Triton's interpreter, compiled to machine code, and run on a GPU where there is one.

Each has a process of its own: the interpreter is chosen once in a process, when Triton is imported, and
`torch.compile` beside it must not see it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
INTERPRETED = sorted(HERE.glob("interpreted/[a-z]*.py"))
FILES = {"interpreted": INTERPRETED, "compiled": [HERE / "compiled.py"], "on a GPU": [*INTERPRETED, HERE / "device.py"]}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Triton is made for Linux alone")


def run(*command, **environment):
    """What a Python process prints, if it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *command], env=kept | environment, cwd=HERE.parents[2], capture_output=True, text=True
    )
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout[-20_000:]}{done.stderr[-5_000:]}", pytrace=False)


@pytest.mark.heavy
@pytest.mark.parametrize("how", FILES)
def test_files(how, tmp_path):
    if how == "on a GPU" and not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    options = ["-q", "--tb=short", "--color=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
    interpreted = "1" if how == "interpreted" else "0"
    run("-m", "pytest", *options, *FILES[how], TRITON_INTERPRET=interpreted, TRITON_CACHE_DIR=str(tmp_path))


@pytest.mark.heavy
def test_triton_is_imported_for_its_kernels_alone():
    run("-c", "import lossary, lossary.kernels.gpu, sys, torch; assert 'triton' not in sys.modules")
