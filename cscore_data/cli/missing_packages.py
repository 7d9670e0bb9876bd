"""Packages that only some jobs need, and what to do where one is not installed."""

#: What needs a package, by the name that it has in Python. Everything else works without them: see
#: requirements-slim.txt.
NEEDED_BY = {
    "jax": "training needs jax",
    "jaxlib": "training needs jaxlib",
    "jaxtyping": "training needs jaxtyping",
    "optax": "training needs optax",
    "sklearn": "digits and texts need scikit-learn",
    "tensorflow_datasets": "tfds:NAME needs tensorflow-datasets",
    "importlib_resources": "tfds:NAME needs importlib_resources",
}


def missing_package(error: ImportError) -> str:
    """What is missing and how to get it, in one line; empty if it is none of these packages.

    Examples
    --------
    >>> missing_package(ModuleNotFoundError(name="sklearn.datasets"))
    'digits and texts need scikit-learn, which is not installed; pip install cscore-data adds it'
    """
    package = str(error.name).partition(".")[0]
    if package not in NEEDED_BY:
        return ""
    return f"{NEEDED_BY[package]}, which is not installed; pip install cscore-data adds it"
