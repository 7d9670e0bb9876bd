"""``reduce-cscores``: from a cube to profiles, C-scores and standard errors."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Optional

from cscore_data import provenance
from cscore_data.cli import PREFIX, argument, option, run, storage_option, use_storage_options
from cscore_data.errors import IncompleteCubeError

if TYPE_CHECKING:
    import xarray as xr


@dataclass
class Config:
    """Average the runs of a cube away: held-out accuracy of each example at each ratio (its profile), the mean over
    ratios (its C-score) and the standard error of that. Writes a small Zarr store and prints a summary."""

    cube: str = argument("cube", "cube written by train-holdout: a path or a URL")
    out: Optional[str] = option(
        None,
        "the scores, a Zarr store: a path or a URL (default: NAME-cscores.zarr here, for a cube NAME.zarr anywhere)",
    )
    export: Optional[str] = option(
        None,
        "write the scores also as FILE.npz (labels and scores, as the published files), FILE.npy (scores alone), "
        "FILE.csv or FILE.parquet (a table) (default: do not)",
        metavar="FILE",
    )
    figure: Optional[str] = option(
        None,
        "draw the overview, as plot-cscores does, to FILE.pdf, FILE.png or FILE.svg (default: do not)",
        metavar="FILE",
    )
    allow_incomplete: bool = option(
        False,
        "reduce a cube in which runs are missing over those that are there, leaving out ratios that have none at all "
        "(default: refuse it)",
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = provenance.history_line("reduce-cscores", list(sys.argv[1:] if argv is None else argv))
    return run("reduce-cscores", Config, lambda config: _reduce_cscores(config, command), argv)


def _reduce_cscores(config: Config, command: str) -> None:
    from cscore_data import reduce, scorefile, store

    out = config.out or PurePath(config.cube).with_suffix("").name + "-cscores.zarr"
    use_storage_options(config.storage_option, config.cube, out)
    cube = store.open_cube(config.cube)
    if config.export:
        scorefile.check_suffix(config.export)
    if config.figure:
        from cscore_data.plot import check_suffix

        check_suffix(config.figure)
    if config.allow_incomplete:
        cube = _begun_ratios(cube)
    else:
        store.require_complete(cube)
    scores = reduce.reduce_cube(cube).load()
    scores.attrs["history"] = "\n".join(filter(None, [scores.attrs.get("history"), command]))
    if config.figure:
        from cscore_data.cli.plot_cscores import draw

        draw(scores, "overview", None, config.figure)
    if config.export:
        scorefile.export_scores(scores, config.export)
    scorefile.save_scores(scores, out)
    _print_summary(cube, scores)
    written = ", ".join(str(file) for file in (out, config.export, config.figure) if file)
    print(f"Scores: {written}. Next: {PREFIX}plot-cscores {out} --out {PurePath(out).with_suffix('.png').name}")


def _begun_ratios(cube: "xr.Dataset") -> "xr.Dataset":
    """The cube without the ratios at which no run is done: they would leave every example without a C-score."""
    begun = cube["done"].any("run").values
    if not begun.any():
        raise IncompleteCubeError("the cube has no run that is done; run train-holdout again with the same flags")
    if not begun.all():
        print(f"left out, no run is done: ratio {', '.join(map(str, cube['ratio'].values[~begun]))}")
    return cube.isel(ratio=begun)


def _print_summary(cube: "xr.Dataset", scores: "xr.Dataset") -> None:
    score = scores["cscore"]
    known = score.dropna("example")
    print(
        f"{cube.attrs.get('dataset', 'data set')}: {score.size} examples, {int(cube['done'].sum())} runs at "
        f"{cube.sizes['ratio']} ratios"
    )
    if known.size < score.size:
        print(
            f"no C-score: {score.size - known.size} examples, never held out at some ratio; more runs would mend that"
        )
    if not known.size:
        return
    print(f"C-score: mean {float(known.mean()):.4f}, {float((known < 0.5).mean()):.2%} below 0.5")
    lowest = known.sortby(known)[:10]
    ties = int((known == lowest[-1]).sum() - (lowest == lowest[-1]).sum())
    print(
        "the ten lowest: example  label  C-score  +- standard error"
        + f"  ({ties} more tie with the last of them)" * (ties > 0)
    )
    for example in lowest["example"].values:
        row = scores.sel(example=example)
        print(
            f"{example:>23}  {int(row['label']):>5}  {float(row['cscore']):7.4f}  +- {float(row['cscore_stderr']):.4f}"
        )


if __name__ == "__main__":
    sys.exit(main())
