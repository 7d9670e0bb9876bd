"""The tables of the documentation are complete: they name all that there is."""

import re

import pytest

from conftest import ROOT
from cscore_data.cli import COMMANDS
from cscore_data.schema import COORDINATES, CUBE_VARIABLES
from cscore_data.scores.statistics import statistics_table
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import recipe_flags
from pages import PAGES, code, code_blocks, table
from test_imports import ALLOWED

VARIABLES = "name | dims | dtype | meaning"
THINGS = table("docs/architecture.md", "to add | write | register | test")


def test_the_table_of_scores_has_every_statistic():
    rows = table("docs/formats.md", VARIABLES, last=True)
    named = [(code(name)[0], dims) for name, dims, *_ in rows]
    assert named == [(name, dims) for name, dims, _ in statistics_table()]


def test_the_table_of_cubes_has_every_variable():
    known = {**COORDINATES, **CUBE_VARIABLES}
    rows = [(code(name)[0], dims) for name, dims, *_ in table("docs/formats.md", VARIABLES)]
    assert rows == [(name, ", ".join(variable.dims)) for name, variable in known.items()]


def test_the_table_of_flags_has_every_hyperparameter():
    rows = table("docs/networks.md", "flags | what they set")
    named = [flag for flags, _ in rows for flag in code(flags)]
    expected = ["--" + name.replace("_", "-") for name in recipe_flags()]
    assert sorted(named) == sorted(expected)


def test_the_table_of_recipes_has_every_recipe():
    rows = table("docs/networks.md", "recipe | network | training")
    named = [recipe for recipes, *_ in rows for recipe in code(recipes)]
    assert named == list(RECIPES)


def test_the_table_of_commands_has_every_command():
    rows = table("README.md", "command | what it does")
    assert [code(command)[0].split()[0] for command, _ in rows] == list(COMMANDS)


def test_the_command_reference_has_every_command():
    headings = re.findall(r"^## (\S+)$", PAGES["docs/commands.md"], flags=re.MULTILINE)
    directives = re.findall(r"^```\{command\} (\S+)$", PAGES["docs/commands.md"], re.MULTILINE)
    assert headings == directives == list(COMMANDS)


def test_the_table_of_imports_is_the_one_that_is_tested():
    rows = table("docs/architecture.md", "wing | may import")
    allowed = {wing: set(code(names)) for wings, names in rows for wing in code(wings)}
    assert allowed == ALLOWED


def test_the_tree_has_every_wing_and_module():
    package = ROOT / "cscore_data"
    (tree,) = code_blocks("docs/architecture.md", "text")
    named = re.findall(r"^[├└]── (\S+)", tree, flags=re.MULTILINE)
    folders = {f"{file.parent.name}/" for file in package.glob("*/__init__.py")}
    modules = {file.name for file in package.glob("*.py")} - {"__init__.py"}
    assert set(named) == folders | modules


@pytest.mark.parametrize("row", THINGS, ids=lambda row: row[0])
def test_things_are_added_where_it_says(row):
    _, write, register, test = row
    files = re.findall(r"`([\w/]+\.py)`", f"{write} {test}")
    assert files
    for file in files:
        path = place(file)
        assert path.exists() or path.stem.endswith("NAME"), file
        assert path.parent.is_dir(), file
    for name, file in re.findall(r"`([^`]+)` in `([^`]+)`", register):
        assert name in place(file).read_text(), file


def place(file):
    """Where a file of that table is."""
    if file == "pyproject.toml" or file.startswith("tests/"):
        return ROOT / file
    return ROOT / "cscore_data" / file
