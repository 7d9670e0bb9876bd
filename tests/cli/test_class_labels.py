"""Labels in tables: names of classes where they are known."""

import numpy as np
import xarray as xr

from cscore_data import reduce_cube
from cscore_data.cli import compare_cscores
from cscore_data.cli.jobs.class_labels import label_texts, names_by_label
from cscore_data.scores.files import save_scores
from cscore_data.testing import make_cube


def test_labels_without_a_name_are_numbers():
    names = {-1: "none", 0: "", 10**12: "far"}
    assert label_texts([-1, 0, 3, 10**12], names) == ["none", "0", "3", "far"]


def test_names_are_safe_and_short():
    (text,) = label_texts([0], {0: "\x1b[31m" + "long" * 20})
    assert text.startswith("\\x1b[31mlong")
    assert len(text) == 30


def test_the_first_that_has_names_counts():
    plain = xr.Dataset()
    coords = {"class": [1, 5], "class_name": ("class", ["cat", "dog"])}
    assert names_by_label(plain, xr.Dataset(coords=coords)) == {1: "cat", 5: "dog"}
    assert names_by_label(plain) == {}


def test_a_comparison_shows_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scores = reduce_cube(make_cube(classes=2))
    save_scores(scores, "a.zarr")
    texts = np.array(["cat", "dog"], np.dtypes.StringDType())
    names = {"class": [0, 1], "class_name": ("class", texts)}
    save_scores(scores.assign_coords(names), "b.zarr")
    assert compare_cscores.main(["a.zarr", "b.zarr"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"cat", "dog"} <= {line.split()[0] for line in lines}
