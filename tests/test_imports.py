"""What there is without the libraries that are optional, and what says which one to install."""

import subprocess
import sys

import pytest

OPTIONAL = ("torch", "jax", "numba", "matplotlib", "pyarrow", "rich", "jinja2", "duckdb")
BLOCK = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OPTIONAL}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Block())
"""


def run(code: str) -> str:
    result = subprocess.run([sys.executable, "-W", "error", "-c", BLOCK + code], capture_output=True, text=True, check=True)
    return result.stdout


def test_everything_that_takes_numpy_only_is_there_without_the_rest():
    code = """
import io, contextlib, lossary
assert not hasattr(lossary, "torch")
assert "torch" not in dir(lossary)
assert all(hasattr(lossary, name) for name in dir(lossary))
with contextlib.redirect_stdout(io.StringIO()) as text:
    help(lossary)
assert "Quadratic" in text.getvalue() or "quadratic" in text.getvalue()
names = {}
exec("from lossary import *", names)
assert "torch" not in names and names["huber"]([1.0], [0.0]) == 0.5
"""
    assert run(code) == ""


@pytest.mark.parametrize(
    ("code", "kind", "extra"),
    [
        ("lossary.torch.CrossEntropy", "AttributeError", "torch"),
        ("exec('from lossary import torch')", "ModuleNotFoundError", "torch"),
        ("__import__('lossary.torch')", "ModuleNotFoundError", "torch"),
        ("lossary.huber.plot()", "ImportError", "plots"),
        ("lossary.plots.regression_losses()", "ImportError", "plots"),
        ("lossary.report.score(data, loss='huber', target='t', prediction='p')", "UsageError", "report"),
        (
            "lossary.report.compare(data, data, id='i', loss='huber', target='t', prediction='p')",
            "UsageError",
            "report",
        ),
    ],
)
def test_what_takes_more_says_what_to_install(code, kind, extra, tmp_path):
    data = tmp_path / "a.csv"
    data.write_text("t,p\n1,2\n")
    found = run(f"""
import lossary
data = {str(data)!r}
try:
    {code}
except Exception as error:
    print(type(error).__name__, error)
""")
    assert found.startswith(kind + " ")
    assert f'pip install "lossary[{extra}]"' in found


def test_a_star_import_leaves_the_readers_torch_alone():
    names = {}
    exec("import torch\nfrom lossary import *", names)
    assert names["torch"].__name__ == "torch"
