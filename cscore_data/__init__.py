"""Consistency scores: which examples does a model find regular, and which irregular?

Everything named here is loaded when it is first used, so that importing the package is fast and reading a cube needs
neither jax nor matplotlib.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "align": "alignment",
    "agreement": "compare",
    "read_scores": "scorefile",
    "load_examples": "examples",
    "Plan": "plan",
    "Recipe": "recipe",
    "load_published": "published",
    "to_original": "order",
    "to_tfds": "order",
    "tfds_permutation": "order",
    "id_index": "order",
    "positions": "order",
    "create_cube": "store",
    "CubeWriter": "writer",
    "open_cube": "store",
    "open_scores": "scorefile",
    "save_scores": "scorefile",
    "export_scores": "scorefile",
    "held_out_accuracy": "reduce",
    "held_out_count": "reduce",
    "profile": "reduce",
    "cscore": "reduce",
    "cscore_stderr": "reduce",
    "reduce_cube": "reduce",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module(f"{__name__}.provenance").package_version()
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
