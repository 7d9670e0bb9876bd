"""The images that scores belong to."""

import xarray as xr

from cscore_data.data.examples import Examples
from cscore_data.data.identity import check_same, of_dataset, of_examples
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError


def load_images(scores: xr.Dataset, dataset: str | None = None) -> Examples:
    """Load the data set that scores belong to.

    Parameters
    ----------
    scores : xarray.Dataset
        Sorted by example.
    dataset : str, optional
        As in `load_examples`; by default the data set that the scores name.

    Raises
    ------
    CscoreDataError
        If the data set is unknown or cannot be loaded.
    MismatchError
        If its length, labels or digest differ from those of the scores.
    """
    source = dataset or scores.attrs.get("dataset")
    if not source:
        raise InvalidInputError(
            "the scores do not say of which data set they are; give it with --dataset"
        )
    examples = load_examples(source)
    check_same(
        of_dataset(scores, "the scores"),
        of_examples(examples),
        remedy="give the data set that they are scores of, in its original order",
    )
    return examples
