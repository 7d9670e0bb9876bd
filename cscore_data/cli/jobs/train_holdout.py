"""What ``train-holdout`` does: check the input, then train or estimate."""

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from cscore_data.cli.recipe_flags import changed_recipe
from cscore_data.cli.run import Invocation
from cscore_data.data.sources import load_examples, short_name
from cscore_data.design.plan import Plan
from cscore_data.errors import InvalidInputError
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.pieces import parse_shard
from cscore_data.storage.zarr_store import stored_attrs
from cscore_data.training.jax_setup import configure_jax
from cscore_data.training.recipe import default_recipe

if TYPE_CHECKING:
    from cscore_data.cli.train_holdout import TrainHoldoutFlags


def train_or_estimate(flags: "TrainHoldoutFlags", invocation: Invocation) -> None:
    """Train the study that the flags describe, or print what that would take.

    Raises
    ------
    CscoreDataError
        If the data set, the ratios, the recipe or the shard is not valid, or the cube cannot be
        written.
    """
    # The input is checked first: jax takes a second to import.
    if flags.until is not None:
        check_aim(flags.until)
    path = flags.out or default_path(flags.dataset)
    set_storage_options(flags.storage_option or [], [path])
    shard = parse_shard(flags.shard)
    examples = load_examples(flags.dataset)
    recipe = changed_recipe(flags.recipe or default_recipe(flags.dataset), flags)
    subsets = flags.subsets or default_subsets(path, overwrite=flags.overwrite)
    plan = Plan(len(examples), tuple(flags.ratios), flags.seed, subsets)

    # jax reads its configuration from the environment when it is imported.
    configure_jax(shared=flags.engine == "dask")
    from cscore_data.cli.jobs.dry_run import print_estimate
    from cscore_data.cli.jobs.fill_cube import fill_cube
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
        record=flags.record,
    )
    if flags.dry_run:
        print_estimate(study, overwrite=flags.overwrite)
    else:
        fill_cube(study, flags, invocation)


def default_subsets(path: str, *, overwrite: bool) -> str:
    """How subsets are drawn if no flag says so: as in the cube that is there, or independent."""
    if not overwrite:
        with suppress(KeyError, TypeError, ValueError):
            return str(json.loads(stored_attrs(path)["plan"])["subsets"])
    return "independent"


def check_aim(aim: float) -> None:
    """Raise `InvalidInputError` unless a reliability to train for is in (0, 1)."""
    if not 0 < aim < 1:
        raise InvalidInputError(f"until: found {aim:g}, expected a reliability between 0 and 1")


def default_path(dataset: str) -> str:
    """NAME.zarr in the working folder, where NAME is the data set's, or that of its file.

    Characters that do not belong in a file name become a hyphen.

    Examples
    --------
    >>> default_path("mnist")
    'mnist.zarr'
    >>> default_path("data/train.parquet:img:label")
    'train.zarr'
    >>> default_path("tfds:cats/small:3.0.1")
    'cats-small-3.0.1.zarr'
    """
    name = re.sub(r"[^\w.-]+", "-", short_name(dataset))
    return f"{name}.zarr"
