"""Every benchmark runs from its first to its last step at its smallest size."""

import json
import runpy
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
    correct, margin = (cube["contenders"] for cube in document["cubes"])
    assert correct.keys() == {"floor", "ours", "counts", "zarr_loop", "naive_xarray"}
    assert margin.keys() > {"floor", "ours", "all_sums", "decoded", "plain_xarray"}


@pytest.mark.slow
def test_scale(tmp_path):
    document = run_tiny("scale", tmp_path, "--repeats", "1")
    computed = document["studies"]["tiny"]["computed"]
    assert computed["pieces"] == 9 * 2
    assert computed["objects"] == 6 * 9 * 2


@pytest.mark.slow
def test_influence(tmp_path):
    document = run_tiny("influence", tmp_path, "--repeats", "1")
    contenders = document["contenders"]
    assert contenders.keys() == {"ours", "pairs", "numpy"}
    assert contenders["ours"]["share_of_best_product"]["median"] > 0
    assert document["shape"] == {"runs": 50, "examples": 600, "test_examples": 200}


@pytest.mark.slow
def test_store(tmp_path):
    document = run_tiny("store", tmp_path, "--repeats", "1")
    assert document["write_over_raw"]["median"] > 0
    assert document["write_with_margins_over_without"]["median"] > 0
    assert document["bits_per_cell_recording_margin"]["median"] > 3
    assert 0 < document["share_of_pretended_training_spent_waiting"]["median"] < 1


@pytest.mark.slow
def test_training_compiles_once_however_many_devices_there_are(tmp_path):
    document = run_tiny("train", tmp_path, "--repeats", "1")
    assert document["compilations"] == 1


@pytest.mark.slow
def test_training_with_and_without_margins(tmp_path):
    document = run_tiny("train_margins", tmp_path, "--repeats", "1")
    assert document["seconds"].keys() == {"correct", "margin"}
    assert document["margin_over_correct"]["median"] > 0


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


@pytest.mark.slow
def test_wrong_labels_and_their_figure(tmp_path):
    figure = tmp_path / "figure.svg"
    flags = ["--kinds", "uniform", "--figure", str(figure)]
    measured = run_tiny("mislabel", tmp_path, *flags)["measured"]
    assert figure.exists()
    assert len(measured) == 6
    ours = measured["uniform 0.1, ours, 10 models, 0"]
    assert ours["models"] == 10
    assert ours["changed"] == 15
    assert ours["scores"].keys() == {"score", "margin", "cscore"}


@pytest.mark.slow
def test_training_on_a_part(tmp_path):
    document = run_tiny("prune", tmp_path, "--repeats", "1")
    assert document["accuracy"].keys() == {"irregular", "regular", "stratified", "random"}
    assert len(document["accuracy"]["random"]) == len(document["shares"])


@pytest.mark.slow
def test_proxies_of_digits(tmp_path):
    label = load_examples("digits").label
    scores = tmp_path / "scores.npz"
    np.savez(scores, scores=np.random.default_rng(0).random(len(label)), labels=label)
    run_tiny("proxies", tmp_path, "--dataset", "digits", "--scores", str(scores))


@pytest.mark.slow
def test_record(tmp_path, monkeypatch, capsys):
    # In this process, as starting another one takes longer than the benchmark.
    out = tmp_path / "result.json"
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    monkeypatch.setattr(sys, "argv", ["record.py", "--size", "tiny", "--out", str(out)])
    runpy.run_path(str(ROOT / "benchmarks" / "record.py"), run_name="__main__")
    assert "int8, 1/4" in capsys.readouterr().out
    encodings = json.loads(out.read_text())["encodings"]
    sizes = [row["bytes_per_cell"] for row in encodings.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert all(row["spearman"] > 0.95 for row in encodings.values())


@pytest.mark.browser
def test_gallery(tmp_path):
    pytest.importorskip("selenium")
    document = run_tiny("gallery", tmp_path, "--repeats", "1")
    assert document["bytes"] < 2_000_000
    assert document["opening"].keys() == {"first_paint", "ready"}
    assert document["scrolling"].keys() == {"one strip", "all strips in sight"}


@pytest.mark.slow
def test_importing(tmp_path):
    document = run_tiny("importing", tmp_path, "--repeats", "1")
    assert document["contenders"].keys() == {"import", "memory"}
    assert document["contenders"]["import"]["over_memory"]["median"] > 0


@pytest.mark.slow
def test_certainty_and_its_figure(tmp_path):
    figure = tmp_path / "figure.svg"
    ways = run_tiny("certainty", tmp_path, "--repeats", "1", "--figure", str(figure))["ways"]
    assert figure.exists()
    balanced = ways["balanced, all ratios, margin"]
    assert balanced["seconds_until"].keys() > {"reliability 0.95", "coverage"}
    row = balanced["curve"][-1]
    assert row["models"] == 9 * row["runs"]
    assert row["reliability"] > ways["balanced, all ratios, cscore"]["curve"][0]["reliability"]
    assert ways["scikit-learn, 5 folds, margin"]["models_per_run"] == 5


@pytest.mark.slow
def test_startup(tmp_path):
    commands = run_tiny("startup", tmp_path, "--repeats", "1", "--against", str(ROOT))["commands"]
    first, whole = commands["train-holdout, first models"], commands["train-holdout"]
    assert first["ours"]["median"] > 0
    assert whole.keys() == {"ours", "before", "ours_over_before"}


@pytest.mark.slow
def test_large_features(tmp_path):
    document = run_tiny("large_features", tmp_path, "--repeats", "1")
    large = document["large"]
    assert large["float16"]["data_bytes"]["median"] * 2 == large["float32"]["data_bytes"]["median"]
    assert 0 < large["float32"]["share_of_matmul"]["median"] < 1
    assert document["beside_scikit_learn"]["ours_over_scikit_learn"]["median"] > 0


@pytest.mark.slow
def test_gpu_rows_name_what_there_was_no_time_for(tmp_path):
    script = str(ROOT / "benchmarks" / "gpu_rows.py")
    command = [sys.executable, script, "--folder", str(tmp_path), "--budget", "0"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert "failed or stopped: mnist study, train, cifar" in result.stdout
    steps = json.loads((tmp_path / "gpu-rows.json").read_text())["steps"]
    assert {step["exit_code"] for step in steps.values()} == {124}
