"""``train-holdout``: train many models on random subsets and record what each gets right."""

import argparse
import bisect
import dataclasses
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from cscore_data import provenance
from cscore_data.cli import PREFIX, option, run, storage_option
from cscore_data.examples import load_examples
from cscore_data.plan import SUBSETS, Plan
from cscore_data.recipe import MODEL_NAMES, PRECISIONS, RECIPES, SCHEDULES, Recipe, default_recipe

if TYPE_CHECKING:  # jax takes a second to import, --help and a mistyped flag need none of it
    import xarray as xr

    from cscore_data.study import Study


def _recipe_option(help: str, **metadata: Any) -> Any:
    return option(None, f"{help} (default: the recipe's)", **metadata)


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected yes or no")
    return text == "yes"


@dataclass
class Config:
    """Train models on random subsets of a data set and write a cube (ratio x run x example) of what each of them gets
    right. Stopped at any moment, the same command goes on where it was; with more --runs it adds to what is there."""

    dataset: str = option(
        "digits",
        "data set: digits, mnist, fashion_mnist, cifar10, cifar100; PATH.npz (arrays image or x, label or y); "
        "PATH.parquet[:IMAGE:LABEL] (columns as the Hugging Face hub has them); tfds:NAME[/CONFIG][:VERSION]",
    )
    out: Optional[str] = option(
        None, "the cube, a Zarr store: a path or a URL such as s3://… (default: NAME.zarr, NAME the data set's)"
    )
    ratios: list[float] = option(
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        "subset ratios, each between 0 and 1",
        nargs="+",
        type=float,
        metavar="RATIO",
    )
    runs: int = option(200, "models at each ratio")
    runs_per_chunk: Optional[int] = option(
        None, "runs that are stored together, and lost together in a crash (default: 24, or --lanes if that is more)"
    )
    seed: int = option(0, "seed of subsets, initial weights and batch order")
    subsets: str = option(
        "independent",
        "independent: drawn anew for each ratio and run; nested: one permutation a run, of which each ratio takes a "
        "prefix, with seed 0 the subsets of the authors' MNIST demo",
        choices=SUBSETS,
    )
    recipe: Optional[str] = option(
        None,
        "how a model is trained; the flags below change parts of it: digits; mnist-demo: the authors' demo; "
        "mnist-paper, cifar10-paper, cifar100-paper: the paper's settings; cifar-fast: a small convolutional network "
        "for colour images, a few seconds a model on a GPU (default: digits for digits, cifar-fast for cifar10 and "
        "cifar100, mnist-demo for others; --dry-run shows it in full)",
        choices=RECIPES,
    )
    model: Optional[str] = _recipe_option(
        f"network: {', '.join(MODEL_NAMES)}, or MODULE:FUNCTION for one of yours, see the README", metavar="NAME"
    )
    hidden: Optional[list[int]] = _recipe_option(
        "widths of the hidden layers of mlp", nargs="+", type=int, metavar="WIDTH"
    )
    learning_rate: Optional[float] = _recipe_option("learning rate of SGD, the greatest where a schedule varies it")
    momentum: Optional[float] = _recipe_option("momentum of SGD")
    batch_size: Optional[int] = _recipe_option("examples in a batch")
    drop_last: Optional[bool] = _recipe_option(
        "leave out the last batch of an epoch where it is short", type=_yes_or_no, metavar="{yes,no}"
    )
    epochs: Optional[int] = _recipe_option("passes over the training subset")
    steps: Optional[int] = _recipe_option("batches in all, the same at each ratio, instead of --epochs")
    schedule: Optional[str] = _recipe_option(
        "learning rate over the steps: constant; triangular: up, then down to 0; cosine: up, then half a wave to 0",
        choices=SCHEDULES,
    )
    warmup: Optional[float] = _recipe_option("share of the steps in which a schedule goes up")
    nesterov: Optional[bool] = _recipe_option("Nesterov's momentum", type=_yes_or_no, metavar="{yes,no}")
    weight_decay: Optional[float] = _recipe_option("this times the weights is added to the gradient")
    label_smoothing: Optional[float] = _recipe_option("share of the target that is spread over all classes")
    crop: Optional[int] = _recipe_option("shift training images at random, by so many pixels at most", metavar="PIXELS")
    flip: Optional[bool] = _recipe_option(
        "mirror training images at random, left to right", type=_yes_or_no, metavar="{yes,no}"
    )
    precision: Optional[str] = _recipe_option(
        "of products: float32; tf32: rounded to 10 bits where the device has units for that; bfloat16: the network in "
        "bfloat16, weights kept in float32",
        choices=PRECISIONS,
    )
    lanes: Optional[int] = option(
        None,
        "models trained side by side (default: 100 a GPU, 2 to 6 a core of a CPU, of convolutional networks one on "
        "each; at most the runs stored together)",
    )
    shard: str = option("1/1", "fill part K of M of the cube, while other processes fill the others", metavar="K/M")
    engine: str = option(
        "local",
        "local: this process trains; dask: the workers of a dask.distributed cluster do",
        choices=("local", "dask"),
    )
    scheduler: Optional[str] = option(
        None, "address of the cluster's scheduler (default: a cluster of processes on this machine)", metavar="ADDRESS"
    )
    workers: int = option(2, "processes of a cluster on this machine, each with one of the GPUs where there are some")
    no_fsync: bool = option(
        False,
        "do not wait until the disk itself has what was written: faster, and safe as long as the machine keeps running "
        "(default: wait)",
    )
    storage_option: Optional[list[str]] = storage_option()
    overwrite: bool = option(
        False, "throw away the cube that is there and start anew, each time that the command is run"
    )
    dry_run: bool = option(False, "say what would be trained, its size on disk and how long it takes; write nothing")
    progress: bool = option(False, "show the progress bar even when not on a terminal")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = provenance.history_line("train-holdout", list(sys.argv[1:] if argv is None else argv))
    return run(
        "train-holdout",
        Config,
        lambda config: _train_holdout(config, command),
        argv,
        interrupted=_after_interruption,
    )


def _after_interruption(config: Config) -> str:
    if config.dry_run:
        return "nothing was written"
    return f"what was trained is in the cube, and the same command{' without --overwrite' * config.overwrite} resumes"


def _train_holdout(config: Config, command: str) -> None:
    examples = load_examples(config.dataset)
    plan = Plan(len(examples), tuple(config.ratios), config.seed, config.subsets)
    recipe = _recipe(config)
    path = config.out or _default_path(config.dataset)

    from cscore_data.claims import parse_shard
    from cscore_data.places import set_storage_options

    set_storage_options(path, config.storage_option or [])
    shard = parse_shard(config.shard)

    # After all that can be checked without jax.
    _configure_jax(shared=config.engine == "dask")
    from cscore_data.holdout import train_pending
    from cscore_data.store import open_cube, pending_pieces
    from cscore_data.study import Study, open_study

    study = Study(examples, plan, recipe, config.runs, path, config.runs_per_chunk, config.lanes, shard)
    if config.dry_run:
        _print_dry_run(study, overwrite=config.overwrite)
        return
    if config.engine == "dask":
        from cscore_data.cluster import check_cluster

        check_cluster(config.scheduler, config.workers)  # before there is a cube
    cube = open_study(study, command=command, overwrite=config.overwrite)
    pending = sum(len(piece.pending) for piece in pending_pieces(cube, shard))
    _print_study(study, pending)
    train: Callable[..., int] = train_pending
    if config.engine == "dask":
        from cscore_data.cluster import train_on_cluster

        train = partial(train_on_cluster, scheduler=config.scheduler, workers=config.workers)
    began = time.perf_counter()
    with _progress_bar(pending, config.progress) as report:
        models = train(study, cube, fsync=not config.no_fsync, on_progress=report)
    seconds = time.perf_counter() - began
    cube = open_cube(path)
    _print_accuracies(cube)
    trained = f"{models} models trained, {models / seconds:.3g} a second" if models else "it was complete already"
    missing = sum(len(piece.pending) for piece in pending_pieces(cube))
    following = (
        f"{missing} runs are missing yet, of other shards" if missing else f"Next: {PREFIX}reduce-cscores {path}"
    )
    print(f"Cube: {path} ({trained}). {following}")


def _default_path(dataset: str) -> str:
    """NAME.zarr in the working folder: the data set's name, or that of its file."""
    name = dataset.removeprefix("tfds:")
    if name == dataset:
        name = re.sub(r"\.(npz|parquet)(:.*)?$", "", Path(dataset).name)
    return re.sub(r"[^\w.-]+", "-", name) + ".zarr"


def _recipe(config: Config) -> Recipe:
    named = RECIPES[config.recipe or default_recipe(config.dataset)]
    given = {field.name: getattr(config, field.name) for field in dataclasses.fields(Recipe)}
    return dataclasses.replace(named, **{name: value for name, value in given.items() if value is not None})


def _configure_jax(*, shared: bool) -> None:
    """A CPU device for each core, compiled programs kept between commands; jax's own environment variables win.

    Where workers share the devices with this process (`shared`), nobody takes all their memory in advance.
    """
    if shared:
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    # Small products keep only one core busy: models on two devices train at the same time.
    os.environ.setdefault("JAX_NUM_CPU_DEVICES", str(usable_cores()))

    import jax
    import platformdirs

    # In the environment too, for processes that this one starts.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", platformdirs.user_cache_dir("cscore_data") + "/xla")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
    jax.config.update("jax_compilation_cache_dir", os.environ["JAX_COMPILATION_CACHE_DIR"])
    least = os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"]
    jax.config.update("jax_persistent_cache_min_compile_time_secs", float(least))


def usable_cores() -> int:
    """Cores that this process may use: a batch system's job has a part of the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print_study(study: "Study", pending: int) -> None:
    examples, plan = study.examples, study.plan
    print(
        f"{examples.name}: {len(examples)} examples, {len(examples.classes)} classes; {len(plan.ratios)} ratios x "
        f"{study.runs} runs, {pending} models to train"
    )
    without = plan.share_never_held_out(study.runs)
    if without >= 0.005:
        more = range(study.runs, 10**9)
        enough = more[bisect.bisect_left(more, True, key=lambda runs: plan.share_never_held_out(runs) < 0.005)]
        print(
            f"with {study.runs} runs about {without:.0%} of the examples are held out by none of them at some ratio, "
            f"and get no C-score; {enough} runs would do"
        )


def _print_dry_run(study: "Study", *, overwrite: bool) -> None:
    from cscore_data.holdout import estimate_seconds
    from cscore_data.schema import objects_per_piece
    from cscore_data.study import planned_pieces
    from cscore_data.train import device_name

    pieces, runs_per_chunk = planned_pieces(study, overwrite=overwrite)
    _print_study(study, sum(len(piece.pending) for piece in pieces))
    if not pieces:
        print(f"{study.path} is complete already, or its other parts are; there is nothing to do")
        return
    cells = len(study.plan.ratios) * study.runs * len(study.examples)
    print(f"recipe: {study.recipe.to_json()}")
    print(f"pieces: {len(pieces)} of {runs_per_chunk} runs each, {_BITS_A_CELL * cells / 8e6:.3g} MB on disk when done")
    files = len(pieces) * objects_per_piece(len(study.examples))
    print(f"files: {files} to write, about {files + 4 * len(pieces)} requests to an object store")
    print(f"reduction: about {_duration(cells / _CELLS_A_SECOND)} on a laptop")
    seconds = estimate_seconds(study, pieces, runs_per_chunk)
    print(f"time: about {_duration(seconds)} on {device_name()}, from measured steps of training; nothing written")


def _print_accuracies(cube: "xr.Dataset") -> None:
    from cscore_data.reduce import held_out_accuracy

    runs = cube["done"].sum("run").values
    print("ratio   runs  held-out accuracy")
    chance = np.max(np.unique(cube["label"].values, return_counts=True)[1]) / cube.sizes["example"]
    for ratio, count, accuracy in zip(cube["ratio"].values, runs, held_out_accuracy(cube).values, strict=True):
        # A tenth of the way from chance to all: 0.19 of ten classes, 0.55 of two.
        near = accuracy < chance + 0.1 * (1 - chance)
        remark = f"  near chance ({chance:.2f}): try more --steps, or another --learning-rate" if near else ""
        print(f"{ratio:<5g} {count:>6}  {accuracy:.4f}{remark}")


@contextmanager
def _progress_bar(models: int, shown: bool) -> Iterator[Callable[[float, float], Any]]:
    """A bar that fills with work, not with models, so that the time left is right though ratios differ in cost."""
    from tqdm import tqdm

    layout = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"
    # disable=None: silent when not on a terminal.
    with tqdm(total=1.0, bar_format=layout, disable=False if shown else None, mininterval=0.5) as bar:
        done = 0.0

        def report(new_models: float, work: float) -> None:
            nonlocal done
            done += new_models
            rate = done / max(bar.format_dict["elapsed"], 1e-9)
            bar.set_postfix_str(f"{done:.0f}/{models} models, {rate:.3g} models/s", refresh=False)
            bar.update(min(work, 1.0 - bar.n))

        yield report


def _duration(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


#: Measured on MNIST and digits cubes, `correct` and `held_out` together.
_BITS_A_CELL = 1.5

#: What reduce-cscores averages on two cores, measured on a cube of 9 x 1000 x 50000.
_CELLS_A_SECOND = 3e8

if __name__ == "__main__":
    sys.exit(main())
