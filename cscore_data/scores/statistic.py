"""What a statistic is: a small function of counts or of other statistics, and its description."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from inspect import signature
from typing import Generic, ParamSpec

import xarray as xr

Parameters = ParamSpec("Parameters")


@dataclass(eq=False, repr=False)
class Statistic(Generic[Parameters]):
    """A described function that computes a statistic of examples; call it like the function itself.

    Attributes
    ----------
    function : callable
        Returns the statistic; its name is the variable's name in a set of scores.
    needs : tuple of str
        Parameters of the function that are ``counts``, ``votes`` or other statistics, by their
        names.
    dims : tuple of str
    kinds : str
        The kinds of dtype that the variable may have, as in `numpy.dtype.kind`.
    meaning : str
        Its `long_name`.
    counts : tuple of str
        Which of the counts the function uses, by their names.
    options : tuple of str
        Those of the keyword arguments `skipna` and `prior` that the function has.
    """

    function: Callable[Parameters, xr.DataArray]
    needs: tuple[str, ...]
    dims: tuple[str, ...]
    kinds: str
    meaning: str
    counts: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Name, docstring and signature are those of the function.
        update_wrapper(self, self.function)

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> xr.DataArray:
        """Compute the statistic, named and described."""
        return self.function(*args, **kwargs).rename(self.name).assign_attrs(self.attrs)

    def __repr__(self) -> str:
        return f"<statistic {self.name}{signature(self.function)}>"

    def __reduce__(self) -> str:
        # Pickled by its name, as functions are.
        return self.name

    @property
    def name(self) -> str:
        """Name of the variable."""
        return self.function.__name__

    @property
    def attrs(self) -> dict[str, str]:
        """Attributes of the variable."""
        return {"long_name": self.meaning, "units": "1"}


def statistic(
    *,
    needs: tuple[str, ...],
    dims: tuple[str, ...],
    kinds: str,
    meaning: str,
    counts: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
) -> Callable[[Callable[Parameters, xr.DataArray]], Statistic[Parameters]]:
    """Make a function a `Statistic`.

    Parameters
    ----------
    needs, dims, kinds, meaning, counts, options
        As in `Statistic`. The names in `needs` are passed to the function as keyword arguments.

    Examples
    --------
    >>> @statistic(needs=("cscore",), dims=("example",), kinds="f", meaning="how irregular")
    ... def irregularity(cscore):
    ...     return 1 - cscore
    >>> found = irregularity(xr.DataArray([0.25, 1.0], dims="example"))
    >>> found.values
    array([0.75, 0.  ])
    >>> found.name, found.attrs["long_name"]
    ('irregularity', 'how irregular')
    """

    def decorate(function: Callable[Parameters, xr.DataArray]) -> Statistic[Parameters]:
        return Statistic(
            function, tuple(needs), tuple(dims), kinds, meaning, tuple(counts), tuple(options)
        )

    return decorate
