"""What ``train-holdout`` does: check the input, then train or estimate."""

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from cscore_data.cli.recipe_flags import changed_recipe
from cscore_data.cli.run import Invocation
from cscore_data.data.sources import load_examples
from cscore_data.design.plan import Plan
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.pieces import parse_shard
from cscore_data.training.jax_setup import configure_jax
from cscore_data.training.recipe import default_recipe

if TYPE_CHECKING:
    from cscore_data.cli.train_holdout import TrainHoldoutFlags


def train_holdout(flags: "TrainHoldoutFlags", invocation: Invocation) -> None:
    """Train the study that the flags describe, or print what that would take.

    Raises
    ------
    CscoreDataError
        If the data set, the ratios, the recipe or the shard is not valid, or the cube cannot be
        written.
    """
    # The input is checked first: jax takes a second to import.
    examples = load_examples(flags.dataset)
    plan = Plan(len(examples), tuple(flags.ratios), flags.seed, flags.subsets)
    recipe = changed_recipe(flags.recipe or default_recipe(flags.dataset), flags)
    path = flags.out or default_path(flags.dataset)
    shard = parse_shard(flags.shard)
    set_storage_options(flags.storage_option or [], [path])

    # jax reads its configuration from the environment when it is imported.
    configure_jax(shared=flags.engine == "dask")
    from cscore_data.cli.jobs.dry_run import dry_run
    from cscore_data.cli.jobs.train_study import train_study
    from cscore_data.studies.study import Study

    study = Study(
        examples=examples,
        plan=plan,
        recipe=recipe,
        runs=flags.runs,
        path=path,
        runs_per_chunk=flags.runs_per_chunk,
        lanes=flags.lanes,
        shard=shard,
    )
    if flags.dry_run:
        dry_run(study, overwrite=flags.overwrite)
    else:
        train_study(study, flags, invocation)


def default_path(dataset: str) -> str:
    """NAME.zarr in the working folder, where NAME is the data set's, or that of its file.

    Examples
    --------
    >>> default_path("mnist")
    'mnist.zarr'
    >>> default_path("data/train.parquet:img:label")
    'train.zarr'
    >>> default_path("tfds:cats/small:3.0.1")
    'cats-small-3.0.1.zarr'
    """
    if dataset.startswith("tfds:"):
        name = dataset.removeprefix("tfds:")
    else:
        name = re.sub(r"\.(npz|parquet)(:.*)?$", "", PurePath(dataset).name)
    return re.sub(r"[^\w.-]+", "-", name) + ".zarr"
