"""The cluster engine, with workers as threads of this process; those that are killed are processes."""

import random
import signal

import numpy as np
import psutil
import pytest
import xarray as xr

from cscore_data.data.examples import load_examples
from cscore_data.errors import DivergedError, InvalidInputError, MismatchError, StoreError
from cscore_data.storage.cube import open_cube
from cscore_data.storage.writer import CubeWriter
from cscore_data.studies.cluster import train_on_cluster
from cscore_data.studies.local_cluster import worker_specs
from cscore_data.studies.study import open_study
from cscore_data.training.recipe import Recipe
from processes import assert_same_cube, wait_for
from small_studies import make_study, run_study

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler():
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        protocol="tcp",
    ) as workers:
        yield workers.scheduler_address


@pytest.fixture
def examples(blobs_npz):
    return load_examples(str(blobs_npz))


def test_the_cube_of_a_cluster_is_that_of_one_process(examples, tmp_path, scheduler):
    whole = run_study(make_study(examples, tmp_path / "whole.zarr"))
    study = make_study(examples, tmp_path / "cube.zarr")
    cube, steps = open_study(study, command="test"), []
    report = lambda models, work: steps.append((models, work))  # noqa: E731
    assert train_on_cluster(study, cube, scheduler=scheduler, on_progress=report) == 10
    xr.testing.assert_equal(open_cube(study.path).load(), whole)
    np.testing.assert_allclose(np.sum(steps, axis=0), (10, 1))
    assert train_on_cluster(study, cube, scheduler=scheduler) == 0


def full_disk(*_):
    raise StoreError("no space")


def test_what_goes_wrong_on_a_worker_is_said_here(
    examples, blobs_npz, tmp_path, scheduler, monkeypatch
):
    study = make_study(
        examples, tmp_path / "cube.zarr", recipe=Recipe(hidden=(8,), learning_rate=1e30, epochs=2)
    )
    with pytest.raises(DivergedError, match=r"10 run\(s\) diverged"):
        train_on_cluster(study, open_study(study, command="test"), scheduler=scheduler)
    study = make_study(examples, tmp_path / "other.zarr")
    cube = open_study(study, command="test")
    # To the end of the test: a task may outlive the client that submitted it.
    monkeypatch.setattr(CubeWriter, "write", full_disk)
    with pytest.raises(StoreError, match="no space"):
        train_on_cluster(study, cube, scheduler=scheduler)
    study = make_study(examples, tmp_path / "third.zarr")
    cube = open_study(study, command="test")
    np.savez(blobs_npz, image=255 - examples.image, label=examples.label)
    with pytest.raises(MismatchError, match="the worker has other examples"):
        train_on_cluster(study, cube, scheduler=scheduler)
    with pytest.raises(InvalidInputError, match="workers: found 0"):
        train_on_cluster(study, cube, workers=0)
    for name in ("other", "third"):
        assert not open_cube(tmp_path / f"{name}.zarr")["done"].any()


@pytest.mark.parametrize("address", ["localhost", "http://x:1", "tcp://localhost:notaport"])
def test_what_is_no_address_of_a_scheduler(examples, tmp_path, address):
    study = make_study(examples, tmp_path / "cube.zarr")
    cube = open_study(study, command="test")
    with pytest.raises(
        InvalidInputError, match=f"scheduler: found '{address}', expected an address such as tcp://"
    ):
        train_on_cluster(study, cube, scheduler=address)
    # Everything that dask computes would wait for a global client.
    with pytest.raises(ValueError, match="No global client found"):
        distributed.get_client()


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, ["0", "1"]), ("2,3", ["2", "3"]), ("GPU-5a,GPU-7b", ["GPU-5a", "GPU-7b"])],
)
def test_workers_get_the_gpus_that_this_process_was_given(monkeypatch, given, expected):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if given:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    monkeypatch.setattr("jax.default_backend", lambda: "gpu")
    monkeypatch.setattr("jax.local_device_count", lambda: 2)
    specs = worker_specs(3)
    gpus = [specs[index]["options"]["env"]["CUDA_VISIBLE_DEVICES"] for index in range(3)]
    assert gpus == [*expected, expected[0]]


def test_without_the_package_it_says_what_to_install(examples, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    study = make_study(examples, tmp_path / "cube.zarr")
    with pytest.raises(InvalidInputError, match="distributed"):
        train_on_cluster(study, open_study(study, command="test"))


def contents(folder):
    return sorted(folder.rglob("c/*/*"))


def workers_of(process):
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.slow
def test_twenty_kills_of_workers(command, start, tmp_path):
    arguments = ["--runs", "60", "--runs-per-chunk", "2", "--lanes", "2", "--epochs", "60"]
    command("train-holdout", *arguments, "--out", "whole.zarr")
    process = start(
        "train-holdout", *arguments, "--out", "cube.zarr", "--engine", "dask", "--workers", "2"
    )
    ledger = tmp_path / "cube.zarr" / "done"
    generator, kills = random.Random(0), 0
    while kills < 20 and process.returncode is None:
        written = contents(ledger)
        wait_for(lambda: contents(ledger) != written or process.returncode is not None)  # noqa: B023
        wait_for(lambda: generator.random() < 0.01)
        workers = workers_of(process)
        if workers:
            generator.choice(workers).send_signal(signal.SIGKILL)
            kills += 1
    out, error = process.communicate(timeout=600)
    assert process.returncode == 0, error
    print(kills, out)
    assert kills == 20
    assert_same_cube(tmp_path / "cube.zarr", tmp_path / "whole.zarr")
