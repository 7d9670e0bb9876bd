"""Every benchmark runs from its first to its last step at its smallest size."""

import json
import subprocess
import sys

import numpy as np
import pytest

from conftest import ROOT
from cscore_data import load_examples


def run_tiny(name, folder, *arguments):
    """Run a benchmark; returns the document that it writes."""
    script = ROOT / "benchmarks" / f"{name}.py"
    out = folder / "result.json"
    command = [sys.executable, str(script), "--size", "tiny", "--out", str(out), *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    document = json.loads(out.read_text())
    assert document["benchmark"] == name
    assert {"processor", "cores", "jax_version", "command"} <= document.keys()
    return document


@pytest.mark.slow
def test_reduction_and_its_figure(tmp_path):
    figure = tmp_path / "figure.svg"
    document = run_tiny("reduce", tmp_path, "--repeats", "1", "--figure", str(figure))
    assert figure.exists()
    (cube,) = document["cubes"]
    assert cube["contenders"].keys() == {"floor", "ours", "counts", "zarr_loop", "naive_xarray"}


@pytest.mark.slow
def test_scale(tmp_path):
    document = run_tiny("scale", tmp_path, "--repeats", "1")
    computed = document["studies"]["tiny"]["computed"]
    assert computed["pieces"] == 9 * 2
    assert computed["objects"] == 4 * 9 * 2


def test_store(tmp_path):
    document = run_tiny("store", tmp_path, "--repeats", "1")
    assert document["write_over_raw"]["median"] > 0
    assert 0 < document["share_of_pretended_training_spent_waiting"]["median"] < 1


@pytest.mark.slow
def test_training_compiles_once_however_many_devices_there_are(tmp_path):
    document = run_tiny("train", tmp_path, "--repeats", "1")
    assert document["compilations"] == 1


@pytest.mark.slow
def test_program_of_a_gpu(tmp_path):
    pytest.importorskip("jax_cuda13_plugin")
    document = run_tiny("program", tmp_path)
    (row,) = document["lanes"]
    assert row["kernels_per_step"] > 10
    # Weights read, gradients, and momentum and weights read and written: seven times.
    weights = 64 * 64 + 64 * 10
    assert row["bytes_per_step"] > 100 * 7 * 4 * weights


@pytest.mark.slow
def test_cifar_continues_where_it_stopped(tmp_path):
    flags = ["--repeats", "1", "--parts"]
    first = run_tiny("cifar", tmp_path, *flags, "lanes")["measured"]
    second = run_tiny("cifar", tmp_path, *flags, "lanes", "ratios", "all")["measured"]
    assert first.items() < second.items()


def test_proxies_of_digits(tmp_path):
    label = load_examples("digits").label
    scores = tmp_path / "scores.npz"
    np.savez(scores, scores=np.random.default_rng(0).random(len(label)), labels=label)
    run_tiny("proxies", tmp_path, "--dataset", "digits", "--scores", str(scores))
