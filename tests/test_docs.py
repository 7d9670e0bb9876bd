"""The pages in docs/: their Python runs, and so do their commands, from the first to the last."""

import importlib
import io
import re
import shlex
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from PIL import Image

from conftest import ROOT
from cscore_data.cli import COMMANDS

PAGES = sorted((ROOT / "docs").glob("*.md"))


def run_page(page, prepare=lambda language, code: code):
    """Run the code of a page in the working folder, as a reader would who copies it."""
    names = {}
    for language, code in re.findall(r"```(python|sh)\n(.*?)```", page.read_text(), re.DOTALL):
        code = prepare(language, code)
        if language == "python":
            exec(compile(code, page.name, "exec"), names)
        else:
            for line in code.splitlines():
                run_line(line)


def run_line(line):
    name, *arguments = shlex.split(line, comments=True)
    if name == "curl":
        return
    assert name in COMMANDS
    command = importlib.import_module(f"cscore_data.cli.{name.replace('-', '_')}")
    assert command.main(arguments) == 0


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_there_are_pages():
    assert len(PAGES) >= 2


def test_images(capsys):
    """With fewer digits and models than the page has."""

    def prepare(language, code):
        fewer = "digits.images, digits.target = digits.images[:150], digits.target[:150]"
        code = code.replace("digits = load_digits()", f"digits = load_digits()\n{fewer}")
        code = code.replace("size=90", "size=8")
        return code.replace("find-mislabelled", "find-mislabelled --runs 2 --epochs 20")

    run_page(ROOT / "docs" / "mislabelled-images.md", prepare)


@pytest.mark.slow
def test_images_as_the_page_says(capsys):
    page = ROOT / "docs" / "mislabelled-images.md"
    run_page(page)
    out = capsys.readouterr().out
    assert "truth: 90 of 1797 labels are wrong" in page.read_text()
    assert "truth: 90 of 1797 labels are wrong" in out


@pytest.mark.slow
def test_texts_as_the_page_says(real_data, capsys):
    shutil.copy(real_data / "banking77" / "train.csv", "train.csv")
    run_page(ROOT / "docs" / "mislabelled-texts.md")
    assert "truth: 503 of 10003 labels are wrong" in capsys.readouterr().out


def test_the_first_lines_of_the_readme(tmp_path):
    """From a csv of texts, a folder of images and shards of a hub's data set to ranked lists."""
    random = np.random.default_rng(0)
    texts = [f"{'card' if row % 2 else 'money'} word{row % 7} lost" for row in range(40)]
    topics = ["cards" if row % 2 else "transfers" for row in range(40)]
    pd.DataFrame({"question": texts, "topic": topics}).to_csv("questions.csv", index=False)
    Path("hub").mkdir()
    for shard in range(2):
        rows = []
        for number in range(20):
            pixels = random.integers(0, 256, (40, 36 + number % 3, 3), dtype=np.uint8)
            folder = Path("photos", "cat" if number % 2 else "dog")
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{shard}-{number}.jpg")
            content = io.BytesIO()
            Image.fromarray(pixels[:32, :32]).save(content, "PNG")
            rows.append({"image": {"bytes": content.getvalue(), "path": None}, "label": number % 2})
        path = f"hub/train-{shard:05}-of-00002.parquet"
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)

    (lines, *_) = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    written = {"questions.csv": "suspects.csv", "photos/": "suspects.png", "hub/": "suspects.csv"}
    for line, (source, out) in zip(lines.splitlines(), written.items(), strict=True):
        assert source in line
        assert out in line
        Path(out).unlink(missing_ok=True)
        run_line(line.partition("#")[0] + " --runs 2 --epochs 1 --hidden 8")
        assert Path(out).is_file()
