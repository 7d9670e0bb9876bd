"""The code on the pages of the documentation: their Python runs, and so do their commands.

All command lines are parsed in test_docs_lines.py. Here they run, in slow tests, on data and
studies that are smaller than a reader's.
"""

import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from cscore_data.storage.zarr_store import write_store
from cscore_data.testing import make_cube
from pages import PAGES, code_blocks, command_lines, run_words
from run_exports import complete_study, logits_of, write_lira

#: Pages that other tests run, as a whole: test_docs_mislabelled.py and test_estimates.py.
WHOLE = (
    "docs/estimates.md",
    "docs/mislabelled-images.md",
    "docs/mislabelled-texts.md",
    "docs/mislabelled.md",
)

pytestmark = pytest.mark.usefixtures("working_folder")

#: The Python of all other pages, but for the script that submits jobs.
PYTHON = [
    pytest.param(page, block, id=f"{page}: {block.strip().splitlines()[-1][:30]}")
    for page in PAGES
    if page not in WHOLE
    for block in code_blocks(page, "python")
    if "SLURMCluster" not in block
]

#: Lines that no test runs, by how they begin, and why. They are parsed all the same.
NOT_RUN = {
    "bin/": "installs; tests/cli/test_bin.py has the programs of the clone",
    "python -m pip": "installs; tests/test_slim.py keeps the list",
    "python -m sphinx": "is run by tests/test_docs_site.py",
    "python -m build": "takes minutes; tests/test_distribution.py builds",
    "python -m twine": "looks at what is built for a release",
    "curl": "needs the internet",
    "fetch-published": "needs the internet",
    "browse-cscores cifar10": "needs published scores, from the internet",
    "compare-cscores cifar10": "needs published scores, from the internet",
    "plot-cscores cifar10": "needs CIFAR-10, from the internet",
    "select-examples cifar10": "needs published scores, from the internet",
    "train-holdout --dataset cifar10": "needs CIFAR-10, from the internet, and a GPU",
    "train-holdout --dataset train.parquet": "trains a convolutional network: needs a GPU",
    "import-runs datamodels": "needs CIFAR-10, from the internet",
    "import-runs heldout-influence": "needs CIFAR-10, from the internet",
    "reduce-cscores authors.zarr": "needs what the line before imports",
    "compare-cscores authors": "needs what the line before imports",
    "exec train-holdout": "is run by the test of the job array",
}

#: Pages whose commands run together, in the order of the page.
COMMAND_PAGES = ["start", "runs", "memorization", "browse", "choose", "cluster", "own-models"]

#: Flags of a study that takes a second.
SMALL = ["--ratios", "0.3", "0.7", "--hidden", "8", "--epochs", "3"]

#: Fewer and smaller runs of a study than a page has.
FEWER = {
    "ratios=(0.2, 0.5)": "ratios=(0.05, 0.1)",
    "plan.ratios, 10, ": "plan.ratios, 2, ",
    "range(10)": "range(2)",
}


def is_run(words):
    return not any(shlex.join(words).startswith(start) for start in NOT_RUN)


# ---- Python


def like_digits():
    """A cube with the sizes and the variables of a study of the digits."""
    sizes = {"runs": 20, "examples": 1797, "classes": 10}
    return make_cube(ratios=(0.3, 0.7), record="margin", **sizes)


@pytest.mark.parametrize(("page", "block"), PYTHON)
def test_python_runs(page, block, tmp_path, request):
    if "load_published" in block:
        real_data = request.getfixturevalue("real_data")
        if not (real_data / "published").is_dir():
            pytest.skip("no published scores there")
    if "digits.zarr" in block:
        write_store(tmp_path / "digits.zarr", like_digits())
    if "CubeWriter" in block:
        for old, new in FEWER.items():
            assert block.count(old) == 1
            block = block.replace(old, new)
    exec(compile(block, page, "exec"), {})


def test_there_is_python():
    assert len(PYTHON) == 7


# ---- commands


def test_lines_that_are_not_run_are_on_a_page():
    every = [shlex.join(words) for page in PAGES for words in command_lines(page)]
    for start in NOT_RUN:
        assert any(line.startswith(start) for line in every), start


def test_every_other_line_is_on_a_page_that_a_test_runs():
    run = [*WHOLE, *(f"docs/{name}.md" for name in COMMAND_PAGES)]
    lines_that_run = [words for page in run for words in command_lines(page)]
    for page in PAGES:
        for words in filter(is_run, command_lines(page)):
            assert words in lines_that_run, page


def small(words):
    """A command line on small data, with few and small models."""
    if words[0] != "train-holdout":
        return words
    words = [f"{word}.npz" if word in ("digits", "mnist") else word for word in words]
    if "--dataset" not in words:
        words += ["--dataset", "digits.npz"]
    if "--runs" in words:
        runs = words.index("--runs") + 1
        words[runs] = str(min(int(words[runs]), 24))
    else:
        words += ["--runs", "4"]
    return words + SMALL


def write_data(blobs):
    """Small data sets by the names that lines have, and studies that other pages make."""
    test = {"image_test": blobs.image[:30], "label_test": blobs.label[:30]}
    for name in ("digits", "mnist"):
        np.savez(f"{name}.npz", image=blobs.image, label=blobs.label, **test)
    for name in ("digits", "mnist"):
        study = small(["train-holdout", "--dataset", name, "--runs", "4"])
        run_words([*study, "--out", f"{name}.zarr"])
    run_words(["reduce-cscores", "mnist.zarr"])


def write_runs():
    """Runs of other programs, in the layouts that lines name."""
    cube = complete_study(ratios=(0.5,), record="margin")
    write_lira(cube, Path("experiments"))
    np.save("labels.npy", cube["label"].values)
    for run, logits in enumerate(logits_of(cube)):
        folder = Path("runs", f"seed{run}")
        folder.mkdir(parents=True)
        np.save(folder / "index.npy", np.flatnonzero(~cube["held_out"].values[0, run]))
        np.savez(folder / "out.npz", logits=logits)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMAND_PAGES)
def test_the_commands_of_a_page_run(name, blobs):
    write_data(blobs)
    write_runs()
    if name == "start":
        # This page makes them itself.
        for made in ("digits.zarr", "mnist.zarr", "mnist-cscores.zarr"):
            shutil.rmtree(made)
    for words in filter(is_run, command_lines(f"docs/{name}.md")):
        if "--engine" in words:
            # Something to do for the workers of dask: the lines before have trained all of it.
            shutil.rmtree("study.zarr")
        run_words(small(words))
