import dataclasses
import warnings

import numpy as np
import pytest
import xarray as xr

from cscore_data import Examples
from cscore_data.errors import InvalidInputError, MismatchError, StoreError
from cscore_data.studies.study import open_study, planned_pieces
from cscore_data.training.recipe import Recipe
from small_studies import RECIPE, make_study, run_study


def test_the_cube_says_what_made_it(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    attrs = open_study(study, command="the command").dataset.attrs
    assert attrs["dataset"] == "blobs"
    assert attrs["example_order"] == "original"
    assert attrs["example_digest"] == blobs.digest()
    assert attrs["plan"] == study.plan.to_json()
    assert attrs["plan_digest"] == study.plan.digest()
    assert attrs["recipe"] == RECIPE.to_json()
    assert attrs["history"].startswith("the command # cpu")
    versions = {"schema_version", "jax_version", "xarray_version", "zarr_version"}
    assert {"title", "device"} | versions <= set(attrs)


OTHER_RECIPE = Recipe(hidden=(9,), batch_size=16, epochs=3)


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ({"seed": 1}, ["plan.seed: found 0, expected 1"]),
        ({"ratios": (0.3,)}, ["plan.ratios: found [0.3, 0.7], expected [0.3]"]),
        (
            {"recipe": OTHER_RECIPE},
            ["recipe.hidden: found [8], expected [9]", "recipe.epochs: found 2, expected 3"],
        ),
        ({"runs_per_chunk": 5}, ["runs_per_chunk: found 2, expected 5"]),
    ],
)
def test_another_study_in_the_same_place_is_refused(blobs, tmp_path, change, messages):
    path = tmp_path / "cube.zarr"
    open_study(make_study(blobs, path), command="test")
    with pytest.raises(MismatchError) as refused:
        open_study(make_study(blobs, path, **change), command="other")
    for message in messages:
        assert message in str(refused.value)


def test_a_study_of_other_examples_in_the_same_place_is_refused(blobs, tmp_path):
    path = tmp_path / "cube.zarr"
    open_study(make_study(blobs, path), command="test")
    image = blobs.image.copy()
    image[0, 0, 0] ^= 1
    other = dataclasses.replace(blobs, image=image)
    with pytest.raises(MismatchError, match="example_digest"):
        open_study(make_study(other, path), command="other")


def test_overwriting_starts_again(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    other = make_study(blobs, tmp_path / "cube.zarr", seed=1)
    cube = open_study(other, command="again", overwrite=True)
    assert not cube.dataset["done"].any()


def test_what_differs_in_other_examples_is_said(blobs, tmp_path):
    path = tmp_path / "cube.zarr"
    open_study(make_study(blobs, path), command="test")
    label = blobs.label.copy()
    label[3] += 1
    label[5] += 1
    others = {
        r"labels: 2 of 120 differ \(row 3: found \d, expected \d\)": (blobs.image, label),
        "images or features: found others, or in another order": (blobs.image + 1, blobs.label),
        "examples: found 120, expected 90": (blobs.image[:90], blobs.label[:90]),
    }
    for words, (image, label) in others.items():
        study = make_study(Examples("blobs", image, label), path)
        with pytest.raises(MismatchError, match=words):
            open_study(study, command="test")


def test_damaged_attributes_are_refused(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    open_study(study, command="test")
    metadata = study.path / "zarr.json"
    metadata.write_text(metadata.read_text().replace('{\\"examples', "{examples"))
    with pytest.raises(StoreError, match="plan and recipe are not readable"):
        open_study(study, command="test")


def test_planned_pieces_are_those_that_would_be_trained(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    planned = planned_pieces(study)
    assert not study.path.exists()
    assert planned == (open_study(study, command="test").pieces(), 2)
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    assert planned_pieces(study) == ([], 2)
    grown = planned_pieces(make_study(blobs, tmp_path / "cube.zarr", runs=6))
    assert [piece.pending for piece in grown[0]] == [(5,), (5,)]


def test_a_study_of_fewer_runs_than_its_cube_is_about_the_first(blobs, tmp_path):
    large = make_study(blobs, tmp_path / "cube.zarr", runs=8)
    small = make_study(blobs, large.path, runs=5)
    open_study(large, command="test")
    assert [piece.pending[-1] for piece in planned_pieces(small)[0][-2:]] == [4, 4]
    assert run_study(small).sizes["run"] == 8
    done = open_study(small, command="test").dataset["done"].values
    assert done.tolist() == [[True] * 5 + [False] * 3] * 2
    assert planned_pieces(small) == ([], 2)
    assert run_study(large)["done"].all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"runs": 0},
        {"runs": 10**9},
        {"runs_per_chunk": 0},
        {"lanes": 0},
        {"lanes": 6},
        {"runs_per_chunk": 6},
    ],
)
def test_numbers_out_of_range_are_refused(blobs, tmp_path, wrong):
    with pytest.raises(InvalidInputError, match=f"{next(iter(wrong))}: found"):
        make_study(blobs, tmp_path / "cube.zarr", **wrong)


def test_file_names_are_stored(blobs, tmp_path):
    names = np.array([f"image {row}.png" for row in range(len(blobs))])
    study = make_study(dataclasses.replace(blobs, filename=names), tmp_path / "cube.zarr")
    open_study(study, command="test")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cube = xr.open_zarr(study.path).load()
    assert cube["filename"].values.tolist() == names.tolist()
