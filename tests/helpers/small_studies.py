"""A small study on the blobs, for the tests of several modules."""

from cscore_data.design.plan import Plan
from cscore_data.storage.cube import open_cube
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study
from cscore_data.training.recipe import Recipe

RECIPE = Recipe(hidden=(8,), batch_size=16, epochs=2)


def make_study(
    examples,
    path,
    *,
    runs=5,
    ratios=(0.3, 0.7),
    recipe=RECIPE,
    seed=0,
    runs_per_chunk=2,
    lanes=2,
):
    """By default 2 x 5 models in 6 pieces."""
    plan = Plan(len(examples), ratios, seed)
    return Study(examples, plan, recipe, runs, path, runs_per_chunk, lanes)


def run_study(study, **keywords):
    """Create or resume the cube of a study, train what is pending, and load the cube."""
    cube = open_study(study, command="test")
    train_pending(study, cube, **keywords)
    return open_cube(study.path).load()
