"""A small study, as the tests of several modules need it."""

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
    plan = Plan(len(examples), ratios, seed)
    return Study(examples, plan, recipe, runs, path, runs_per_chunk, lanes)


def run_study(study, **keywords):
    cube = open_study(study, command="test")
    train_pending(study, cube, **keywords)
    return open_cube(study.path).load()
