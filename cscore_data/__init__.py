"""Consistency scores: which examples does a model find regular, and which irregular?

Everything named here is loaded when it is first used, so that importing the package is fast and
reading a cube needs neither jax nor matplotlib.
"""

from importlib import import_module
from typing import Any

#: The public names, and the module that each of them lives in.
_HOME = {
    # Data sets, and the order of their examples.
    "Examples": "data.examples",
    "LoadOptions": "data.options",
    "load_examples": "data.sources",
    "id_index": "data.order",
    "tfds_permutation": "data.order",
    "to_original": "data.order",
    "to_tfds": "data.order",
    "positions": "data.names",
    # Studies: which run trains on what, and how.
    "Model": "training.model",
    "margin_of": "training.margin",
    "Plan": "design.plan",
    "Recipe": "training.recipe",
    # Cubes.
    "CubeWriter": "storage.writer",
    "create_cube": "storage.cube",
    "cube_template": "schema",
    "import_runs": "importers.registry",
    "open_cube": "storage.cube",
    # Scores.
    "agreement": "scores.agreement",
    "align": "scores.alignment",
    "bootstrap": "scores.bootstrap",
    "counts": "scores.counts",
    "cscore": "scores.cscore",
    "cscore_stderr": "scores.cscore",
    "bins": "scores.selection",
    "check_labels": "scores.label_check",
    "export_scores": "scores.exports",
    "find_mislabelled": "scores.mislabelled",
    "held_out_accuracy": "scores.reduce",
    "held_out_count": "scores.cscore",
    "held_out_probability": "scores.votes",
    "influence": "scores.influence",
    "influential_pairs": "scores.influence_pairs",
    "load_published": "scores.published",
    "open_scores": "scores.files",
    "order": "scores.selection",
    "profile": "scores.cscore",
    "read_scores": "scores.files",
    "reduce_cube": "scores.reduce",
    "reliability": "scores.reliability",
    "save_scores": "scores.files",
    "select": "scores.selection",
    "votes": "scores.votes",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module(f"{__name__}.storage.provenance").package_version()
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
