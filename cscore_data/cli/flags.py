"""Fields of a configuration dataclass that become flags and arguments of a command."""

import argparse
import dataclasses
import os
from collections.abc import Sequence
from typing import Any

#: A flag that takes several values.
_STORAGE_OPTION = "--storage-option"

#: The kinds of URL that are paths.
_LOCAL = ("file", "local")


def option(default: Any, help: str, **metadata: Any) -> Any:
    """A field that is the flag of its name.

    Parameters
    ----------
    default : object
        The value where the flag is not given. It is added to the help text, except for None, whose
        meaning `help` must explain in words, and False, the default of every switch.
    help : str
        The help text.
    **metadata
        As for `argparse.ArgumentParser.add_argument`: `type`, `choices`, `nargs`, `metavar`.
    """
    if default is not None and default is not False:
        help = f"{help} (default: {_shown(default)})"
    metadata["help"] = help.replace("%", "%%")
    if isinstance(default, list):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def argument(name: str, help: str, **metadata: Any) -> Any:
    """A field that is the positional argument `name`."""
    return dataclasses.field(metadata={"args": [name], "help": help, **metadata})


def path(text: str) -> str:
    """The type of every flag and argument that is a path, a URL or a data set.

    URLs of local files become paths, as not everything can be at a URL. Shells expand ``~`` at the
    beginning of a word only, which is not where it is in ``--out=~/x``.

    Raises
    ------
    argparse.ArgumentTypeError
        If there is no text: an unset variable of a shell must not mean the default.

    Examples
    --------
    >>> path("file:///tmp/cube.zarr"), path("s3://bucket/cube.zarr")
    ('/tmp/cube.zarr', 's3://bucket/cube.zarr')
    >>> path("file://localhost/tmp/cube.zarr"), path("local:///tmp/cube.zarr")
    ('/tmp/cube.zarr', '/tmp/cube.zarr')
    """
    scheme, separator, rest = text.partition("://")
    if separator and scheme in _LOCAL:
        text = rest
        if rest.startswith("localhost/"):
            text = rest.removeprefix("localhost")
    if not text.strip():
        raise argparse.ArgumentTypeError(
            f"found {text!r}, expected a path or URL; perhaps a shell variable is not set"
        )
    return os.path.expanduser(text)


def storage_options_last(arguments: Sequence[str]) -> list[str]:
    """The arguments with the values of ``--storage-option`` where they swallow no other.

    A flag with several values takes all words that follow, also a path.

    Examples
    --------
    >>> storage_options_last(["--storage-option", "anon=true", "s3://lab/cube.zarr", "--repair"])
    ['s3://lab/cube.zarr', '--repair', '--storage-option', 'anon=true']
    """
    words: list[str] = []
    options: list[str] = []
    is_value = False
    for word in arguments:
        flag, _, value = word.partition("=")
        if flag == _STORAGE_OPTION:
            is_value = not value
            options += [value] if value else []
        elif is_value and not word.startswith("-") and ("=" in word or not options):
            options.append(word)
        else:
            is_value = False
            words.append(word)
    if not options:
        return list(arguments)
    end = words.index("--") if "--" in words else len(words)
    return [*words[:end], _STORAGE_OPTION, *options, *words[end:]]


def storage_option() -> Any:
    """The flag for options of remote file systems, the same for every command."""
    return option(
        None,
        "options of the file systems of URLs, as fsspec knows them, such as "
        "endpoint_url=http://...; variables such as FSSPEC_S3_ENDPOINT_URL do the same "
        "(default: none)",
        nargs="+",
        type=str,
        metavar="KEY=VALUE",
    )


def _shown(default: Any) -> str:
    """A default value as it is typed on the command line."""
    if isinstance(default, list):
        return " ".join(map(str, default))
    return str(default)
