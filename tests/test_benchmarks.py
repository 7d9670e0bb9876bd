"""Every benchmark runs from its first to its last step at its smallest size."""

import json
import subprocess
import sys

import numpy as np
import pytest

from conftest import ROOT
from cscore_data.examples import load_examples


def run_tiny(name, folder, *arguments):
    script, out = ROOT / "benchmarks" / f"{name}.py", folder / "result.json"
    complete = [sys.executable, str(script), "--size", "tiny", "--out", str(out), *arguments]
    result = subprocess.run(complete, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    document = json.loads(out.read_text())
    assert document["benchmark"] == name
    assert {"processor", "cores", "jax_version", "command"} <= document.keys()


@pytest.mark.parametrize("name", ["reduce", pytest.param("scale", marks=pytest.mark.slow), "store", "train"])
def test_beside_its_baseline(name, tmp_path):
    figure = tmp_path / "figure.svg"
    run_tiny(name, tmp_path, "--repeats", "1", *(["--figure", str(figure)] if name == "reduce" else []))
    assert figure.exists() == (name == "reduce")
    if name == "train":  # on as many devices as there are cores
        assert json.loads((tmp_path / "result.json").read_text())["compilations"] == 1


@pytest.mark.slow
def test_program_of_a_gpu(tmp_path):
    pytest.importorskip("jax_cuda13_plugin")
    run_tiny("program", tmp_path)
    (row,) = json.loads((tmp_path / "result.json").read_text())["lanes"]
    assert row["kernels_a_step"] > 10
    assert row["bytes_a_step"] > 100 * 7 * 4 * (
        64 * 64 + 64 * 10
    )  # weights read, gradients, momentum and weights written


@pytest.mark.slow
def test_cifar_goes_on_where_it_was(tmp_path):
    flags = ["--repeats", "1", "--parts"]
    run_tiny("cifar", tmp_path, *flags, "lanes")
    first = json.loads((tmp_path / "result.json").read_text())["measured"]
    run_tiny("cifar", tmp_path, *flags, "lanes", "ratios", "all")
    second = json.loads((tmp_path / "result.json").read_text())["measured"]
    assert first.items() < second.items()


def test_proxies_of_digits(tmp_path):
    label = load_examples("digits").label
    np.savez(tmp_path / "scores.npz", scores=np.random.default_rng(0).random(len(label)), labels=label)
    run_tiny("proxies", tmp_path, "--dataset", "digits", "--scores", str(tmp_path / "scores.npz"))
