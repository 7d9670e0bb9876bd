"""Run the notebooks, and keep what their cells put out.

``python docs/notebooks/refresh.py [NAME.ipynb ...] [--files FOLDER]`` runs them in a temporary
folder, all by default, and writes them back. It needs the extra ``docs``. FOLDER has files that
they read, such as ``train.parquet``, CIFAR-10 as on the Hugging Face hub.
"""

import argparse
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def refreshed(path, files):
    """The notebook at `path` with new outputs."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            (Path(folder) / file.name).symlink_to(file)
        # Times of execution would be new each time; others learn nothing from them.
        client = NotebookClient(
            notebook, record_timing=False, resources={"metadata": {"path": folder}}
        )
        client.execute()
    # As before, whatever the Python that has run it.
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def main():
    """Refresh the notebooks that the arguments name."""
    parser = argparse.ArgumentParser(description="Run the notebooks and keep their outputs.")
    parser.add_argument("notebook", nargs="*", type=Path, default=sorted(HERE.glob("*.ipynb")))
    parser.add_argument("--files", type=Path, help="a folder of files that the notebooks read")
    arguments = parser.parse_args()
    files = sorted(arguments.files.resolve().iterdir()) if arguments.files else []
    for path in arguments.notebook:
        nbformat.write(refreshed(path, files), path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
