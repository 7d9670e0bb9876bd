"""Imports point only downwards, and importing the package is cheap."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cscore_data

PACKAGE = Path(cscore_data.__file__).parent

#: A module imports from lower layers, or from its own where a module there is listed before it.
LAYERS = [
    ["errors", "schema", "provenance"],
    ["places", "download", "readers", "order", "encoded", "examples", "plan", "recipe"],
    ["model", "convnets", "networks", "augmentation", "optimization"],
    ["train", "store", "claims", "writer", "reduce", "published", "scorefile"],
    ["alignment", "compare", "plot", "figures", "study", "holdout", "cluster", "verify"],
    ["cli"],
]
ORDER = [module for layer in LAYERS for module in layer]

#: Packages that a module must not import, at the top or inside a function.
FORBIDDEN = {
    "schema": {"jax", "zarr"},
    "provenance": {"jax", "xarray"},
    "order": {"jax"},
    "plan": {"jax", "xarray"},
    "recipe": {"jax"},
    "train": {"xarray", "zarr"},
    "places": {"jax", "xarray"},
    "store": {"jax"},
    "writer": {"jax"},
    "verify": {"jax", "argparse"},
    "reduce": {"jax", "zarr", "pathlib"},
    "published": {"jax", "zarr"},
    "holdout": {"argparse", "argparse_dataclass", "matplotlib"},
    "compare": {"jax", "matplotlib", "pathlib"},
    "plot": {"jax", "scipy", "zarr"},
}

#: Modules of the package that a module must not import though they are in a lower layer.
NOT_EVEN_BELOW = {"published": {"store", "reduce"}, "study": {"reduce"}, "holdout": {"reduce"}, "scorefile": {"reduce"}}


def imported(source):
    """Names of modules that a piece of source imports, `cscore_data.x` for those of the package."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "cscore_data":
            names |= {f"cscore_data.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return names


def violations(module, source):
    """What a module's imports do wrong, in words."""
    names = imported(source)
    own = {name.split(".")[1] for name in names if name.startswith("cscore_data.")}
    upward = {name for name in own if ORDER.index(name) > ORDER.index(module)} | own & NOT_EVEN_BELOW.get(module, set())
    packages = {name.split(".")[0] for name in names} & FORBIDDEN.get(module, set())
    return [f"{module} imports {name}" for name in sorted(upward | packages)]


def sources():
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).parts
        if parts != ("__init__.py",):
            yield pytest.param(parts[0].removesuffix(".py"), file, id="/".join(parts))


@pytest.mark.parametrize(("module", "file"), list(sources()))
def test_imports_point_downwards(module, file):
    assert violations(module, file.read_text()) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("plan", "import jax.numpy as jnp"),
        ("reduce", "def f():\n    from pathlib import Path"),
        ("store", "from cscore_data.holdout import Study"),
        ("holdout", "from cscore_data import reduce"),
        ("errors", "from cscore_data import schema"),
    ],
)
def test_that_test_can_fail(module, source):
    assert len(violations(module, source)) == 1


def run_python(code, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_importing_the_package_loads_nothing_heavy():
    loaded = run_python("import sys, cscore_data; print(*sys.modules)")
    assert not {"jax", "tensorflow", "matplotlib", "xarray", "zarr", "sklearn", "pandas"} & set(loaded)


@pytest.mark.parametrize("module", ["store", "reduce", "scorefile", "examples", "plan", "cli.train_holdout"])
def test_reading_needs_neither_jax_nor_matplotlib(module):
    loaded = run_python(f"import sys, cscore_data.{module}; print(*sys.modules)")
    assert not {"jax", "tensorflow", "matplotlib"} & set(loaded)


def test_every_public_name_is_there():
    for module in PACKAGE.glob("*.py"):  # a module of a public name would take its place once it is imported
        importlib.import_module(f"cscore_data.{module.stem}")
    for name in cscore_data.__all__:
        assert callable(getattr(cscore_data, name))
        assert getattr(cscore_data, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cscore_data.nothing
