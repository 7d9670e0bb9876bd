"""What ``train-holdout`` does: check the input, then train or estimate."""

import re
from pathlib import PurePath
from typing import Any

from cscore_data.cli.invocation import Invocation
from cscore_data.cli.recipe_flags import changed_recipe
from cscore_data.cli.train_holdout import Config
from cscore_data.data.examples import load_examples
from cscore_data.design.plan import Plan
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.pieces import parse_shard
from cscore_data.training.jax_setup import configure_jax
from cscore_data.training.recipe import default_recipe


def job(config: Config, invocation: Invocation) -> None:
    """Train the study that the flags describe, or print what that would take."""
    settings = study_settings(config)
    set_storage_options(config.storage_option or [], [settings["path"]])

    # jax takes a second to import, so the input is checked first, and it reads its configuration
    # from the environment when it is imported.
    configure_jax(shared=config.engine == "dask")
    from cscore_data.cli.jobs.dry_run import dry_run
    from cscore_data.cli.jobs.train_study import train_study
    from cscore_data.studies.study import Study

    study = Study(**settings)
    if config.dry_run:
        dry_run(study, overwrite=config.overwrite)
    else:
        train_study(study, config, invocation)


def study_settings(config: Config) -> dict[str, Any]:
    """The arguments of `Study` for these flags; loads the data set.

    Raises
    ------
    CscoreDataError
        If the data set, the ratios, the recipe or the shard is not valid.
    """
    examples = load_examples(config.dataset)
    recipe_name = config.recipe or default_recipe(config.dataset)
    return {
        "examples": examples,
        "plan": Plan(len(examples), tuple(config.ratios), config.seed, config.subsets),
        "recipe": changed_recipe(recipe_name, config),
        "runs": config.runs,
        "path": config.out or default_path(config.dataset),
        "runs_per_chunk": config.runs_per_chunk,
        "lanes": config.lanes,
        "shard": parse_shard(config.shard),
    }


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
