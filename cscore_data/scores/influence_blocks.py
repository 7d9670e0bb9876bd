"""Influence in one block: the products over runs from which it follows, and what is left to chance.

In all of these, `trained_on` is bool (run, example), of the runs that are done, and `value` float32
(run, target): what each run made of each target, such as 1 where it was right. `counted` is bool
(run, target), the runs that count for a target; None if all do.
"""

import threading

import numpy as np

#: A product takes all cores by itself. Two at a time, in threads of dask, took 7 % more processor
#: time (2,000 x 12,288 x 8,192 on two busy cores, n = 3).
_one_product = threading.Lock()

#: Rows of a block that are worked on at a time.
_ROWS = 64


def block_influence(
    trained_on: np.ndarray, value: np.ndarray, counted: np.ndarray | None = None
) -> np.ndarray:
    """Mean value of the runs that trained on an example, less that of those that did not.

    Returns
    -------
    float32 (example, target)
        NaN where there are no runs of either kind.

    Notes
    -----
    One product over runs for the sums, and one for the numbers of runs unless all of them count.
    Sums of whole numbers below 2**24, or of quarters below 2**22, are exact.

    Examples
    --------
    >>> trained_on = np.array([[True], [True], [False], [False]])
    >>> block_influence(trained_on, np.array([[1], [1], [0], [1]], np.float32))
    array([[0.5]], dtype=float32)
    """
    known = _known(value, counted)
    mask = trained_on.astype(np.float32)
    with_example, without_example = run_numbers(mask, counted)
    with _one_product:
        found: np.ndarray = mask.T @ known
    total = known.sum(axis=0, dtype=np.float64).astype(np.float32)
    # s/n - (t-s)/m for a sum s of n runs with the example, and t-s of m runs without it. Written
    # like this, it is exactly 0 where all runs are right. Some rows at a time stay in the cache.
    for start in range(0, len(found), _ROWS):
        rows = slice(start, start + _ROWS)
        tile, n, m = found[rows], with_example[rows], without_example[rows]
        tile *= n + m
        tile -= n * total
        with np.errstate(divide="ignore", invalid="ignore"):
            tile *= 1 / (n * m)
    _clear_undefined(found, with_example, without_example)
    return found


def block_stderr(
    trained_on: np.ndarray, value: np.ndarray, counted: np.ndarray | None = None
) -> np.ndarray:
    r"""Standard error of `block_influence`, as chance has it where there is no influence.

    Returns
    -------
    float32 (example, target)
        NaN where there are no runs of either kind.

    Notes
    -----
    The standard deviation of the difference when the runs are shuffled: the
    standard deviation of the values of a target over its runs, times :math:`\sqrt{1/n + 1/m}`.
    """
    spread = np.sqrt(target_variance(value, counted)).astype(np.float32)
    with_example, without_example = run_numbers(trained_on.astype(np.float32), counted)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = spread * np.sqrt(1 / with_example + 1 / without_example)
    _clear_undefined(found, with_example, without_example)
    return found


def run_numbers(mask: np.ndarray, counted: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of runs that trained on an example and of those that did not.

    Parameters
    ----------
    mask : float32 (run, example)
        1 where the run trained on the example.
    counted : bool (run, target), optional

    Returns
    -------
    float32 (example, target), or (example, 1) if all runs count
    """
    if counted is None:
        runs = np.float32(len(mask))
        with_example = mask.sum(axis=0, dtype=np.float32)[:, np.newaxis]
        return with_example, runs - with_example
    weight = counted.astype(np.float32)
    with_example = mask.T @ weight
    return with_example, weight.sum(axis=0) - with_example


def target_variance(value: np.ndarray, counted: np.ndarray | None) -> np.ndarray:
    """Variance of the values of each target over its runs: float64 (target,), NaN for a single one.

    Examples
    --------
    >>> target_variance(np.array([[1, 0], [0, 0]], np.float32), None)
    array([0.5, 0. ])
    """
    known = _known(value, counted).astype(np.float64)
    runs = np.full(value.shape[1], len(value)) if counted is None else counted.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = known.sum(axis=0) / runs
        deviation = known - mean
        if counted is not None:
            deviation *= counted
        variance: np.ndarray = (deviation**2).sum(axis=0) / (runs - 1)
    return np.where(runs > 1, variance, np.nan)


def _known(value: np.ndarray, counted: np.ndarray | None) -> np.ndarray:
    """Values with 0 where a run does not count."""
    if counted is None:
        return value
    return np.where(counted, value, np.float32(0))


def _clear_undefined(
    found: np.ndarray, with_example: np.ndarray, without_example: np.ndarray
) -> None:
    """Set what has no runs of either kind to NaN."""
    undefined = (with_example == 0) | (without_example == 0)
    if undefined.any():
        np.copyto(found, np.nan, where=undefined)
