"""Fields of a configuration dataclass that become flags and arguments of a command."""

import dataclasses
from typing import Any


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


def storage_option() -> Any:
    """The flag for options of remote file systems, the same for every command."""
    return option(
        None,
        "options of the file systems of URLs, as fsspec knows them, such as "
        "endpoint_url=http://…; variables such as FSSPEC_S3_ENDPOINT_URL do the same "
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
