"""The command lines on all pages: the commands themselves can parse each of them."""

import re
import shlex

import pytest

from cscore_data.cli import COMMANDS
from cscore_data.cli.__main__ import command_parser
from cscore_data.cli.flags import storage_options_last
from pages import PAGES, ROOT, command_lines, inline_code

#: Programs that are not commands of the package: those of the clone, and those of others.
OTHERS = {"bin/quickstart", "bin/test", "curl", "python", "exec"}

#: Flags of other programs that pages name in their text.
FLAGS_OF_OTHERS = {"--array", "--wrap", "--time", "--help", "--version"}

PARSERS = {name: command_parser(name) for name in COMMANDS}
LINES = [(page, line) for page in PAGES for line in command_lines(page)]


def flags(words):
    """The flags among the words of a command line."""
    return {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}


def known(*names):
    """The flags of commands."""
    return set().union(*(PARSERS[name]._option_string_actions for name in names))


def parse(words):
    """Parse the words of a command line, its program first."""
    name, *arguments = words
    # The numbers of a job array.
    arguments = [word.replace("$SLURM_ARRAY_TASK_ID", "1") for word in arguments]
    PARSERS[name].parse_args(storage_options_last(arguments))


@pytest.mark.parametrize(("page", "line"), LINES, ids=lambda value: shlex.join([*value])[:60])
def test_a_command_line_can_be_parsed(page, line):
    if line[0] == "exec":
        line = line[1:]
    name = line[0]
    assert name in {*COMMANDS, *OTHERS}
    if name in COMMANDS:
        parse(line)


def test_a_line_with_a_flag_that_is_not_there_cannot(capsys):
    with pytest.raises(SystemExit):
        parse(["train-holdout", "--dataset", "digits", "--no-such-flag"])
    assert "--no-such-flag" in capsys.readouterr().err


@pytest.mark.parametrize("page", PAGES)
def test_flags_that_the_text_names_are_those_of_the_command(page):
    for text in inline_code(page):
        name, *words = text.split()
        if name.removeprefix("bin/") in COMMANDS:
            assert flags(words) <= known(name.removeprefix("bin/")), text
        elif name.startswith("--") and not page.startswith("benchmarks/"):
            assert flags([name]) <= known(*COMMANDS) | FLAGS_OF_OTHERS, text


@pytest.mark.parametrize("page", PAGES)
def test_benchmarks_that_a_page_names_are_there(page):
    for script, words in re.findall(r"`python (benchmarks/\w+\.py)([^`]*)`", PAGES[page]):
        text = (ROOT / script).read_text()
        for size in re.findall(r"--size ([\w-]+)", words):
            assert f'"{size}"' in text, (script, size)


def test_the_commands_of_the_readme_are_whole():
    """Each job has a command to copy, in its text rather than in a block."""
    jobs = PAGES["README.md"].split("\n## Jobs\n")[1].split("\n## Commands\n")[0]
    named = [text.split() for text in re.findall(r"`([^`]+)`", jobs) if " " in text]
    for line in [line for line in named if line[0] in COMMANDS]:
        parse(line)
    assert len(named) >= 9
