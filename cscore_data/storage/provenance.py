"""Where a result comes from: versions, commit, command and time, as attributes of a store."""

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: Other packages whose version can change a result.
_PACKAGES = ("jax", "jaxlib", "optax", "numpy", "xarray", "zarr")


def package_version() -> str:
    """The installed version of this package; ``unknown`` in a clone that is not installed.

    In a clone, what follows a ``+`` names the commit at the time of installation, and is left out:
    `commit` knows better.
    """
    return _installed_version().partition("+")[0]


def versions() -> dict[str, str]:
    """Attributes ``PACKAGE_version`` of packages that matter, and ``cscore_data_commit``."""
    attrs = {"python_version": sys.version.split()[0], "cscore_data_version": package_version()}
    for package in _PACKAGES:
        try:
            attrs[f"{package}_version"] = version(package)
        except PackageNotFoundError:
            continue
    revision = commit()
    if revision:
        attrs["cscore_data_commit"] = revision
    return attrs


def commit() -> str | None:
    """The git commit of the clone that the package runs or was installed from; None if unknown.

    It ends in ``-dirty`` if files in the clone were changed since.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        found = re.search(r"\+g([0-9a-f]+)", _installed_version())
        return found[1] if found else None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        described = subprocess.run(
            [*command, "--exclude=*"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return described.stdout.strip() or None


def _installed_version() -> str:
    try:
        return version("cscore-data")
    except PackageNotFoundError:
        return "unknown"


def history_line(command: str, argv: Sequence[str]) -> str:
    """One line for the `history` attribute: time (UTC), command and arguments.

    Values of ``--storage-option`` and passwords in URLs are left out: the attribute goes where the
    data go.
    """
    shown = [command]
    is_secret = False
    for word in argv:
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            is_secret = flag == "--storage-option"
            if is_secret and equals:
                word = f"{flag}={_without_value(value)}"
        elif is_secret and "=" in word:
            word = _without_value(word)
        else:
            is_secret = False
        shown.append(_without_password(word))
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {shlex.join(shown)}"


def _without_value(option: str) -> str:
    return f"{option.partition('=')[0]}=…"


def _without_password(word: str) -> str:
    return re.sub(r"(://[^/@:\s]*:)[^/@\s]*@", r"\1…@", word)
