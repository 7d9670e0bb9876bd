"""The pages about wrong labels: their code runs from the first block to the last."""

import io
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from PIL import Image

from cscore_data import load_examples
from pages import PAGES, code_blocks, command_lines, lines, run_words

IMAGES = "docs/mislabelled-images.md"
TEXTS = "docs/mislabelled-texts.md"

pytestmark = pytest.mark.usefixtures("working_folder")


def run_page(page, prepare=lambda code: code):
    """Run the code of a page in the working folder, as a reader would who copies it."""
    names = {}
    for language, code in re.findall(r"```(python|sh)\n(.*?)```", PAGES[page], re.DOTALL):
        code = prepare(code)
        if language == "python":
            exec(compile(code, page, "exec"), names)
            continue
        for words in lines(code):
            if words[0] != "curl":
                run_words(words)


def fewer_images(code):
    """Fewer digits and models than the page has."""
    few = "digits.images, digits.target = digits.images[:150], digits.target[:150]"
    code = code.replace("digits = load_digits()", f"digits = load_digits()\n{few}")
    code = code.replace("size=90", "size=8")
    return code.replace("find-mislabelled", "find-mislabelled --runs 2 --epochs 20")


def test_the_folder_of_images_is_a_data_set():
    first, *_ = code_blocks(IMAGES, "python")
    exec(compile(fewer_images(first), IMAGES, "exec"), {})
    photos = load_examples("photos")
    assert photos.image.shape == (150, 8, 8)
    truth = pd.read_csv("truth.csv").set_index("filename")["label"]
    given = [str(Path(filename).parent) for filename in truth.index]
    assert (truth != given).sum() == 8


@pytest.mark.slow
def test_images(capsys):
    run_page(IMAGES, fewer_images)


@pytest.mark.slow
def test_images_as_the_page_says(capsys):
    run_page(IMAGES)
    out = capsys.readouterr().out
    assert "truth: 90 of 1797 labels are wrong" in PAGES[IMAGES]
    assert "truth: 90 of 1797 labels are wrong" in out


@pytest.mark.slow
def test_texts_as_the_page_says(real_data, capsys):
    shutil.copy(real_data / "banking77" / "train.csv", "train.csv")
    run_page(TEXTS)
    assert "truth: 503 of 10003 labels are wrong" in capsys.readouterr().out


def test_the_readme_begins_as_the_page_of_wrong_labels():
    assert code_blocks("README.md", "sh")[0] == code_blocks("docs/mislabelled.md", "sh")[0]


def write_sources():
    """A csv of texts, a folder of images of different sizes and shards of a hub's data set."""
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


def test_the_sources_of_the_first_lines_can_be_read():
    """The table of texts is read by the slow test: features of texts take scikit-learn."""
    write_sources()
    _, photos, hub = command_lines("README.md")[:3]
    assert load_examples(hub[1]).image.shape == (40, 32, 32, 3)
    assert photos[1:4] == ["photos/", "--size", "32"]
    assert {path.parent.name for path in Path("photos").glob("*/*.jpg")} == {"cat", "dog"}


@pytest.mark.slow
def test_the_lines_about_wrong_labels(tmp_path):
    """The page's first lines are also the README's; then it looks at the suspects."""
    write_sources()
    every = command_lines("docs/mislabelled.md")
    written = {"questions.csv": "suspects.csv", "photos/": "suspects.png", "hub/": "suspects.csv"}
    quick = ["--runs", "2", "--epochs", "1", "--hidden", "8"]
    for words, (source, out) in zip(every[:3], written.items(), strict=True):
        assert source in words[1]
        assert out in words
        Path(out).unlink(missing_ok=True)
        run_words([*words, *quick])
        assert Path(out).is_file()
    marks = {"example": [0, 1, 2], "label": ["dog", "cat", ""], "wrong": [True, False, ""]}
    pd.DataFrame(marks).to_csv("marks.csv", index=False)
    for words in every[3:]:
        run_words([*words, *quick] if words[0] == "find-mislabelled" else words)
    assert Path("gallery", "index.html").is_file()
