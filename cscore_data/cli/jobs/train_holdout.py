"""What ``train-holdout`` does: check the input, then train or estimate."""

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cscore_data.cli.jobs.chosen_recipe import chosen_recipe
from cscore_data.cli.jobs.destinations import check_new_folder
from cscore_data.cli.output import printable
from cscore_data.cli.run import Invocation
from cscore_data.cli.source_flags import load_options, print_notes
from cscore_data.data.examples import Examples
from cscore_data.data.sources import load_examples, short_name
from cscore_data.data.split import TestSplit, load_test_split
from cscore_data.design.groups import GroupMembers, members_of
from cscore_data.design.plan import Plan
from cscore_data.errors import InvalidInputError
from cscore_data.storage.folder import set_storage_options
from cscore_data.storage.pieces import parse_shard
from cscore_data.storage.zarr_store import stored_attrs
from cscore_data.training.jax_setup import configure_jax

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
    check_flags(flags)
    path = flags.out or default_path(flags.dataset)
    set_storage_options(flags.storage_option or [], [path])
    if not flags.dry_run:
        check_new_folder(path)
    shard = parse_shard(flags.shard)
    examples = load_examples(flags.dataset, load_options(flags))
    print_notes(examples)
    test = test_split_of(flags, examples, path)
    recipe = chosen_recipe(flags, examples, path, overwrite=flags.overwrite)
    stored = {} if flags.overwrite else stored_plan(path)
    plan = Plan(
        len(examples),
        tuple(flags.ratios),
        flags.seed,
        subsets=flags.subsets or stored.get("subsets", "balanced"),
        groups=groups_of(examples, copies=flags.group_duplicates or "groups" in stored),
    )

    # jax reads its configuration from the environment when it is imported.
    configure_jax(shared=flags.engine == "dask")
    from cscore_data.cli.jobs.dry_run import print_estimate
    from cscore_data.cli.jobs.fill_cube import fill_cube
    from cscore_data.studies.study import Study
    from cscore_data.studies.until import in_blocks
    from cscore_data.training.device import check_device

    check_device()
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
        test=test,
    )
    if flags.dry_run:
        if flags.until is not None:
            study = in_blocks(study, overwrite=flags.overwrite)
        print_estimate(study, overwrite=flags.overwrite, at_most=flags.until is not None)
    else:
        fill_cube(study, flags, invocation)


def check_flags(flags: "TrainHoldoutFlags") -> None:
    """Raise `InvalidInputError` for flags that make no sense, alone or together."""
    if flags.until is not None:
        check_aim(flags.until, flags.runs)
    elif flags.until_score is not None:
        raise InvalidInputError("until-score: found without --until; add that, or leave it")
    for name in ("scheduler", "workers", "worker_timeout"):
        if getattr(flags, name) is not None and flags.engine != "dask":
            flag = name.replace("_", "-")
            raise InvalidInputError(f"{flag}: found without --engine dask; add that, or leave it")
    if flags.scheduler is not None and flags.workers is not None:
        raise InvalidInputError(
            "workers: found with --scheduler, whose cluster has its own workers; leave one out"
        )


def check_aim(aim: float, runs: int) -> None:
    """Raise `InvalidInputError` unless so many runs can be trained for this reliability."""
    if not 0 < aim < 1:
        raise InvalidInputError(f"until: found {aim:g}, expected a reliability between 0 and 1")
    if runs < 2:
        raise InvalidInputError(
            f"until: found with --runs {runs}, expected at least 2: reliability is how well two "
            "halves of the runs agree"
        )


def stored_plan(path: str) -> dict[str, Any]:
    """The plan of the cube that is there; empty if there is none."""
    with suppress(KeyError, TypeError, ValueError):
        return dict(json.loads(stored_attrs(path)["plan"]))
    return {}


def test_split_of(flags: "TrainHoldoutFlags", examples: Examples, path: str) -> TestSplit | None:
    """The test split, if the flags ask for it or the cube that is there has results on it."""
    is_stored = not flags.overwrite and "test_digest" in stored_attrs(path)
    if not (flags.test or is_stored):
        return None
    test = load_test_split(examples)
    for note in test.notes:
        print(printable(f"note: {note}"))
    return test


def groups_of(examples: Examples, *, copies: bool) -> GroupMembers:
    """The examples that are held out together: those that say so, or, if asked for, copies."""
    group = examples.group
    if group is None and copies:
        group = examples.copies()
    if group is None:
        return ()
    return members_of(group)


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
