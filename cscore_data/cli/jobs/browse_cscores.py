"""What ``browse-cscores`` does: read scores, load their examples, write a gallery."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from cscore_data.cli.jobs.compare_cscores import named_by_source
from cscore_data.cli.jobs.destinations import check_new_folder, check_outside, name_of_store
from cscore_data.cli.jobs.plot_cscores import is_cube, with_labels
from cscore_data.cli.jobs.scored_images import load_images
from cscore_data.cli.output import printable
from cscore_data.cli.run import Invocation
from cscore_data.cli.source_flags import load_options
from cscore_data.data.duplicates import group_copies
from cscore_data.data.plurals import counted
from cscore_data.errors import InvalidInputError, MismatchError
from cscore_data.figures.labels import names_of_classes
from cscore_data.gallery.contents import GalleryContents
from cscore_data.gallery.folder import check_folder
from cscore_data.gallery.write import write_gallery
from cscore_data.scores.alignment import align
from cscore_data.scores.files import read_scores
from cscore_data.scores.influence_files import open_pairs
from cscore_data.scores.mislabelled import find_mislabelled
from cscore_data.scores.reduce import reduce_cube
from cscore_data.scores.votes import has_votes, votes
from cscore_data.storage.cube import Cube
from cscore_data.storage.folder import set_storage_options

if TYPE_CHECKING:
    from cscore_data.cli.browse_cscores import BrowseCscoresFlags


#: Helpers of an example that are shown.
_HELPERS = 8


class Source(NamedTuple):
    """Scores that were read, and the votes of the cube that they are from."""

    scores: xr.Dataset
    votes: xr.DataArray | None = None


def browse_cscores(flags: "BrowseCscoresFlags", invocation: Invocation) -> None:
    """Write the gallery that the flags describe."""
    sources = (flags.scores, flags.compare, flags.influence)
    stores = [source for source in sources if source is not None]
    set_storage_options(flags.storage_option or [], stores)
    out = flags.out or f"{name_of_store(flags.scores)}-gallery"
    check_folder(out)
    check_new_folder(out)
    for store in stores:
        check_outside(store, [out])

    source = read_source(flags.scores)
    examples = load_images(source.scores, flags.dataset, load_options(flags))
    scores = with_labels(source.scores, examples)
    other = None
    if flags.compare is not None:
        names = (flags.scores, flags.compare)
        other = aligned_with(scores, read_source(flags.compare).scores, names)
        # Two studies of one data set have the same title.
        if scores.attrs.get("title") == other.attrs.get("title"):
            scores = named_by_source(scores, flags.scores)
            other = named_by_source(other, flags.compare)
    helpers = None
    if flags.influence is not None:
        helpers = helpers_of(scores, flags.influence)
    contents = GalleryContents(
        scores,
        examples.image,
        examples.name,
        class_names=tuple(names_of_classes(scores, examples.class_names)),
        votes=source.votes,
        suspects=suspects_among(scores, examples.image),
        other=other,
        helpers=helpers,
    )
    write_gallery(contents, out)
    print_summary(contents)
    print(printable(f"Gallery: {out}. Open {out}/index.html in a browser"))


def read_source(source: str) -> Source:
    """Read scores in memory, by the index of their examples; of a cube, all that it can carry."""
    if not is_cube(source):
        return Source(read_scores(source).sortby("example").load())
    cube = Cube.open(source)
    cube.require_consistent()
    # Margins as they are stored give the same scores, sooner.
    scores = reduce_cube(cube.packed).load()
    return Source(scores, votes(cube.packed) if has_votes(cube.packed) else None)


def aligned_with(
    scores: xr.Dataset, other: xr.Dataset, names: tuple[str, str] = ("A", "B")
) -> xr.Dataset:
    """The second set of scores in the order of the first; NaN where it lacks an example.

    Raises
    ------
    CscoreDataError
        If they are not scores of the same examples.
    """
    aligned = align(scores, other, names=names)
    for warning in aligned.warnings:
        print(printable(f"warning: {warning}"))
    rows = np.searchsorted(scores["example"].values, aligned.a["example"].values)
    place = np.full(scores.sizes["example"], -1)
    place[rows] = np.arange(len(rows))
    has_other = xr.DataArray(place >= 0, dims="example")
    chosen = aligned.b.drop_vars(["example", "filename"], errors="ignore").isel(example=place)
    found = xr.Dataset(attrs=aligned.b.attrs)
    for name, variable in chosen.data_vars.items():
        # Whole numbers have no NaN; of those, only the counts of profiles are shown.
        if variable.dtype.kind == "f":
            found[name] = variable.where(has_other)
        elif name == "held_out_count":
            found[name] = variable.where(has_other, 0)
    return found


def helpers_of(scores: xr.Dataset, source: str) -> xr.Dataset:
    """The examples that help each one most, in the order of the scores.

    Raises
    ------
    CscoreDataError
        If these are influences on other examples, or none that can be read.
    """
    pairs = open_pairs(source).load()
    if pairs.attrs["on"] != "train":
        raise InvalidInputError(
            f"influence: {source} has influences on {pairs.attrs['on']} examples, expected "
            "influences on training examples, from reduce-cscores CUBE --influence on=train"
        )
    digest, own = pairs.attrs.get("example_digest"), scores.attrs.get("example_digest")
    is_other = None not in (digest, own) and digest != own
    if is_other or not np.isin(scores["example"], pairs["target"]).all():
        raise MismatchError(f"influence: {source} has influences on examples of another data set")
    pairs = pairs.sel(target=scores["example"].values).isel(rank=slice(_HELPERS))
    # What chance would bring about as well is no help.
    helper = pairs["helps"].where(pairs["helps_chance"] < 1, -1)
    influence = pairs["helps_influence"]
    dims = ("example", "place")
    return xr.Dataset({"helper": (dims, helper.data), "influence": (dims, influence.data)})


def suspects_among(scores: xr.Dataset, image: np.ndarray) -> xr.Dataset | None:
    """The suspicious labels, or None if no example has a score."""
    if not np.isfinite(scores["cscore"]).any():
        print("note: no example has a C-score: none was held out at every ratio; train more runs")
        return None
    try:
        return find_mislabelled(scores, group_copies(image))
    except InvalidInputError:
        # Of few runs, an example may have a C-score and yet no margin.
        return None


def print_summary(contents: GalleryContents) -> None:
    """Print what the gallery shows."""
    parts = [f"{len(contents):,} examples of {contents.name}"]
    if contents.suspects is not None:
        called = int(contents.suspects["mislabelled"].sum())
        parts.append(f"{counted(called, 'label')} probably wrong")
    if contents.other is not None:
        parts.append("two sets of scores")
    print(printable("; ".join(parts)))
