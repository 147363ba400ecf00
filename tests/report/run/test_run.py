"""Whoever does the work, the score is the same to the bit; what goes wrong comes out as the same error."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module
from multiprocessing import get_context

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lossary.report import BadDataError, LostWorkerError, UnreadableError, UsageError, score

arrow_module = import_module("lossary.report.read.arrow")
rng = np.random.default_rng(81)
OPTIONS = {
    "loss": "huber",
    "target": "y",
    "prediction": "p",
    "weight": "w",
    "group": ["g", "h"],
    "id": "k",
    "also": "mae,squared_error",
    "interval": "bootstrap",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of three formats and several row groups each."""
    folder = tmp_path_factory.mktemp("files")
    for k in range(5):
        n = (1, 700, 2000, 50, 300)[k]
        columns = {"y": rng.standard_t(3, n), "p": rng.normal(size=n), "w": rng.gamma(1, size=n)}
        table = pa.table({**columns, "k": 5000 * k + rng.permutation(n), "g": rng.choice(["a", "b", None], n).tolist()})
        table = table.append_column("h", pa.array(rng.integers(0, 9, n)))
        if k == 1:
            table.to_pandas().to_csv(folder / f"{k}.csv", index=False)
        elif k == 3:
            with pa.OSFile(str(folder / f"{k}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
        else:
            pq.write_table(table, folder / f"{k}.parquet", row_group_size=150)
    return folder


@pytest.fixture(scope="module")
def files(folder):
    return [folder / name for name in sorted(os.listdir(folder))]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(arrow_module, "PART_ROWS", 100)  # each row group is a part


@pytest.fixture(scope="module")
def expected(files):
    alone = score(files, **OPTIONS, workers=1)
    assert alone.count == 3051
    return alone


def told(files, **options):
    """A score, and what was told of its progress."""
    done = []
    found = score(files, **{**OPTIONS, **options}, progress=lambda part, rows: done.append((part, rows)))
    assert done == sorted(done)
    assert done[-1] == (1.0, 3051)
    assert all(0 < part <= 1 for part, _ in done)
    return found


def same(found, expected):
    assert found == expected
    assert json.dumps(found.to_dict()) == json.dumps(expected.to_dict())


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 2},
        {"workers": 5, "engine": "threads"},
        pytest.param({"workers": 17}, marks=pytest.mark.heavy),
        {"engine": "threads"},
    ],
    ids=str,
)
def test_any_number_of_threads(files, expected, options):
    same(told(files, **options), expected)


@pytest.mark.heavy
def test_processes(files, expected):
    same(told(files, engine="processes", workers=2), expected)


@pytest.mark.heavy
def test_an_executor_of_threads(files, expected):
    with ThreadPoolExecutor(3) as executor:
        same(told(files, executor=executor), expected)
        same(told(files, executor=executor, workers=1), expected)
        executor.submit(int).result()  # it is left as it was


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        yield executor


@pytest.mark.heavy
def test_an_executor_of_processes(files, expected, pool):
    same(told(files, executor=pool), expected)


class Late(ThreadPoolExecutor):
    """Takes its time with every third task, so that those sent later come back sooner."""

    sent = 0

    def submit(self, function, /, *arguments):
        self.sent += 1
        delay = 0.03 * (self.sent % 3 == 0)
        return super().submit(lambda: (time.sleep(delay), function(*arguments))[1])


def test_tasks_may_come_back_in_any_order(files, expected):
    with Late(3) as executor:
        same(told(files, executor=executor), expected)
    assert executor.sent >= 8


def test_data_in_memory_is_shared_out(monkeypatch):
    table_module = import_module("lossary.report.read.table")
    n = 3000
    columns = {"y": rng.normal(size=n), "p": rng.normal(size=n), "k": np.arange(n)}
    options = {"loss": "squared_error", "target": "y", "prediction": "p", "id": "k", "interval": "bootstrap"}
    for data in (columns, pa.table(columns), pa.table(columns).to_pandas()):
        alone = score(data, **options, workers=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(table_module, "PART_ROWS", 333)
            same(score(data, **options, workers=3), alone)
            with ThreadPoolExecutor(2) as executor:
                same(score(data, **options, executor=executor), alone)


OWN = """
    import os
    import lossary

    @lossary.pointwise
    def cubed(prediction, target, *, scale=1.0):
        return abs(prediction - target) ** 3 * scale

    @lossary.composed
    def mortal(prediction, target):
        if os.getpid() != {main}:
            try:
                os.close(os.open({flag!r}, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), 9)
        return ((prediction - target) ** 2).sum(-1)

    @lossary.composed
    def doomed(prediction, target):
        if os.getpid() != {main}:
            os.kill(os.getpid(), 9)
        return ((prediction - target) ** 2).sum(-1)
"""


@pytest.fixture
def own(tmp_path):
    """A file of losses: one, one that ends the first process that works with it, one that ends every process."""
    path = tmp_path / "own_losses.py"
    path.write_text(textwrap.dedent(OWN.format(main=os.getpid(), flag=str(tmp_path / "died"))))
    return path


def without(*names):
    return {name: value for name, value in OPTIONS.items() if name not in names}


@pytest.mark.heavy
def test_a_users_own_losses_in_other_processes(files, own):
    options = {**without("also"), "loss": f"{own}:cubed", "parameters": {"scale": 2}}
    alone = score(files, **options, workers=1)
    y, p, w = (np.concatenate([column(path, name) for path in files]) for name in "ypw")
    assert alone.mean == pytest.approx(np.average(2 * abs(p - y) ** 3, weights=w), rel=1e-13)
    same(score(files, **options, engine="processes", workers=2), alone)


def column(path, name):
    if path.suffix == ".csv":
        return np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")[name]
    table = pq.read_table(path) if path.suffix == ".parquet" else pa.ipc.open_file(path).read_all()
    return table[name].to_numpy()


@pytest.mark.heavy
def test_a_process_that_dies_is_named(files, own):
    with pytest.raises(
        LostWorkerError, match="a worker died, perhaps for want of memory; start again with fewer workers"
    ) as error:
        score(files, **{**without("also"), "loss": f"{own}:doomed"}, engine="processes", workers=2)
    assert error.value.exit_code == 70


# ---- clusters


FORK = r"ignore:os.fork\(\) was called:RuntimeWarning"  # Ray forks, and JAX, which other tests have imported, has threads


@pytest.fixture(scope="module")
def ray():
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


@pytest.mark.filterwarnings(FORK)
@pytest.mark.heavy
def test_a_ray_cluster(ray, files, expected):
    same(told(files, engine="ray", workers=5), expected)
    assert ray.is_initialized()  # a cluster that was there before is there afterwards


@pytest.mark.filterwarnings(FORK)
@pytest.mark.heavy
def test_a_worker_of_ray_that_is_killed_at_work_changes_nothing(ray, files, own, tmp_path):
    options = {**without("also"), "loss": f"{own}:mortal"}
    alone = score(files, **options, workers=1)
    assert not (tmp_path / "died").exists()
    same(score(files, **options, engine="ray", workers=2), alone)
    assert (tmp_path / "died").exists()


@pytest.mark.filterwarnings(FORK)
@pytest.mark.heavy
def test_work_that_kills_every_worker_of_ray_is_given_up(ray, files, own, monkeypatch):
    monkeypatch.setattr("lossary.report.run.ray._RETRIES", 1)
    with pytest.raises(LostWorkerError, match=r"the work could not be finished on the Ray cluster: .*died.*; see Ray's logs"):
        score(files, **{**without("also"), "loss": f"{own}:doomed"}, engine="ray")


@pytest.fixture
def dask():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.heavy
def test_dasks_executor(dask, files, expected, own, broken):
    with dask.get_executor() as executor:
        same(told(files, executor=executor), expected)
        options = {**without("also"), "loss": f"{own}:cubed"}
        same(score(files, **options, executor=executor), score(files, **options, workers=1))
        for data, wrong, kind in broken:
            error = raised(data, {**wrong, "executor": executor}, kind)
            assert str(error) == str(raised(data, {**wrong, "workers": 1}, kind))


# ---- what goes wrong


def raised(data, options, kind):
    with pytest.raises(kind) as error:
        score(data, **{"loss": "squared_error", "target": "y", "prediction": "p", **options})
    return error.value


@pytest.fixture
def broken(tmp_path):
    """Data that cannot be scored, and the error that says so."""
    n = 1000
    columns = {"y": rng.normal(size=n), "p": rng.normal(size=n)}
    for name in ("0", "damaged", "9"):
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet", row_group_size=100, use_dictionary=False)
    damaged = bytearray((tmp_path / "damaged.parquet").read_bytes())
    damaged[4000:4400] = b"\x5a" * 400
    (tmp_path / "damaged.parquet").write_bytes(damaged)
    spoilt = columns["p"].copy()
    spoilt[[500, 777]] = np.nan
    pq.write_table(pa.table(columns | {"p": spoilt}), tmp_path / "spoilt.parquet", row_group_size=100)
    groups = pa.table({"y": np.zeros(70_000), "p": np.zeros(70_000), "g": np.arange(70_000)})
    pq.write_table(groups, tmp_path / "groups.parquet", row_group_size=70_000)
    pq.write_table(pa.table({"y": [1.0, 2.0], "p": [0.5, 0.25]}), tmp_path / "two.parquet", row_group_size=1)
    good = [tmp_path / "0.parquet", tmp_path / "9.parquet"]
    return [
        ([*good, tmp_path / "damaged.parquet"], {}, UnreadableError),
        ([*good, tmp_path / "spoilt.parquet"], {}, BadDataError),
        ([tmp_path / "groups.parquet"], {"group": "g"}, UsageError),
        ([tmp_path / "two.parquet"], {"also": "bce:given=logits"}, BadDataError),
    ]


def test_errors_of_threads_are_those_of_one(broken):
    for data, options, kind in broken:
        expected = raised(data, {**options, "workers": 1}, kind)
        for workers in (2, 5):
            assert str(raised(data, {**options, "workers": workers}, kind)) == str(expected)
    assert "spoilt.parquet, row 501 (index 500), column 'p': got NaN" in str(raised(broken[1][0], {}, BadDataError))
    assert "2 of 3,000 rows cannot be scored (NaN: 2)" in str(raised(broken[1][0], {}, BadDataError))


@pytest.mark.heavy
def test_errors_of_processes_are_those_of_one(broken, pool):
    for data, options, kind in broken:
        expected = raised(data, {**options, "workers": 1}, kind)
        assert str(raised(data, {**options, "executor": pool}, kind)) == str(expected)
    data, options, kind = broken[0]
    found = raised(data, {**options, "engine": "processes", "workers": 2}, kind)
    assert str(found) == str(raised(data, {**options, "workers": 1}, kind))


@pytest.mark.filterwarnings(FORK)
@pytest.mark.heavy
def test_errors_of_ray_are_those_of_one(ray, broken):
    for data, options, kind in broken:
        found, expected = (raised(data, {**options, **extra}, kind) for extra in ({"engine": "ray"}, {"workers": 1}))
        assert (type(found), str(found)) == (kind, str(expected))


def test_an_error_ends_the_work_of_all_threads_soon(tmp_path):
    # parts of one file each: nobody goes on reading a large one for a score that there will not be
    (tmp_path / "a.csv").write_text("y,p\n" + "1,2\n" * 1000 + '1,"2"x\n')
    (tmp_path / "b.csv").write_text("y,p\n" + "1,2\n" * 3_000_000)
    rows = []
    with pytest.raises(UnreadableError, match=r"a.csv, line 1002: the quoted field"):
        score(
            [tmp_path / "a.csv", tmp_path / "b.csv"],
            loss="squared_error",
            target="y",
            prediction="p",
            workers=2,
            progress=lambda _, number: rows.append(number),
        )
    assert max(rows, default=0) < 2_000_000


def test_an_error_of_whoever_is_told_of_progress_comes_out(files):
    def fail(*_):
        raise ZeroDivisionError("told")

    for options in ({"workers": 1}, {"workers": 3}):
        with pytest.raises(ZeroDivisionError, match="told"):
            score(files, **OPTIONS, **options, progress=fail)


def test_wrong_usage(files):
    for options, sentence in (
        ({"engine": "thread"}, "an engine is one of threads, processes, ray; got 'thread'"),
        ({"engine": "threads", "executor": ThreadPoolExecutor(1)}, "an executor or an engine, not both"),
        ({"address": "127.0.0.1:1"}, "an address is that of a Ray cluster"),
        ({"workers": 0}, "workers are a whole number, 1 or more; got 0"),
    ):
        with pytest.raises(UsageError, match=sentence):
            score(files, **OPTIONS, **options)


# ---- impatience

SLOW = """
    import time
    from pathlib import Path
    import lossary

    @lossary.composed
    def slow(prediction, target):
        if len(prediction) > 100:
            Path({flag!r}).touch()
            time.sleep(1.5)
        return ((prediction - target) ** 2).sum(-1)
"""


@pytest.fixture
def interrupted(tmp_path):
    """What a command says that is interrupted in the middle of its work, and how long that takes."""
    flag = tmp_path / "started"
    (tmp_path / "slow_losses.py").write_text(textwrap.dedent(SLOW.format(flag=str(flag))))
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("y,p,k\n" + "".join(f"1,2,{k}\n" for k in range(700_000)))
    (tmp_path / "few.csv").write_text("y,p,k\n1,2,3\n")

    def run(command, *arguments):
        options = ["--loss", f"{tmp_path / 'slow_losses.py'}:slow", "--target", "y", "--prediction", "p"]
        process = subprocess.Popen(
            [sys.executable, "-m", "lossary", command, *options, "--html", "page.html", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            start_new_session=True,
        )
        while not flag.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        time.sleep(0.5)  # workers without work are idle by now
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
        start = time.monotonic()
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        assert err.strip() == "lossary: interrupted"
        assert not [name for name in os.listdir(tmp_path) if "page" in name]
        return time.monotonic() - start

    return run


@pytest.mark.heavy
@pytest.mark.skipif(os.name != "posix", reason="interrupts of Unix")
@pytest.mark.parametrize(
    "arguments",
    [
        ("score", "a.csv", "b.csv", "--workers", "2"),
        ("score", "a.csv", "b.csv", "few.csv", "--workers", "3", "--engine", "processes"),
        ("compare-predictions", "a.csv", "b.csv", "--id", "k"),
    ],
    ids=" ".join,
)
def test_an_interrupt_ends_the_work_at_once_and_leaves_no_page(interrupted, arguments):
    assert interrupted(*arguments) < 4


@pytest.mark.heavy
def test_processes_of_a_script_without_a_guard(tmp_path, folder):
    path = tmp_path / "script.py"
    call = "score(sys.argv[1:], loss='mse', target='y', prediction='p', engine='processes', workers=1)"
    path.write_text(f"import sys\nfrom lossary.report import score\n{call}\n")
    files = [str(file) for file in sorted(folder.glob("*.parquet"))][:1]
    found = subprocess.run([sys.executable, str(path), *files], capture_output=True, text=True, timeout=120)
    last = found.stderr.strip().splitlines()[-1]
    assert 'has the guard if __name__ == "__main__":' in last
    assert f"{path} has none" in last


def test_processes_of_a_program_that_is_no_file(folder):
    call = "score(sys.argv[1:], loss='mse', target='y', prediction='p', engine='processes', workers=1)"
    program = f"import sys\nfrom lossary.report import score\nif __name__ == '__main__':\n    {call}\n"
    files = [str(file) for file in sorted(folder.glob("*.parquet"))][:1]
    found = subprocess.run([sys.executable, "-", *files], input=program, capture_output=True, text=True, timeout=120)
    last = found.stderr.strip().splitlines()[-1]
    assert "processes are started by a program that is a file" in last
