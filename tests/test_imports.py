"""Imports between wings point one way, nothing goes in circles, and importing is cheap."""

import ast
import os
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import cscore_data

PACKAGE = Path(cscore_data.__file__).parent

#: Wings and top modules, from the ground up, and what each may import besides itself.
ALLOWED = {
    "errors": set(),
    "schema": {"errors"},
    "data": {"errors"},
    "design": {"errors"},
    "training": {"errors"},
    "storage": {"errors", "schema", "data", "design"},
    "testing": {"schema", "storage"},
    "studies": {"errors", "schema", "data", "design", "training", "storage"},
    "scores": {"errors", "schema", "data", "storage"},
    "importers": {"errors", "schema", "data", "design", "storage"},
    "figures": {"errors", "schema"},
    "gallery": {"errors", "schema", "figures"},
    "cli": {
        "errors",
        "data",
        "design",
        "training",
        "storage",
        "studies",
        "scores",
        "importers",
        "figures",
        "gallery",
    },
    "__main__": {"cli"},
}

#: The only modules of another wing that a wing may import, where it may not import all.
ONLY = {
    ("storage", "data"): {"data.examples", "data.identity"},
    ("gallery", "figures"): {"figures.pixels"},
}

#: Packages that a wing must not import, at the top or inside a function.
FORBIDDEN = {
    "schema": {"jax", "zarr", "pathlib"},
    "data": {"jax", "xarray", "zarr"},
    "design": {"jax", "xarray", "zarr", "pathlib"},
    "training": {"xarray", "zarr"},
    "storage": {"jax", "optax", "argparse"},
    "studies": {"argparse", "argparse_dataclass", "matplotlib"},
    "scores": {"jax", "matplotlib", "zarr"},
    "importers": {"jax", "matplotlib"},
    "figures": {"jax", "scipy", "zarr", "dask"},
    "gallery": {"jax", "matplotlib", "scipy", "zarr", "dask"},
}


def module_name(file):
    """The name of a module within the package: ``storage.cube``, or ``storage`` for its top."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def sources():
    files = {module_name(file): file.read_text() for file in PACKAGE.rglob("*.py")}
    del files[""]  # the public names, which are looked up when they are used
    return files


SOURCES = sources()


def without_types_only(tree):
    """The tree without what is imported for annotations only."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [child for child in body if not is_for_types(child)]
    return tree


def is_for_types(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(source):
    """Full names of the modules that a piece of source imports."""
    names = set()
    for node in ast.walk(without_types_only(ast.parse(source))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = inner.removeprefix("cscore_data.") in SOURCES
                names.add(inner if is_module else node.module)
    return names


def own(source):
    """The modules of this package among them, without its name."""
    names = imported(source)
    return {name.removeprefix("cscore_data.") for name in names if name.startswith("cscore_data.")}


def violations(module, source):
    """What is wrong with a module's imports, in words."""
    wing = module.partition(".")[0]
    wrong = []
    for name in sorted(own(source)):
        target = name.partition(".")[0]
        if target == wing:
            continue
        if target not in ALLOWED[wing] or name not in ONLY.get((wing, target), {name}):
            wrong.append(f"{module} imports {name}")
    packages = {name.partition(".")[0] for name in imported(source)}
    for name in sorted(packages & FORBIDDEN.get(wing, set())):
        wrong.append(f"{module} imports {name}")
    return wrong


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_imports_follow_the_table(module):
    assert violations(module, SOURCES[module]) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("design.plan", "import jax.numpy as jnp"),
        ("schema", "def f():\n    from pathlib import Path"),
        ("storage.cube", "from cscore_data.studies.loop import train_pending"),
        ("storage.verify", "from cscore_data.data.sources import load_examples"),
        ("studies.loop", "from cscore_data.scores import reduce"),
        ("errors", "from cscore_data import schema"),
        ("figures.pages", "from cscore_data.scores.reduce import reduce_cube"),
    ],
)
def test_that_test_can_fail(module, source):
    assert len(violations(module, source)) == 1


def test_the_table_points_one_way():
    """A wing imports only wings that stand above it in the table."""
    wings = list(ALLOWED)
    for place, wing in enumerate(wings):
        assert ALLOWED[wing] <= set(wings[:place])


def test_no_module_imports_itself_by_way_of_others():
    graph = {module: own(source) & SOURCES.keys() for module, source in SOURCES.items()}
    order = list(TopologicalSorter(graph).static_order())
    assert len(order) == len(SOURCES)
    graph["errors"] = {"storage.cube"}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


def test_modules_are_short():
    lengths = {module: len(source.splitlines()) for module, source in SOURCES.items()}
    assert {module: length for module, length in lengths.items() if length > 280} == {}


def test_few_things_are_done_in_one_place_only():
    """Zarr groups are opened in one module, and only one tells paths from URLs."""
    for word, home in (("zarr.open_group", "storage.groups"), ('"://"', "storage.local_files")):
        users = {module for module, source in SOURCES.items() if word in source}
        assert home in users
        assert {module for module in users if module.startswith("storage")} == {home}


def run_python(code, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_importing_the_package_loads_nothing_heavy():
    loaded = run_python("import sys, cscore_data; print(*sys.modules)")
    heavy = {"jax", "tensorflow", "matplotlib", "xarray", "zarr", "sklearn", "pandas"}
    assert not heavy & set(loaded)


def test_reading_needs_neither_jax_nor_matplotlib():
    readers = [
        "cli.train_holdout",
        "data.examples",
        "data.sources",
        "design.plan",
        "importers.registry",
        "scores.files",
        "scores.reduce",
        "storage.cube",
        "testing",
        "training.named_recipes",
        "training.recipe",
    ]
    imports = "".join(f"import cscore_data.{module}\n" for module in readers)
    loaded = run_python(f"{imports}import sys\nprint(*sys.modules)")
    assert not {"jax", "tensorflow", "matplotlib"} & set(loaded)


def test_every_public_name_is_there():
    for name in cscore_data.__all__:
        assert callable(getattr(cscore_data, name))
        assert getattr(cscore_data, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cscore_data.nothing
