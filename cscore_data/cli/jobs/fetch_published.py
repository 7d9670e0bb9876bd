"""What ``fetch-published`` does: get the published scores, write them, print a summary."""

from typing import TYPE_CHECKING

import xarray as xr

from cscore_data.cli.jobs.destinations import check_new_folder
from cscore_data.cli.output import printable
from cscore_data.cli.run import Invocation
from cscore_data.errors import DownloadError
from cscore_data.scores.files import save_scores
from cscore_data.scores.published import load_published
from cscore_data.storage.folder import set_storage_options

if TYPE_CHECKING:
    from cscore_data.cli.fetch_published import FetchPublishedFlags


def fetch_published(flags: "FetchPublishedFlags", invocation: Invocation) -> None:
    """Get, verify and write the published scores of a data set."""
    out = flags.out or f"{flags.name}-published.zarr"
    set_storage_options(flags.storage_option or [], [out])
    check_new_folder(out)
    try:
        scores = load_published(flags.name, mirror=flags.mirror, file=flags.from_file)
    except DownloadError as error:
        raise DownloadError(
            f"{error}, or name another place with --mirror or --from-file"
        ) from error
    scores = scores.assign_attrs(history=invocation.history_line())
    save_scores(scores, out, overwrite=flags.overwrite)
    print_summary(scores)
    following = invocation.line("compare-cscores", out, "YOUR-SCORES")
    print(printable(f"Scores: {out}. Next: {following}"))


def print_summary(scores: xr.Dataset) -> None:
    """Print what the scores are, so that a reader can check them against the authors' words."""
    score = scores["cscore"].values
    attrs = scores.attrs
    order = attrs["example_order"]
    print(f"{attrs['title']}: {score.size} examples in {order} order ({attrs['direction']})")
    if attrs["published_order"] != order:
        print(f"the published file is in {attrs['published_order']} order")
    what = "1 - memorization" if "memorization" in scores else "C-score"
    print(f"{what}: mean {score.mean():.5f}, min {score.min():.5f}, max {score.max():.5f}")
    if "label" in scores.coords:
        first_labels = " ".join(map(str, scores["label"].values[:10]))
        print(f"labels begin: {first_labels}")
    else:
        print(
            "labels: none in the published file; with the data set itself in the cache, its own "
            "are added"
        )
    if "comment" in attrs:
        print(f"note: {attrs['comment']}")
    print(f"cite: {attrs['citation']}")
