"""The mean log loss of a file of predictions: `lossary score` beside DuckDB, Polars and scikit-learn, process by process.

    python benchmarks/score.py [--rows 100_000_000] [--folder FOLDER] [--repeat 5] [--sums]

Generates Parquet files (zstd) of a float64 probability and an int8 label once, then runs each tool on each in a process of its
own, in turns, and prints the median of the seconds from start to end and the largest peak of resident memory. ``--sums`` times
adding up exactly in this process instead.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from score_memory import measure

CHUNK = 1 << 20
SKLEARN_ROWS = 20_000_000
"""More do not fit in memory with its copies, on a small machine."""

DUCKDB = """
import duckdb, sys
print(duckdb.sql(f"select avg(case when label = 1 then -ln(p) else -ln(1 - p) end) from '{sys.argv[1]}'").fetchall()[0][0])
"""
POLARS = """
import polars as pl, sys
p = pl.col("p")
loss = pl.when(pl.col("label") == 1).then(-p.log()).otherwise(-(1 - p).log()).mean()
print(pl.scan_parquet(sys.argv[1]).select(loss).collect(engine="streaming").item())
"""
SKLEARN = """
import pyarrow.parquet as pq, sklearn.metrics, sys
table = pq.read_table(sys.argv[1])
print(sklearn.metrics.log_loss(table.column("label").to_numpy(), table.column("p").to_numpy()))
"""
LOSSARY = ["-m", "lossary", "score", "--loss", "binary_cross_entropy", "--given", "probabilities"]
LOSSARY += ["--target", "label", "--prediction", "p"]


def make(path: Path, rows: int) -> None:
    """Write a file."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    schema = pa.schema([("label", pa.int8()), ("p", pa.float64())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, rows, CHUNK):
            p = 1 / (1 + np.exp(-rng.normal(size=min(CHUNK, rows - start))))
            label = (rng.random(len(p)) < p).astype(np.int8)
            writer.write_table(pa.table({"label": label, "p": p}, schema=schema))


def compare(path: Path, rows: int, repeat: int) -> None:
    """Run every tool on a file, in turns."""
    runs = {
        "lossary score --quiet": [sys.executable, *LOSSARY, str(path), "--quiet"],
        "lossary score --json": [sys.executable, *LOSSARY, str(path), "--json"],
        "DuckDB": [sys.executable, "-c", DUCKDB, str(path)],
        "Polars, streaming": [sys.executable, "-c", POLARS, str(path)],
    }
    if rows <= SKLEARN_ROWS:
        runs["scikit-learn"] = [sys.executable, "-c", SKLEARN, str(path)]
    found: dict[str, list[tuple[float, float, str]]] = {name: [] for name in runs}
    for _ in range(repeat):
        for name, command in runs.items():
            found[name].append(measure(command))
    for name, results in found.items():
        seconds, peak = statistics.median(r[0] for r in results), max(r[1] for r in results)
        output = results[0][2] if len(results[0][2]) < 30 else "(the whole report)"
        print(
            f"{rows:>12,}  {name:<22} {seconds:>7.2f} s {rows / seconds / 1e6:>8.1f} M rows/s {peak:>7.0f} MB  {output}",
            flush=True,
        )


def sums() -> None:
    """Nanoseconds a number for exact sums, beside NumPy's and math.fsum."""
    import math

    import numpy as np

    from lossary.engine.exact_sum import ExactSums

    n = 1 << 17
    rng = np.random.default_rng(0)
    x = -np.log(rng.random(n))
    few, many = rng.integers(0, 10, n), rng.integers(0, 4096, n)
    one, squares = ExactSums(), ExactSums()
    ten, ten_squares, thousands = ExactSums(10), ExactSums(10), ExactSums(4096)
    as_list = x.tolist()
    cases: dict[str, Callable[[], object]] = {
        "one sum": lambda: one.add(x),
        "one sum, and of squares": lambda: one.add(x, squares=squares),
        "10 sums": lambda: ten.add(x, few),
        "10 sums, and of squares": lambda: ten.add(x, few, squares=ten_squares),
        "4096 sums": lambda: thousands.add(x, many),
        "numpy.sum, rounded": lambda: x.sum(),
        "numpy.bincount, 10, rounded": lambda: np.bincount(few, x),
        "math.fsum": lambda: math.fsum(as_list),
    }
    for name, call in cases.items():
        call()
        times = []
        for _ in range(30):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        print(f"{name:<28} {statistics.median(times) / n * 1e9:>7.2f} ns a number")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=100_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/lossary-score"))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sums", action="store_true")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sums:
        sums()
        return
    if options.make:
        make(options.make, options.rows)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = 100_000
    while rows <= options.rows:
        path = options.folder / f"{rows}.parquet"
        if not path.exists():  # in a process of its own, since the peak of a process includes that of the one which started it
            subprocess.run([sys.executable, __file__, "--make", str(path), "--rows", str(rows)], check=True)
        compare(path, rows, options.repeat)
        rows *= 10


if __name__ == "__main__":
    main()
