"""Reader of folders that the Hugging Face library `datasets` writes with ``save_to_disk``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cscore_data.data.file_checks import check_fits
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.table_examples import table_examples
from cscore_data.data.table_source import TableSource
from cscore_data.errors import InvalidInputError, reason

if TYPE_CHECKING:
    import pyarrow

#: The file that is in the folder of one split, and the one that is in a folder of several.
_STATE = "state.json"
_SPLITS = "dataset_dict.json"


def is_saved_dataset(path: str | Path) -> bool:
    """True if ``save_to_disk`` wrote this folder."""
    folder = Path(path)
    return (folder / _STATE).is_file() or (folder / _SPLITS).is_file()


def read_saved_dataset(path: str | Path, options: LoadOptions = DEFAULT_OPTIONS) -> RawExamples:
    """Read labelled images, features or texts from a folder that ``save_to_disk`` wrote.

    Parameters
    ----------
    path : path
        The folder of one split; of a folder of several, the one named train is read.
    options : LoadOptions

    Raises
    ------
    InvalidInputError
        If a file is missing or damaged, or the columns cannot be used.
    """
    folder = Path(path)
    notes: tuple[str, ...] = ()
    if (folder / _SPLITS).is_file():
        splits = _read_json(folder / _SPLITS).get("splits")
        if not isinstance(splits, list) or "train" not in splits:
            raise InvalidInputError(
                f"{path}: found the splits {splits}, expected one named train; give the folder of "
                "the one to use"
            )
        notes = (f"{path} has the splits {', '.join(map(str, splits))}; train is read",)
        folder = folder / "train"
    files = _data_files(folder)
    schema = _read_file(files[0], None).schema

    def read(columns: Sequence[str]) -> "pyarrow.Table":
        import pyarrow

        check_fits(path, sum(file.stat().st_size for file in files))
        tables = [_read_file(file, columns) for file in files]
        return pyarrow.concat_tables(tables)

    return table_examples(TableSource(str(path), schema, read, notes), options)


def _data_files(folder: Path) -> list[Path]:
    """The files with the rows, in order."""
    state = _read_json(folder / _STATE)
    try:
        names = [str(entry["filename"]) for entry in state["_data_files"]]
    except (KeyError, TypeError):
        names = []
    # The folder is read and nothing else, whatever its files say.
    outside = [name for name in names if Path(name).name != name]
    if not names or outside:
        raise InvalidInputError(
            f"{folder / _STATE}: found no names of files in this folder, expected those of the data"
        )
    if state.get("_indices_files"):
        raise InvalidInputError(
            f"{folder}: was saved by an old version of datasets with rows selected; load it and "
            "save it again with flatten_indices()"
        )
    return [folder / name for name in names]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path}: cannot be read ({reason(error)})") from error
    if not isinstance(content, dict):
        raise InvalidInputError(f"{path}: found {type(content).__name__}, expected an object")
    return content


def _read_file(path: Path, columns: Sequence[str] | None) -> "pyarrow.Table":
    """Some columns of one file; for None all columns without rows, which tells their types."""
    import pyarrow
    from pyarrow import ipc

    try:
        with pyarrow.memory_map(str(path)) as source, ipc.open_stream(source) as stream:
            if columns is None:
                return stream.schema.empty_table()
            return stream.read_all().select(list(columns))
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: no such file") from None
    except (OSError, KeyError, pyarrow.ArrowException) as error:
        raise InvalidInputError(f"{path}: not a readable arrow file ({reason(error)})") from error
