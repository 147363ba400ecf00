"""How much memory and time ``lossary score`` takes on a file of many rows.

    python benchmarks/score_memory.py [--rows 50_000_000] [--folder FOLDER] [--only NAME]

Generates Parquet files of float64 predictions and int8 or float64 targets (one with a single giant row group), Arrow, CSV and
``.npz`` files, runs the command on each in a process of its own and prints peak resident memory and rows a second.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHUNK = 1 << 20


def tables(rows: int) -> Iterator[Any]:
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(0)
    for start in range(0, rows, CHUNK):
        n = min(CHUNK, rows - start)
        logit = rng.normal(size=n)
        label = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.int8)
        y = 2 * logit + rng.standard_t(3, size=n)
        yield pa.table({"label": label, "logit": logit, "y": y, "p": 2 * logit, "w": rng.random(n)})


def make(path: Path, rows: int) -> None:
    """Write a file; in a process of its own, since a process's peak memory includes that of the one which started it."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    parts = tables(rows)
    first = next(parts)
    if path.name == "one-group.parquet":
        table = pa.concat_tables([first, *parts])
        pq.write_table(table, path, row_group_size=rows)
        assert pq.read_metadata(path).num_row_groups == 1 or rows > 1 << 26
        return
    if path.suffix == ".npz":
        table = pa.concat_tables([first, *parts])
        np.savez(path, **{name: table.column(name).to_numpy() for name in table.column_names})
        return
    opened = {
        ".parquet": pq.ParquetWriter,
        ".arrow": lambda path, schema: pa.ipc.new_file(str(path), schema),
        ".csv": lambda path, schema: pyarrow.csv.CSVWriter(str(path), schema),
    }
    with opened[path.suffix](path, first.schema) as writer:
        writer.write_table(first)
        for part in parts:
            writer.write_table(part)


def measure(command: list[str]) -> tuple[float, float, str]:
    """Seconds, peak resident MB and stdout of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, output.strip()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=50_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/score-memory"))
    parser.add_argument("--only", default="", help="only the runs whose file or options contain this")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make(options.make, options.rows)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = options.rows
    text_rows = rows // 5  # CSV is large
    counts = {"rows.csv": text_rows, "arrays.npz": text_rows}
    binary = ["--loss", "binary_cross_entropy", "--target", "label", "--prediction", "logit"]
    regression = ["--target", "y", "--prediction", "p"]
    runs = [("groups.parquet", binary), ("one-group.parquet", binary)]
    runs += [("groups.parquet", ["--loss", loss, *regression]) for loss in ("squared_error", "absolute_error", "huber")]
    runs += [("groups.parquet", ["--loss", "absolute_error", *regression, "--weight", "w"])]
    runs += [(name, binary) for name in ("batches.arrow", "rows.csv", "arrays.npz")]
    print(f"{'file':<20} {'loss':<22} {'rows':>12} {'peak MB':>9} {'seconds':>9} {'rows/s':>13}")
    for name, command in runs:
        if options.only and options.only not in f"{name} {' '.join(command)}":
            continue
        count, path = counts.get(name, rows), options.folder / name
        if not path.exists():
            subprocess.run([sys.executable, __file__, "--make", str(path), "--rows", str(count)], check=True)
        seconds, peak, _ = measure([sys.executable, "-m", "lossary", "score", str(path), *command, "--json"])
        label = command[1] + (" weighted" if "--weight" in command else "")
        print(f"{name:<20} {label:<22} {count:>12,} {peak:>9.0f} {seconds:>9.1f} {count / seconds:>13,.0f}", flush=True)


if __name__ == "__main__":
    main()
