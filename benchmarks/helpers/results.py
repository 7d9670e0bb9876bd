"""Results as JSON, with the machine and the versions that they were measured with."""

import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data.storage.provenance import versions
from cscore_data.training.jax_setup import usable_cores


def write_result(result: dict[str, Any], out: Path | None) -> None:
    """Write a result and its circumstances to a file, if one is named."""
    if out is None:
        return
    write_json(out, {"command": command_line(), **circumstances(), **result})
    print(f"Result: {out}")


class ResumableResult:
    """A result in a file that is complete after each measurement.

    Parameters
    ----------
    path : Path or None
        The file; measurements that it has already are not repeated.
    study : dict
        What is measured. A file about something else is refused.
    """

    def __init__(self, path: Path | None, study: dict[str, Any]):
        self._path = path
        self.measured: dict[str, Any] = {}
        if path is not None and path.exists():
            self.measured = _measurements_of(path, study)
        self.content = {**study, **circumstances(), "measured": self.measured}

    def add(self, name: str, measure: Callable[[], Any]) -> None:
        """Measure this and write it down, unless it is there already."""
        if name in self.measured:
            return
        self.measured[name] = measure()
        print(f"{name}: {json.dumps(self.measured[name])}", flush=True)
        if self._path is not None:
            write_json(self._path, {**self.content, "command": command_line()})


def _measurements_of(path: Path, study: dict[str, Any]) -> dict[str, Any]:
    content = json.loads(path.read_text())
    different = [name for name in study if content.get(name) != study[name]]
    if different:
        raise SystemExit(f"{path} has another {', '.join(different)}; choose another --out")
    return dict(content["measured"])


def circumstances() -> dict[str, Any]:
    """Machine and versions."""
    return {
        "machine": platform.machine(),
        "processor": processor(),
        "cores": usable_cores(),
        **versions(),
    }


def processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    for line in lines:
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def command_line() -> str:
    """The command that is running."""
    return " ".join(["python", *sys.argv])


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a document, which appears whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document, indent=1, default=_as_python) + "\n")
    partial.replace(path)


def _as_python(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"found {type(value)} in a result, expected numbers, text, lists and dicts")
