"""Figures of scores: datasets in, matplotlib figures out.

Whole pages can be drawn as ``figures.overview(scores, image)``. They are loaded when they are first
used, so that importing this package does not import matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cscore_data.figures.files import check_suffix, save
    from cscore_data.figures.pages import (
        classes,
        comparison,
        examples,
        histograms,
        overview,
        profiles,
        ratios,
    )

__all__ = [
    "check_suffix",
    "classes",
    "comparison",
    "examples",
    "histograms",
    "overview",
    "profiles",
    "ratios",
    "save",
]

_IN_FILES = {"check_suffix", "save"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "files" if name in _IN_FILES else "pages"
    return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
