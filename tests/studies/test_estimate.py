import pytest

from cscore_data.studies import trainer
from cscore_data.studies.estimate import estimate_seconds
from cscore_data.studies.study import planned_pieces
from small_studies import make_study


class FakeTrainer:
    """A trainer of two lanes that takes half a second per step."""

    lanes = 2

    def seconds_per_step(self, subsets, seeds):
        return 0.5


def test_an_estimate_is_a_positive_time_if_there_is_anything_to_train(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    pieces, runs_per_chunk = planned_pieces(study)
    assert estimate_seconds(study, pieces, runs_per_chunk) > 0
    assert estimate_seconds(study, [], runs_per_chunk) == 0


def test_an_estimate_is_the_time_of_a_step_times_the_number_of_steps(blobs, tmp_path, monkeypatch):
    study = make_study(blobs, tmp_path / "cube.zarr")
    pieces, runs_per_chunk = planned_pieces(study)
    monkeypatch.setattr(trainer, "make_trainer", lambda *_, **__: FakeTrainer())
    seconds = estimate_seconds(study, pieces, runs_per_chunk)
    # Three groups of lanes at each ratio; two epochs of 36 and 84 examples in batches of 16, and
    # the evaluation of 120 examples.
    steps = 2 * 3 + 2 * 6 + 2 * 120 / 16 / 3
    assert seconds == pytest.approx(0.5 * 3 * steps)
