"""What ranking five models costs beside scoring one: time of the processors, time on the clock and peak memory.

    python benchmarks/models.py [--rows 10_000_000] [--rounds 3] [--folder FOLDER]

The file is Parquet (zstd) with a target, a group of 12 values and five columns of predictions, all float64.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

CHUNK = 1_000_000


def make(path: Path, rows: int) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, writer = np.random.default_rng(0), None
    names = pa.array([f"region {k}" for k in range(12)])
    for start in range(0, rows, CHUNK):
        n = min(CHUNK, rows - start)
        y = rng.normal(size=n)
        group = pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, 12, n), pa.int32()), names)
        models = {f"model_{name}": y + (1 + k / 10) * rng.normal(size=n) for k, name in enumerate("abcde")}
        table = pa.table({"y": y, "region": group, **models})
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=CHUNK)
    assert writer is not None
    writer.close()


def measured(*arguments: str) -> tuple[float, float, float]:
    """Run the command; return seconds of the processors, seconds on the clock and MB at the peak."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execv(sys.executable, [sys.executable, "-m", "lossary", *arguments])
    _, status, used = os.wait4(child, 0)
    assert status == 0
    return used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("/tmp"))
    options = parser.parse_args()
    path = options.folder / f"models-{options.rows}.parquet"
    if not path.exists():
        if os.fork() == 0:  # the peak of a process includes that of the one which started it
            make(path, options.rows)
            os._exit(0)
        os.wait()
    shared = (str(path), "--loss", "mse", "--target", "y")
    commands = {
        "score, 1 model, 1 group": ("score", *shared, "--prediction", "model_a", "--group", "region"),
        "compare, 5 models, 1 group": ("compare", *shared, "--prediction", "model_*", "--group", "region"),
        "compare, 5 models": ("compare", *shared, "--prediction", "model_*"),
    }
    rounds = [{name: measured(*command) for name, command in commands.items()} for _ in range(options.rounds)]
    found = {name: [one[name] for one in rounds] for name in commands}
    base = min(cpu for cpu, _, _ in found["score, 1 model, 1 group"])
    print(f"{'':28}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'× one':>7}")
    for name, values in found.items():
        cpu, wall, peak = (min(column) for column in zip(*values, strict=True))
        print(f"{name:28}{cpu:8.2f}{wall:8.2f}{peak:9.0f}{cpu / base:7.2f}")


if __name__ == "__main__":
    main()
