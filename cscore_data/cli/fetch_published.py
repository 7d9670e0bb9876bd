"""``fetch-published``: the C-scores that their authors published, as a scores store."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from cscore_data import provenance
from cscore_data.cli import PREFIX, argument, option, run, storage_option, use_storage_options
from cscore_data.errors import DownloadError

if TYPE_CHECKING:  # --help and a mistyped flag need neither xarray nor zarr
    import xarray as xr


@dataclass
class Config:
    """Get the published C-scores of a data set, verify them, and write them as a scores store in the data set's
    original order. The file is downloaded once; with it in the cache, no connection is made."""

    name: str = argument("name", "data set", choices=("cifar10", "cifar100", "imagenet", "mnist"))
    out: Optional[str] = option(None, "the scores, a Zarr store: a path or a URL (default: NAME-published.zarr)")
    mirror: Optional[str] = option(
        None, "base URL that is tried before the authors' own; the file name is appended (default: none)", metavar="URL"
    )
    from_file: Optional[str] = option(
        None, "the published file, if you have it already; verified all the same (default: fetch it)", metavar="PATH"
    )
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = provenance.history_line("fetch-published", list(sys.argv[1:] if argv is None else argv))
    return run("fetch-published", Config, lambda config: _fetch_published(config, command), argv)


def _fetch_published(config: Config, command: str) -> None:
    from cscore_data import published, scorefile

    out = config.out or f"{config.name}-published.zarr"
    use_storage_options(config.storage_option, out)
    try:
        scores = published.load_published(config.name, mirror=config.mirror, file=config.from_file)
    except DownloadError as error:
        raise DownloadError(f"{error}, or name another place with --mirror or --from-file") from error
    scorefile.save_scores(scores.assign_attrs(history=command), out)
    _print_summary(scores)
    print(f"Scores: {out}. Next: {PREFIX}compare-cscores {out} YOUR-SCORES")


def _print_summary(scores: "xr.Dataset") -> None:
    score, attrs = scores["cscore"].values, scores.attrs
    print(f"{attrs['title']}: {score.size} examples in {attrs['example_order']} order ({attrs['direction']})")
    if attrs["published_order"] != attrs["example_order"]:
        print(f"the published file is in {attrs['published_order']} order")
    print(f"C-score: mean {score.mean():.5f}, min {score.min():.5f}, max {score.max():.5f}")
    if "label" in scores.coords:
        print(f"labels begin: {' '.join(map(str, scores['label'].values[:10]))}")
    else:
        print("labels: none in the published file; with the data set itself in the cache, its own are added")
    if "comment" in attrs:
        print(f"note: {attrs['comment']}")
    print(f"cite: {attrs['citation']}")


if __name__ == "__main__":
    sys.exit(main())
