import threading

import numpy as np
import pytest
import xarray as xr

from cscore_data import holdout, store
from cscore_data.errors import DivergedError, InvalidInputError, MismatchError, StoreError
from cscore_data.plan import Plan
from cscore_data.recipe import Recipe
from cscore_data.schema import CUBE_VARIABLES

RECIPE = Recipe(hidden=(8,), batch_size=16, epochs=2)


def make_study(examples, path, *, runs=5, ratios=(0.3, 0.7), recipe=RECIPE, seed=0, runs_per_chunk=2, lanes=2):
    plan = Plan(len(examples), ratios, seed)
    return holdout.Study(examples, plan, recipe, runs, path, runs_per_chunk, lanes)


def run_study(study, **keywords):
    cube = holdout.open_study(study, command="test")
    holdout.train_pending(study, cube, **keywords)
    return store.open_cube(study.path).load()


def assert_same_variables(cube, other):
    for name in (*CUBE_VARIABLES, "label", "ratio", "run", "example"):
        np.testing.assert_array_equal(cube[name], other[name], err_msg=name)


def test_a_study_from_first_to_last_step(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    cube = run_study(study)
    assert cube["done"].all()
    for index, ratio in enumerate(study.plan.ratios):
        np.testing.assert_array_equal(cube["held_out"][index], study.plan.held_out(ratio, range(5)))
    trainer = holdout.make_trainer(study, 2)
    outcome = trainer.train([study.plan.subset(0.7, 3)], [study.plan.training_seed(0.7, 3)])
    np.testing.assert_array_equal(cube["correct"].sel(ratio=0.7, run=3), outcome.correct[0])


def test_the_cube_says_what_made_it(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    attrs = holdout.open_study(study, command="the command").attrs
    assert attrs["dataset"] == "blobs"
    assert attrs["example_order"] == "original"
    assert attrs["example_digest"] == blobs.digest()
    assert attrs["plan"] == study.plan.to_json()
    assert attrs["plan_digest"] == study.plan.digest()
    assert attrs["recipe"] == RECIPE.to_json()
    assert attrs["history"].startswith("the command # cpu")
    assert {"title", "schema_version", "device", "jax_version", "xarray_version", "zarr_version"} <= set(attrs)


def test_going_on_gives_the_cube_of_one_session(blobs, tmp_path):
    whole = run_study(make_study(blobs, tmp_path / "whole.zarr"))
    study = make_study(blobs, tmp_path / "parts.zarr")

    class PowerCut(BaseException):
        pass

    for epochs_to_live in (1, 3, 6):
        left = iter(range(epochs_to_live))

        def cut(models, work, left=left):
            if next(left, None) is None:
                raise PowerCut

        with pytest.raises(PowerCut):
            run_study(study, on_progress=cut)
    assert 0 < len(store.pending_pieces(store.open_cube(study.path))) < 6
    assert_same_variables(run_study(study), whole)


def test_more_runs_extend_and_keep_those_done(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "grown.zarr", runs=3))
    grown = run_study(make_study(blobs, tmp_path / "grown.zarr", runs=7))
    assert_same_variables(grown, run_study(make_study(blobs, tmp_path / "whole.zarr", runs=7)))


def test_a_complete_cube_is_left_alone(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    run_study(study)
    before = {file: file.read_bytes() for file in study.path.rglob("*") if file.is_file()}
    assert holdout.train_pending(study, holdout.open_study(study, command="again")) == 0
    assert before == {file: file.read_bytes() for file in study.path.rglob("*") if file.is_file()}


def test_another_study_on_the_same_store_is_refused_field_by_field(blobs, tmp_path):
    path = tmp_path / "cube.zarr"
    run_study(make_study(blobs, path))
    for other, fields in (
        (make_study(blobs, path, seed=1), ["plan.seed: found 0, expected 1"]),
        (make_study(blobs, path, ratios=(0.3,)), [r"plan.ratios: found \[0.3, 0.7\], expected \[0.3\]"]),
        (
            make_study(blobs, path, recipe=Recipe(hidden=(9,), batch_size=16, epochs=3)),
            [r"recipe.hidden: found \[8\], expected \[9\]", "recipe.epochs: found 2, expected 3"],
        ),
        (make_study(blobs, path, runs=4), ["runs: found 5, expected 4"]),
        (make_study(blobs, path, runs_per_chunk=5), ["runs_per_chunk: found 2, expected 5"]),
    ):
        for field in fields:
            with pytest.raises(MismatchError, match=field):
                holdout.open_study(other, command="other")
    changed = blobs.image.copy()
    changed[0, 0, 0] ^= 1
    object.__setattr__(blobs, "image", changed)
    with pytest.raises(MismatchError, match="example_digest"):
        holdout.open_study(make_study(blobs, path), command="other")


def test_overwrite_starts_anew(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    other = make_study(blobs, tmp_path / "cube.zarr", seed=1)
    assert not holdout.open_study(other, command="anew", overwrite=True)["done"].any()


def test_spoiled_attributes_are_refused(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    holdout.open_study(study, command="test")
    metadata = study.path / "zarr.json"
    metadata.write_text(metadata.read_text().replace('{\\"examples', "{examples"))
    with pytest.raises(StoreError, match="plan and recipe are not readable"):
        holdout.open_study(study, command="test")


def test_diverged_runs_are_left_out_and_reported(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", recipe=Recipe(hidden=(8,), learning_rate=1e30, epochs=2))
    with pytest.raises(DivergedError, match=r"10 run\(s\) diverged.*ratio 0.3 run 0"):
        run_study(study)
    cube = store.open_cube(study.path)
    assert not cube["done"].any()
    assert not cube["held_out"].any()


def test_writing_overlaps_with_training(blobs, tmp_path, monkeypatch):
    """No piece but the last is written to its end before the training of the next has begun."""
    write, train = store.CubeWriter.write, holdout.Trainer.train
    begun = [threading.Event() for _ in range(6)]
    started, written = iter(begun), []

    def noted_train(self, *arguments, **keywords):
        next(started).set()
        return train(self, *arguments, **keywords)

    def waiting_write(self, *arguments):
        following = len(written) + 1
        written.append(following == len(begun) or begun[following].wait(timeout=20))
        write(self, *arguments)

    monkeypatch.setattr(store.CubeWriter, "write", waiting_write)
    monkeypatch.setattr(holdout.Trainer, "train", noted_train)
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    assert written == [True] * 6


def test_a_failing_writer_stops_the_study(blobs, tmp_path, monkeypatch):
    def full_disk(*_):
        raise StoreError("No space left on device")

    monkeypatch.setattr(store.CubeWriter, "write", full_disk)
    with pytest.raises(StoreError, match="No space left"):
        run_study(make_study(blobs, tmp_path / "cube.zarr"))


def test_planned_pieces_are_those_that_would_be_trained(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    planned = holdout.planned_pieces(study)
    assert not study.path.exists()
    assert planned == (store.pending_pieces(holdout.open_study(study, command="test")), 2)
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    assert holdout.planned_pieces(study) == ([], 2)
    grown = holdout.planned_pieces(make_study(blobs, tmp_path / "cube.zarr", runs=6))
    assert [piece.pending for piece in grown[0]] == [(5,), (5,)]


def test_an_estimate_is_a_positive_time_that_grows_with_the_work(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr")
    pieces, runs_per_chunk = holdout.planned_pieces(study)
    assert holdout.estimate_seconds(study, pieces, runs_per_chunk) > 0
    assert holdout.estimate_seconds(study, [], runs_per_chunk) == 0


def test_progress_adds_up(blobs, tmp_path):
    steps = []
    run_study(make_study(blobs, tmp_path / "cube.zarr"), on_progress=lambda models, work: steps.append((models, work)))
    models, work = np.sum(steps, axis=0)
    assert models == pytest.approx(10)
    assert work == pytest.approx(1)


@pytest.mark.parametrize(
    "wrong", [{"runs": 0}, {"runs_per_chunk": 0}, {"lanes": 0}, {"lanes": 6}, {"runs_per_chunk": 6}]
)
def test_numbers_out_of_range_are_refused(blobs, tmp_path, wrong):
    with pytest.raises(InvalidInputError, match=f"{next(iter(wrong))}: found"):
        make_study(blobs, tmp_path / "cube.zarr", **wrong)


def test_lanes_leave_as_few_idle_as_can_be(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=20, runs_per_chunk=20, lanes=8)
    assert holdout.make_trainer(study, 20).lanes == 7


def test_filled_through_xarray_the_cube_reduces(blobs, tmp_path):
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    cube = xr.open_zarr(tmp_path / "cube.zarr")
    assert float(cube["correct"].where(cube["held_out"]).mean()) > 0.4
