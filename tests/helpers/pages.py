"""The pages of the documentation, and the code, commands, tables and links on them."""

import importlib
import re
import shlex

from conftest import ROOT
from cscore_data.cli import COMMANDS

#: Pages in docs/, the README and what else is written for readers, by their place in the clone.
PAGES = {}
for _path in [
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")),
]:
    PAGES[_path.relative_to(ROOT).as_posix()] = _path.read_text()

_BLOCK = re.compile(r"^```(\S*)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)


def code_blocks(page, language):
    """The blocks of code in a language."""
    return [code for found, code in _BLOCK.findall(PAGES[page]) if found == language]


def prose(page):
    """What is left of a page without its blocks of code."""
    return _BLOCK.sub("", PAGES[page])


def inline_code(page):
    """What stands in backticks within a line."""
    found = re.findall(r"(?<!`)`([^`]+)`(?!`)", prose(page))
    return [" ".join(text.split()) for text in found]


def lines(block):
    """The command lines of a block: whole ones, each of a single command, without comments."""
    for line in block.replace("\\\n", " ").splitlines():
        if not line.startswith("#"):
            yield from filter(None, (shlex.split(part, comments=True) for part in line.split("&&")))


def command_lines(page):
    """The command lines of a page, as lists of words."""
    return [line for block in code_blocks(page, "sh") for line in lines(block)]


def run_words(words):
    """Run a command line, as a list of words, in this process."""
    name, *arguments = words
    assert name in COMMANDS
    command = importlib.import_module(f"cscore_data.cli.{name.replace('-', '_')}")
    assert command.main(arguments) == 0


def table(page, header, last=False):
    """The cells of each row of the first table, or the last, that begins with this header."""
    text = PAGES[page].split(f"\n| {header} |")[-1 if last else 1]
    rows = text.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def code(text):
    """What stands in backticks in a cell of a table."""
    return re.findall(r"`([^`]+)`", text)


def links(page):
    """Where the links and pictures of a page lead, as they are written."""
    return re.findall(r"\]\(([^()\s]+(?:\([^()\s]*\))?[^()\s]*)\)", prose(page))


def anchors(text):
    """The anchors of a page's headings, as repository browsers and the site have them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", _BLOCK.sub("", text), flags=re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(words.strip().replace(" ", "-"))
    return found
