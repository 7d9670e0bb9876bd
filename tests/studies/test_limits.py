"""A study that no device here can train is refused before there is a cube."""

import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.studies import limits
from cscore_data.studies.limits import bytes_of_device, bytes_per_model, check_size
from cscore_data.studies.study import open_study, planned_pieces
from cscore_data.training.recipe import Recipe
from small_studies import make_study


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (Recipe(hidden=(10**8, 10**8)), "a single model needs about 1.2e"),
        (Recipe(batch_size=10**13), "a single model needs about 6.4e"),
        (Recipe(crop=10**8), "a single model needs"),
        (Recipe(epochs=10**12), "steps: found 1000000000000 at ratio 0.3, expected at most"),
        (Recipe(steps=3 * 10**9), "steps: found 3000000000"),
    ],
)
def test_what_is_too_large_is_refused_and_there_is_no_cube(recipe, message, blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", recipe=recipe)
    for attempt in (lambda: open_study(study, command="test"), lambda: planned_pieces(study)):
        with pytest.raises(InvalidInputError, match=message):
            attempt()
    assert not list(tmp_path.iterdir())


def test_the_limit_is_the_memory_of_the_device(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr")
    needed = bytes_per_model(study)
    # 16 x 8 + 8 + 8 x 3 + 3 weights three times, and a batch of 16 images of 4 x 4.
    assert needed == 4 * (3 * 163 + 16 * 16)
    monkeypatch.setattr(limits, "bytes_of_device", lambda: needed)
    check_size(study)
    monkeypatch.setattr(limits, "bytes_of_device", lambda: needed - 1)
    with pytest.raises(InvalidInputError, match="choose narrower --hidden layers"):
        check_size(study)
    # A device that does not say how much it has.
    monkeypatch.setattr(limits, "bytes_of_device", lambda: None)
    check_size(study)


def test_the_device_has_memory():
    assert bytes_of_device() > 10**8
