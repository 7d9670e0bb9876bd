"""What a statistic is: a small function on counts or on other statistics, and its description."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, Protocol, cast

import xarray as xr

Parameters = ParamSpec("Parameters")


@dataclass(frozen=True)
class Statistic:
    """A statistic of examples, computed from counts of runs.

    Attributes
    ----------
    name : str
        The variable's name in a set of scores.
    function : callable
        Takes what it needs, in this order, and returns the variable.
    needs : tuple of str
        ``counts``, or names of other statistics.
    options : tuple of str
        Keyword arguments that the function takes.
    dims : tuple of str
    kinds : str
        The kinds of dtype that the variable may have, as in `numpy.dtype.kind`.
    meaning : str
        Its `long_name`.
    """

    name: str
    function: Callable[..., xr.DataArray]
    needs: tuple[str, ...]
    options: tuple[str, ...]
    dims: tuple[str, ...]
    kinds: str
    meaning: str

    @property
    def attrs(self) -> dict[str, str]:
        """Attributes of the variable."""
        return {"long_name": self.meaning, "units": "1"}


class StatisticFunction(Protocol[Parameters]):
    """A function that carries the description of its statistic."""

    statistic: Statistic

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> xr.DataArray:
        """Compute the statistic."""
        ...


def statistic(
    *, dims: tuple[str, ...], kinds: str, meaning: str
) -> Callable[[Callable[Parameters, xr.DataArray]], StatisticFunction[Parameters]]:
    """Make a function a statistic: describe it, and name and describe what it returns.

    Parameters
    ----------
    dims, kinds, meaning
        As in `Statistic`. The name is the function's, and its positional parameters name what it
        needs.
    """

    def decorate(
        function: Callable[Parameters, xr.DataArray],
    ) -> StatisticFunction[Parameters]:
        @wraps(function)
        def described(*args: Parameters.args, **kwargs: Parameters.kwargs) -> xr.DataArray:
            result = function(*args, **kwargs)
            return result.rename(function.__name__).assign_attrs(declared.attrs)

        declared = Statistic(
            name=function.__name__,
            function=described,
            needs=_parameters(function, inspect.Parameter.POSITIONAL_OR_KEYWORD),
            options=_parameters(function, inspect.Parameter.KEYWORD_ONLY),
            dims=dims,
            kinds=kinds,
            meaning=meaning,
        )
        described.statistic = declared  # type: ignore[attr-defined]
        return cast(StatisticFunction[Parameters], described)

    return decorate


def _parameters(function: Callable[..., xr.DataArray], kind: int) -> tuple[str, ...]:
    names = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind == kind:
            names.append(parameter.name)
    return tuple(names)
