"""What ``find-mislabelled`` does: train if need be, rank, write, report."""

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from cscore_data.cli.jobs.destinations import check_new_folder, check_writable
from cscore_data.cli.jobs.earlier_output import SUSPECTS, check_earlier_suspects
from cscore_data.cli.jobs.known_labels import KnownLabels, print_quality, read_known_labels
from cscore_data.cli.jobs.suspect_report import print_suspects
from cscore_data.cli.jobs.suspect_source import is_data_set
from cscore_data.cli.output import printable
from cscore_data.cli.run import Invocation
from cscore_data.cli.source_flags import given_or_stored, load_options, print_notes
from cscore_data.data.examples import Examples
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.figures.files import check_suffix as check_figure_suffix
from cscore_data.figures.labels import names_of_classes
from cscore_data.scores.example_rows import example_rows
from cscore_data.scores.files import read_scores
from cscore_data.scores.mislabelled import find_mislabelled
from cscore_data.scores.reduce import available_statistics, reduce_cube
from cscore_data.scores.suspect_files import (
    check_suffix,
    named_classes,
    suspect_table,
    write_table,
)
from cscore_data.storage.cube import Cube
from cscore_data.storage.folder import set_storage_options
from cscore_data.training.recipe import recipe_flags

if TYPE_CHECKING:
    from cscore_data.cli.find_mislabelled import FindMislabelledFlags

#: Statistics of a cube that suspects are ranked, and described, by.
_STATISTICS = ("soft_cscore", "soft_cscore_stderr", "margin", "margin_stderr", "vote", "vote_share")

#: Flags of the models that are trained of a data set, besides those of the recipe.
_OF_TRAINING = ("cube", "ratios", "runs", "seed", "group_duplicates", "recipe", "overwrite")


@dataclass(frozen=True)
class Suspected:
    """What suspects are ranked from.

    Attributes
    ----------
    scores : xarray.Dataset
    examples : Examples, optional
        The data set, if it was loaded, in the order of the scores.
    class_names : tuple of str
    """

    scores: xr.Dataset
    examples: Examples | None = None
    class_names: tuple[str, ...] = ()


def write_suspects(flags: "FindMislabelledFlags", invocation: Invocation) -> None:
    """Rank the examples that the flags name by how probably their label is wrong, and write them.

    Raises
    ------
    CscoreDataError
        If the source, a flag or a file is not what it should be; nothing has been written then but
        what was trained.
    """
    out = flags.out or SUSPECTS
    check_flags(flags, out)
    set_storage_options(flags.storage_option or [], [flags.source, flags.cube or ""])
    known = None
    if flags.truth is not None:
        known = read_known_labels(flags.truth)

    # Rank.
    suspected = from_source(flags, invocation, known)
    copies = None
    if suspected.examples is not None:
        copies = suspected.examples.copies()
    suspects = find_mislabelled(suspected.scores, copies)
    truth = None
    if known is not None:
        # By score alone: that copies contradict each other is known without any model.
        truth = known.wrong(suspects.sortby("score"), suspected.class_names)

    # Write.
    suspects = with_texts(suspects, suspected)
    written = suspects.isel(example=slice(flags.top))
    write_table(suspect_table(written, suspected.class_names), out)
    files = [out]
    if flags.sheet is not None:
        draw_sheet(suspects, suspected, flags.sheet)
        files.append(flags.sheet)

    # Report.
    print_suspects(suspects, suspected.class_names)
    if truth is not None:
        print_quality(truth)
    print(printable(f"Suspects: {', '.join(files)}"))


def check_flags(flags: "FindMislabelledFlags", out: str) -> None:
    """Check what can be checked before anything is read or trained."""
    check_writable(str(check_suffix(out)))
    if flags.cube is not None:
        check_new_folder(flags.cube)
    if flags.sheet is not None:
        check_figure_suffix(flags.sheet, "sheet")
        check_writable(flags.sheet)
    if flags.top is not None and flags.top < 1:
        raise InvalidInputError(f"top: found {flags.top}, expected a number >= 1")


def from_source(
    flags: "FindMislabelledFlags", invocation: Invocation, known: KnownLabels | None
) -> Suspected:
    """The scores of what the flags name, trained first if that is a data set."""
    if is_data_set(flags.source):
        examples = load_examples(flags.source, load_options(flags))
        print_notes(examples)
        numbers = np.arange(len(examples)) if examples.index is None else examples.index
        if flags.out is None:
            names = named_classes(examples.label, examples.class_names)
            check_earlier_suspects(numbers, names)
        if known is not None:
            known.rows(numbers, examples.filename)
        check_sheet(flags, examples)
        from cscore_data.cli.jobs.small_study import small_study

        cube = small_study(flags, examples, invocation)
        return Suspected(reduced(cube), examples, examples.class_names)

    check_untrained(flags)
    suspected = from_store(flags.source)
    if flags.out is None and "label" in suspected.scores.coords:
        names = named_classes(suspected.scores["label"].values, suspected.class_names)
        check_earlier_suspects(suspected.scores["example"].values, names)
    if known is not None:
        known.wrong(suspected.scores, suspected.class_names)
    if flags.sheet is None:
        return suspected
    # Only a sheet needs the examples themselves.
    scores = suspected.scores
    name = scores.attrs.get("dataset")
    if not name:
        raise InvalidInputError(
            "sheet: these scores do not say of which data set they are; give the data set or the "
            "cube in their place"
        )
    examples = load_examples(name, given_or_stored(flags, scores.attrs))
    check_sheet(flags, examples)
    rows = example_rows(scores, examples)
    if not np.array_equal(rows, np.arange(len(examples))):
        raise InvalidInputError(
            "sheet: these are scores of a part of the data set; give scores of all of it"
        )
    return Suspected(scores, examples, examples.class_names)


def check_untrained(flags: "FindMislabelledFlags") -> None:
    """Raise `InvalidInputError` if a flag of training is given, but nothing is to be trained."""
    for field in fields(flags):
        if field.name not in (*_OF_TRAINING, *recipe_flags()):
            continue
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        if getattr(flags, field.name) != default:
            flag = field.name.replace("_", "-")
            raise InvalidInputError(
                f"{flag}: {flags.source} is a cube or scores, which are ranked as they are; leave "
                f"--{flag} out, or give the data set in place of it"
            )


def from_store(source: str) -> Suspected:
    """The scores in a cube, a store or a file, and the names of classes that a cube has."""
    try:
        cube = Cube.open(source)
    except StoreError:
        return Suspected(read_scores(source).sortby("example").load())
    cube.require_consistent()
    return Suspected(reduced(cube), class_names=tuple(names_of_classes(cube.dataset)))


def reduced(cube: Cube) -> xr.Dataset:
    """The statistics of a cube that suspects are ranked by, in memory."""
    available = available_statistics(cube.dataset)
    wanted = [name for name in _STATISTICS if name in available]
    return reduce_cube(cube.dataset, statistics=wanted).load()


def check_sheet(flags: "FindMislabelledFlags", examples: Examples) -> None:
    """Raise `InvalidInputError` if there is nothing to draw of these examples."""
    if flags.sheet is not None and examples.text is None and examples.image.ndim < 3:
        raise InvalidInputError(
            f"sheet: {examples.name} has rows of numbers, expected images or texts; leave --sheet "
            "out, and work with the table"
        )


def with_texts(suspects: xr.Dataset, suspected: Suspected) -> xr.Dataset:
    """The suspects with the texts that they are made of, where they are."""
    if suspected.examples is None or suspected.examples.text is None:
        return suspects
    rows = rows_of(suspects, suspected)
    return suspects.assign_coords(text=("example", suspected.examples.text[rows]))


def rows_of(suspects: xr.Dataset, suspected: Suspected) -> np.ndarray:
    """The row of each suspect in the data set, which is in the order of the scores."""
    return np.searchsorted(suspected.scores["example"].values, suspects["example"].values)


def draw_sheet(suspects: xr.Dataset, suspected: Suspected, path: str) -> None:
    """Draw the most suspicious examples to a file."""
    from cscore_data.figures.files import save
    from cscore_data.figures.suspect_sheet import suspect_sheet, suspect_texts

    examples = suspected.examples
    if examples is None:
        return
    # Of those that nobody contradicts there is nothing to show.
    is_suspect = (suspects["suggested"] != suspects["label"]) & suspects["score"].notnull()
    shown = suspects.isel(example=is_suspect.values).isel(example=slice(100))
    rows = rows_of(shown, suspected)
    if examples.text is not None:
        texts = [str(text) for text in examples.text[rows]]
        figure = suspect_texts(shown, texts, class_names=suspected.class_names)
    else:
        figure = suspect_sheet(shown, examples.image[rows], class_names=suspected.class_names)
    save(figure, path)
