"""Where a result comes from: versions, commit, command and time, as attributes of a store."""

import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("cscore-data", "jax", "jaxlib", "optax", "numpy", "xarray", "zarr")


def package_version() -> str:
    """The installed version of this package; ``unknown`` where it runs from a clone without being installed."""
    try:
        return version("cscore-data")
    except PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str]:
    """Attributes ``PACKAGE_version`` of this package and those that can change a result, and ``cscore_data_commit``."""
    attrs = {"python_version": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            attrs[f"{package.replace('-', '_')}_version"] = version(package)
        except PackageNotFoundError:
            continue
    revision = commit()
    return attrs | ({"cscore_data_commit": revision} if revision else {})


def commit() -> str | None:
    """The git commit of the clone that the package runs from, with ``-dirty``; None outside a clone."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        described = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return described.stdout.strip() or None


def history_line(command: str, argv: list[str]) -> str:
    """One line for the `history` attribute: time (UTC), command and arguments, without what may be secret in them.

    That is the values of ``--storage-option``, and passwords in URLs: the attribute goes where the data goes.
    """
    shown, secret = [command], False
    for word in argv:
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            secret = flag == "--storage-option"
            word = f"{flag}={_without_value(value)}" if secret and equals else word
        elif secret:
            word = _without_value(word)
        shown.append(re.sub(r"(://[^/@:\s]*:)[^/@\s]*@", r"\1…@", word))
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {shlex.join(shown)}"


def _without_value(option: str) -> str:
    return f"{option.partition('=')[0]}=…"
