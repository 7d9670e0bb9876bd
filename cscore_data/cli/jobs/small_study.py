"""A small study of a data set, trained or continued before its suspects are ranked; needs jax."""

import dataclasses
import time
from typing import TYPE_CHECKING

from cscore_data.cli.jobs.chosen_recipe import chosen_recipe, stored_recipe
from cscore_data.cli.jobs.study_report import accuracy_table, count_runs
from cscore_data.cli.jobs.train_holdout import default_path, groups_of, stored_plan
from cscore_data.cli.output import printable, progress_bar
from cscore_data.cli.run import Invocation
from cscore_data.data.examples import Examples
from cscore_data.data.plurals import counted
from cscore_data.design.plan import Plan
from cscore_data.errors import MismatchError
from cscore_data.storage.cube import Cube
from cscore_data.training.jax_setup import configure_jax
from cscore_data.training.named_recipes import against_wrong_labels
from cscore_data.training.recipe import Recipe

if TYPE_CHECKING:
    from cscore_data.cli.find_mislabelled import FindMislabelledFlags
    from cscore_data.studies.study import Study


def small_study(flags: "FindMislabelledFlags", examples: Examples, invocation: Invocation) -> Cube:
    """Train the models that the flags describe, as far as they are not in the cube yet.

    Raises
    ------
    CscoreDataError
        If a ratio, a number or a hyperparameter is out of range, or if another study is in the
        cube.
    """
    path = flags.cube or default_cube(flags.source)
    recipe = finding_recipe(flags, examples, path)
    stored = {} if flags.overwrite else stored_plan(path)
    groups = groups_of(examples, copies=flags.group_duplicates or "groups" in stored)
    plan = Plan(len(examples), tuple(flags.ratios), flags.seed, subsets="balanced", groups=groups)

    # jax reads its configuration from the environment when it is imported.
    configure_jax(shared=False)
    from cscore_data.studies.study import Study
    from cscore_data.training.device import check_device

    check_device()
    return train(Study(examples, plan, recipe, flags.runs, path), flags, invocation)


def finding_recipe(flags: "FindMislabelledFlags", examples: Examples, path: str) -> Recipe:
    """The recipe that flags name, or the data set's with what helps against wrong labels.

    A cube that was begun without that continues without it.
    """
    recipe = chosen_recipe(flags, examples, path, overwrite=flags.overwrite)
    is_begun = not flags.overwrite and stored_recipe(path) == recipe.to_dict()
    if flags.recipe is not None or is_begun:
        return recipe
    changes = {}
    for name, value in against_wrong_labels(recipe).items():
        # Not what the flags say.
        if getattr(flags, name) is None:
            changes[name] = value
    return dataclasses.replace(recipe, **changes)


def train(study: "Study", flags: "FindMislabelledFlags", invocation: Invocation) -> Cube:
    """Create or open the cube of a study, and train what it lacks."""
    from cscore_data.studies.loop import train_pending
    from cscore_data.studies.study import open_study, study_pieces

    try:
        cube = open_study(study, command=invocation.history_line(), overwrite=flags.overwrite)
    except MismatchError as error:
        # Here the cube's flag has another name.
        raise MismatchError(str(error).replace("another --out", "another --cube")) from error
    name, place = printable(study.examples.name), printable(str(cube.path))
    missing = count_runs(study_pieces(study, cube))
    if not missing:
        print(f"Cube: {place} has all models already")
        return cube

    print(
        f"{name}: {len(study.examples)} examples, {study.classes} classes; training "
        f"{counted(missing, 'model')} into {place}, where the same command resumes",
        flush=True,
    )
    began = time.perf_counter()
    with progress_bar(missing, shown=flags.progress) as report:
        trained = train_pending(study, cube, on_progress=report)
    seconds = time.perf_counter() - began
    print(f"Cube: {place} ({counted(trained, 'model')} trained in {seconds:.1f} s)")
    print(accuracy_table(cube.dataset))
    return cube


def default_cube(source: str) -> str:
    """The cube of a data set's small study: NAME-mislabelled.zarr in the working folder."""
    return f"{default_path(source).removesuffix('.zarr')}-mislabelled.zarr"
