"""The directive ``command``: a command's description, usage and flags, read from its parser."""

import argparse
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cscore_data.cli.__main__ import command_module, command_parser


class Command(SphinxDirective):
    """What ``NAME --help`` says, with the example of the command's module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The nodes that take the place of the directive."""
        name = self.arguments[0]
        parser = command_parser(name)
        description = " ".join(parser.description.split())
        shown: list[nodes.Node] = [nodes.paragraph("", description)]
        shown += [code(example) for example in examples(command_module(name).__doc__)]
        entries = nodes.definition_list(classes=["flags"])
        for action in parser._actions:
            if not isinstance(action, argparse._HelpAction | argparse._VersionAction):
                entries += entry(action)
        return [*shown, entries]


def code(text: str) -> nodes.Node:
    """A block of command lines."""
    return nodes.literal_block(text, text, language="sh")


def examples(docstring: str) -> Iterator[str]:
    """The blocks of command lines of a docstring: each is indented and follows a double colon."""
    for block in re.findall(r"::\n\n((?: {4}.*\n|\n)+)", docstring):
        yield re.sub(r"^ {4}", "", block, flags=re.MULTILINE).strip()


def entry(action: argparse.Action) -> nodes.Node:
    """A flag or argument with its help text."""
    term = nodes.term("", "", nodes.literal("", shown_as(action)))
    help_text = str(action.help).replace("%%", "%")
    meaning = nodes.definition("", nodes.paragraph("", help_text))
    return nodes.definition_list_item("", term, meaning)


def shown_as(action: argparse.Action) -> str:
    """A flag as it is typed, such as ``--ratios RATIO [RATIO ...]``."""
    if action.nargs == 0:
        return action.option_strings[0]
    value: Any = action.metavar or action.dest
    if action.option_strings and not action.metavar:
        value = action.dest.upper()
    if action.choices is not None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    values = {"+": f"{value} [{value} ...]", "*": f"[{value} ...]", "?": f"[{value}]"}
    words = [*action.option_strings[:1], values.get(str(action.nargs), value)]
    return " ".join(words)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command", Command)
    return {"parallel_read_safe": True}
