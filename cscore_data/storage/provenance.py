"""Where a result comes from: versions, commit, command and time, as attributes of a store."""

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: Packages whose version can change a result.
_PACKAGES = ("cscore-data", "jax", "jaxlib", "optax", "numpy", "xarray", "zarr")


def package_version() -> str:
    """The installed version of this package; ``unknown`` in a clone that is not installed."""
    try:
        return version("cscore-data")
    except PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str]:
    """Attributes ``PACKAGE_version`` of packages that matter, and ``cscore_data_commit``."""
    attrs = {"python_version": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            attrs[f"{package.replace('-', '_')}_version"] = version(package)
        except PackageNotFoundError:
            continue
    revision = commit()
    if revision:
        attrs["cscore_data_commit"] = revision
    return attrs


def commit() -> str | None:
    """The git commit of the clone that the package runs from; None outside a clone.

    It ends in ``-dirty`` if files were changed since.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        described = subprocess.run(
            [*command, "--exclude=*"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return described.stdout.strip() or None


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
        elif is_secret:
            word = _without_value(word)
        shown.append(_without_password(word))
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {shlex.join(shown)}"


def _without_value(option: str) -> str:
    return f"{option.partition('=')[0]}=…"


def _without_password(word: str) -> str:
    return re.sub(r"(://[^/@:\s]*:)[^/@\s]*@", r"\1…@", word)
