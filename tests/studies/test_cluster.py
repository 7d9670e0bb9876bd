"""The cluster engine. Its workers are threads of this process, or processes that get killed."""

import dataclasses
import itertools
import random
import shlex
import socket
import sys
import time
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import xarray as xr

from cscore_data.cli import train_holdout
from cscore_data.data.sources import load_examples
from cscore_data.errors import (
    CscoreDataError,
    DivergedError,
    InvalidInputError,
    MismatchError,
    StoreError,
)
from cscore_data.storage.cube import open_cube
from cscore_data.storage.writer import CubeWriter
from cscore_data.studies.cluster import train_on_cluster
from cscore_data.studies.cluster_connection import Cluster
from cscore_data.studies.local_cluster import worker_specs
from cscore_data.studies.study import open_study
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import Recipe
from processes import FAST, PATIENCE, wait_for
from small_studies import make_study, run_study
from stored_cubes import assert_same_cube, contents

distributed = pytest.importorskip("distributed")


def local_workers(count):
    """A cluster whose scheduler and workers are threads of this process."""
    return distributed.LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        protocol="tcp",
    )


@pytest.fixture(scope="module")
def scheduler():
    with local_workers(2) as workers:
        yield workers.scheduler_address


@pytest.fixture
def cluster(scheduler):
    with Cluster(scheduler) as cluster:
        yield cluster


@pytest.fixture
def examples(blobs_npz):
    return load_examples(str(blobs_npz))


def test_the_cube_of_a_cluster_is_that_of_one_process(examples, tmp_path, cluster):
    whole = run_study(make_study(examples, tmp_path / "whole.zarr"))
    study = make_study(examples, tmp_path / "cube.zarr")
    cube = open_study(study, command="test")
    steps = []

    def note(models, work):
        steps.append((models, work))

    assert train_on_cluster(study, cube, cluster, on_progress=note) == 10
    xr.testing.assert_equal(open_cube(study.path).load(), whole)
    np.testing.assert_allclose(np.sum(steps, axis=0), (10, 1))
    assert train_on_cluster(study, cube, cluster) == 0


def test_runs_that_diverge_on_a_worker_are_reported_here(examples, tmp_path, cluster):
    recipe = Recipe(hidden=(8,), learning_rate=1e30, epochs=2)
    study = make_study(examples, tmp_path / "cube.zarr", recipe=recipe)
    with pytest.raises(DivergedError, match=r"10 run\(s\) diverged"):
        train_on_cluster(study, open_study(study, command="test"), cluster)


def test_an_error_of_a_worker_is_raised_here(examples, tmp_path, cluster, monkeypatch):
    study = make_study(examples, tmp_path / "cube.zarr")
    cube = open_study(study, command="test")
    # To the end of the test: a task may outlive the client that submitted it.
    monkeypatch.setattr(CubeWriter, "write", full_disk)
    with pytest.raises(StoreError, match="no space"):
        train_on_cluster(study, cube, cluster)
    assert not open_cube(study.path)["done"].any()


def full_disk(*_):
    raise StoreError("no space")


def test_workers_with_other_examples_are_refused(examples, blobs_npz, tmp_path, cluster):
    study = make_study(examples, tmp_path / "cube.zarr")
    cube = open_study(study, command="test")
    np.savez(blobs_npz, image=255 - examples.image, label=examples.label)
    with pytest.raises(MismatchError, match="the worker has other examples"):
        train_on_cluster(study, cube, cluster)
    assert not open_cube(study.path)["done"].any()


@pytest.mark.parametrize("workers", [0, -1])
def test_a_cluster_of_no_workers_is_refused(workers):
    with pytest.raises(InvalidInputError, match=f"workers: found {workers}"):
        Cluster(workers=workers)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_wait_of_no_time_is_refused(seconds):
    with pytest.raises(InvalidInputError, match=f"worker-timeout: found {seconds:g}"):
        Cluster(worker_timeout=seconds)


@pytest.mark.parametrize("address", ["localhost", "http://x:1", "tcp://localhost:notaport"])
def test_invalid_addresses_of_a_scheduler_are_refused(address):
    message = f"scheduler: found '{address}', expected an address such as tcp://"
    with pytest.raises(InvalidInputError, match=message):
        Cluster(address)
    # If a global client were left behind, everything that dask computes would wait for it.
    with pytest.raises(ValueError, match="No global client found"):
        distributed.get_client()


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, ["0", "1"]), ("2,3", ["2", "3"]), ("GPU-5a,GPU-7b", ["GPU-5a", "GPU-7b"])],
)
def test_workers_share_the_gpus_that_this_process_may_use(monkeypatch, given, expected):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if given:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    monkeypatch.setattr("jax.default_backend", lambda: "gpu")
    monkeypatch.setattr("jax.local_device_count", lambda: 2)
    specs = worker_specs(3)
    gpus = [specs[index]["options"]["env"]["CUDA_VISIBLE_DEVICES"] for index in range(3)]
    assert gpus == [*expected, expected[0]]


def test_without_distributed_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidInputError, match="pip install distributed"):
        Cluster()


# ---- workers that do not come


@pytest.fixture
def impatient(monkeypatch):
    """Say at once that a worker is awaited, and look for workers all the time."""
    monkeypatch.setattr("cscore_data.studies.cluster_connection.SAID_AFTER", 0)
    monkeypatch.setattr("cscore_data.studies.cluster_connection.LOOK_AT_WORKERS", 0)


@pytest.fixture
def train_without_workers(blobs_npz, impatient, monkeypatch, tmp_path):
    """Run train-holdout on a cluster without workers, in `tmp_path`; returns the exit code."""
    monkeypatch.chdir(tmp_path)
    # A minute for the scheduler, however busy the machine is; for workers, it passes at once.
    seconds = itertools.count(0, 20)
    hurried = SimpleNamespace(monotonic=lambda: next(seconds), sleep=time.sleep)
    monkeypatch.setattr("cscore_data.studies.cluster_connection.time", hurried)
    with local_workers(0) as empty:
        flags = ["--engine", "dask", "--worker-timeout", "60", "--scheduler"]
        cluster = [*flags, empty.scheduler_address]
        study = ["--dataset", str(blobs_npz), *FAST, "--out", "cube.zarr"]
        yield lambda *more: train_holdout.main([*study, *cluster, *more])


def test_without_a_worker_the_command_ends_and_makes_no_cube(
    train_without_workers, capsys, caplog, tmp_path
):
    assert train_without_workers() == 2
    error = capsys.readouterr().err
    assert "no worker of the cluster at tcp://127.0.0.1:" in error
    assert "has begun to work within 60 s" in error
    assert "--worker-timeout" in error
    assert "waiting for a worker of the cluster at" in caplog.text
    assert ", at most 60 s (--worker-timeout)" in caplog.text
    assert [file.name for file in tmp_path.iterdir()] == ["blobs.npz"]


@pytest.mark.parametrize("more", [["--runs", "8"], ["--overwrite"], ["--until", "0.99"]])
def test_without_a_worker_a_cube_stays_as_it_is(
    train_without_workers, examples, tmp_path, capsys, more
):
    recipe = dataclasses.replace(RECIPES["mnist-demo"], hidden=(8,), epochs=3)  # of FAST
    study = make_study(examples, tmp_path / "cube.zarr", runs=6, recipe=recipe)
    open_study(study, command="test")
    before = contents(tmp_path)
    assert train_without_workers(*more) == 2
    assert "no worker of the cluster" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_workers_that_all_leave_are_not_awaited_for_ever(examples, impatient, tmp_path):
    study = make_study(examples, tmp_path / "cube.zarr")
    cube = open_study(study, command="test")
    with local_workers(1) as workers, Cluster(workers.scheduler_address) as cluster:

        def leave(models, work):
            workers.scale(0)
            # It may finish the study meanwhile: nobody can have its results any more.
            while workers.scheduler.workers:
                time.sleep(0.01)
            cluster.worker_timeout = 0.1

        with pytest.raises(CscoreDataError, match=r"no worker of the cluster|cluster was lost"):
            train_on_cluster(study, cube, cluster, on_progress=leave)
        workers.scale(1)
        cluster.worker_timeout = PATIENCE
        train_on_cluster(study, cube, cluster)
    assert open_cube(study.path)["done"].all()


def test_a_scheduler_that_does_not_answer_is_reported_in_one_line():
    dask = pytest.importorskip("dask")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "100ms"}),
        Cluster("tcp://127.0.0.1:1") as cluster,
        pytest.raises(CscoreDataError, match="scheduler: none answers at tcp://"),
    ):
        cluster.client()


def test_the_wait_for_a_scheduler_is_bounded_as_well(blobs_npz, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never says a word
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        flags = ["--engine", "dask", "--scheduler", address, "--worker-timeout", "1"]
        assert train_holdout.main(["--dataset", str(blobs_npz), *FAST, *flags]) == 2
    error = capsys.readouterr().err
    assert f"none answers at {address} within 1 s" in error
    assert [file.name for file in tmp_path.iterdir()] == ["blobs.npz"]


# ---- workers that die


def workers_of(process):
    """The worker processes of a command."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []


def kill_one_worker(process, ledger, generator):
    """Kill a worker of a command at a random moment after the next piece, if there is one.

    Returns whether one was killed.
    """
    before = set(ledger.rglob("c/*/*"))
    wait_for(lambda: set(ledger.rglob("c/*/*")) != before or process.returncode is not None)
    time.sleep(generator.random())
    workers = workers_of(process)
    if not workers:
        return False
    with suppress(psutil.NoSuchProcess):
        generator.choice(workers).kill()
        return True
    return False


@pytest.mark.slow
def test_twenty_kills_of_workers(command, start, tmp_path):
    study = shlex.split("--runs 60 --runs-per-chunk 2 --lanes 2 --epochs 60")
    command("train-holdout", *study, "--out", "whole.zarr")
    arguments = [*study, "--out", "cube.zarr", "--engine", "dask", "--workers", "2"]
    process = start("train-holdout", *arguments)
    generator = random.Random(0)
    kills = 0
    while kills < 20:
        kills += kill_one_worker(process, tmp_path / "cube.zarr" / "done", generator)
        # On a fast machine, one study may not last for all of the kills.
        if process.returncode is not None and kills < 20:
            assert process.returncode == 0, process.communicate()
            process = start("train-holdout", *arguments, "--overwrite")
    _, error = process.communicate(timeout=900)
    assert process.returncode == 0, error
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")
