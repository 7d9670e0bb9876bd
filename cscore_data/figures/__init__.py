"""Figures of scores: datasets in, matplotlib figures out.

Whole pages can be drawn as ``figures.overview(scores, image)``. They are loaded when they are first
used, so that importing this package does not import matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cscore_data.figures.comparisons import comparison
    from cscore_data.figures.data_maps import data_map
    from cscore_data.figures.files import check_suffix, save
    from cscore_data.figures.memorization_plots import memorization
    from cscore_data.figures.pages import (
        classes,
        examples,
        histograms,
        overview,
        profiles,
        ratios,
    )
    from cscore_data.figures.reliability_curves import reliability

__all__ = [
    "check_suffix",
    "classes",
    "comparison",
    "data_map",
    "examples",
    "histograms",
    "memorization",
    "overview",
    "profiles",
    "ratios",
    "reliability",
    "save",
]

#: Modules of the names that are not in `pages`.
_MODULES = {
    "check_suffix": "files",
    "comparison": "comparisons",
    "data_map": "data_maps",
    "memorization": "memorization_plots",
    "reliability": "reliability_curves",
    "save": "files",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _MODULES.get(name, "pages")
    return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
