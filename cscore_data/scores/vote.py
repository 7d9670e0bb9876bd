"""The vote: which class held-out models give an example, and how far they agree."""

from typing import Any

import numpy as np
import xarray as xr

from cscore_data.schema import PREDICTION_MISSING
from cscore_data.scores.statistic import statistic
from cscore_data.scores.votes import vote_shares

#: The vote on an example without one: never held out, or the only one of its class, which no model
#: that held it out knows. It may be a class as well; `vote_share` is NaN only where there is no
#: vote.
NO_VOTE = PREDICTION_MISSING


@statistic(
    needs=("votes",),
    dims=("example",),
    kinds="iu",
    meaning=f"vote: label that held-out models give most often; {NO_VOTE} where vote_share is NaN",
)
def vote(votes: xr.DataArray) -> xr.DataArray:
    """The class that held-out models give most often.

    Parameters
    ----------
    votes : xarray.DataArray
        From `votes`.

    Returns
    -------
    xarray.DataArray
        `vote` int64 (example,): values of the coordinate `class`, the first of those that tie, and
        -1 where the example was never held out (there, `vote_share` is NaN); lazy if the votes are.
        `reduce_cube` gives both to the only example of a class, too.

    Examples
    --------
    >>> found = xr.DataArray([[1, 2], [3, 3], [0, 0]], {"class": [3, 8]}, ("example", "class"))
    >>> vote(found).values
    array([ 8,  3, -1])
    """
    label = votes["class"].values.astype(np.int64)
    winner = _whole_class_axis(votes).argmax("class")
    named = winner.copy(data=_take(label, winner.data))
    return named.where(votes.sum("class") > 0, NO_VOTE)


@statistic(
    needs=("votes",),
    dims=("example",),
    kinds="f",
    meaning="agreement of held-out models: share that gives the class given most often",
)
def vote_share(votes: xr.DataArray) -> xr.DataArray:
    """The share of held-out models that agree on the vote.

    Parameters
    ----------
    votes : xarray.DataArray
        From `votes`.

    Returns
    -------
    xarray.DataArray
        `vote_share` float64 (example,) in 0..1, NaN where the example was never held out; lazy if
        the votes are.

    Examples
    --------
    >>> vote_share(xr.DataArray([[1, 3], [0, 0]], dims=("example", "class"))).values
    array([0.75,  nan])
    """
    return vote_shares(votes).max("class", skipna=False)


@statistic(
    needs=("votes",),
    dims=("example",),
    kinds="f",
    meaning="entropy of the classes that held-out models give: in nats",
)
def vote_entropy(votes: xr.DataArray) -> xr.DataArray:
    r"""The spread of the votes over the classes.

    Parameters
    ----------
    votes : xarray.DataArray
        From `votes`.

    Returns
    -------
    xarray.DataArray
        `vote_entropy` float64 (example,), 0 if all agree, at most log(classes), NaN where the
        example was never held out; lazy if the votes are.

    Notes
    -----
    :math:`-\sum_c f_c \log f_c` with f the share of each class.

    Examples
    --------
    >>> vote_entropy(xr.DataArray([[2, 2], [4, 0]], dims=("example", "class"))).values.round(3)
    array([0.693, 0.   ])
    """
    share = vote_shares(votes)
    # A class without votes adds 0, the limit of f log f.
    logarithm = np.log(share.where(share != 0, 1))
    # Not -0.0 where all agree.
    return abs((share * logarithm).sum("class", skipna=False))


def _whole_class_axis(votes: xr.DataArray) -> xr.DataArray:
    """The votes with all classes in one chunk, which is what dask's argmax needs."""
    return votes if votes.chunks is None else votes.chunk({"class": -1})


def _take(label: np.ndarray, index: Any) -> Any:
    """The labels of indices, which may be lazy."""
    if isinstance(index, np.ndarray):
        return label[index]
    return index.map_blocks(label.__getitem__, dtype=label.dtype)
