"""A gallery as a folder: the page, the pictures and the data."""

import hashlib
import shutil
from dataclasses import asdict
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.gallery import details
from cscore_data.gallery.contents import GalleryContents
from cscore_data.gallery.contradictions import write_suspects
from cscore_data.gallery.folder import check_folder, new_folder
from cscore_data.gallery.page_order import PageOrder, page_order
from cscore_data.gallery.scripts import BLOCK, whole_numbers, write_document, write_numbers
from cscore_data.gallery.sheets import write_sheets
from cscore_data.gallery.texts import write_texts
from cscore_data.gallery.variables import write_statistics

#: Letters of names and titles, which may come from others.
_LONGEST_NAME = 200


def write_gallery(contents: GalleryContents, path: str | Path) -> None:
    """Write a gallery to a folder, all at once, replacing a gallery that is there.

    Parameters
    ----------
    contents : GalleryContents
    path : path
        The folder; missing ones are made. Its ``index.html`` opens from the disk.

    Raises
    ------
    StoreExistsError
        If the folder holds anything but a gallery.
    StoreError
        If it cannot be written; nothing is left then.

    Notes
    -----
    Takes about 150 bytes for each example and what its picture takes: of 60,000 examples less than
    60 MB, as larger pictures are scaled down.

    Examples
    --------
    >>> from os import listdir
    >>> from tempfile import TemporaryDirectory
    >>> from cscore_data import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> scores = reduce_cube(make_cube())
    >>> image = np.zeros((20, 8, 8), np.uint8)
    >>> with TemporaryDirectory() as directory:
    ...     write_gallery(GalleryContents(scores, image, "zeros"), f"{directory}/gallery")
    ...     sorted(listdir(f"{directory}/gallery"))
    ['data', 'gallery.json', 'index.html', 'scripts', 'sheets', 'style.css']
    """
    check_folder(path)
    with new_folder(path) as folder:
        copy_page(folder)
        data = folder / "data"
        data.mkdir()
        voted = None
        if contents.votes is not None:
            voted = contents.votes["class"].values
        order = page_order(contents.scores, voted)
        description = describe(contents, order)
        description |= write_examples(contents, order, folder)
        description |= write_data(contents, order, data)
        write_document(data, "gallery", description)


def copy_page(folder: Path) -> None:
    """Copy what is the same in every gallery."""
    resource = files("cscore_data.gallery") / "page"
    with as_file(resource) as page:
        shutil.copytree(page, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)


def describe(contents: GalleryContents, order: PageOrder) -> dict[str, Any]:
    """What the page says of the whole set."""
    scores = contents.scores
    classes = []
    for entry in order.classes:
        name = contents.class_name(entry.label)[:_LONGEST_NAME]
        classes.append({**asdict(entry), "name": name})
    titles = {"title": title_of(scores, "Scores")}
    if contents.other is not None:
        titles["otherTitle"] = title_of(contents.other, "Other scores")
    has_score = np.isfinite(scores["cscore"].values)
    return {
        **titles,
        "dataset": without_folder(contents.name)[:_LONGEST_NAME],
        "marks": marks_name(contents),
        "examples": len(contents),
        "withScore": int(has_score.sum()),
        "block": BLOCK,
        "classes": classes,
    }


def title_of(scores: xr.Dataset, default: str) -> str:
    """The title of scores, in which a data set is named without the folder that it is in."""
    title = str(scores.attrs.get("title", default))
    source = str(scores.attrs.get("dataset", ""))
    if source:
        title = title.replace(source, without_folder(source))
    return title[:_LONGEST_NAME]


def without_folder(source: str) -> str:
    """The name of a data set, without the folder: where it was is nobody's business on a website.

    Examples
    --------
    >>> without_folder("/home/me/secret/train.parquet:img:label"), without_folder("tfds:mnist")
    ('train.parquet:img:label', 'tfds:mnist')
    """
    return source.rstrip("/").rpartition("/")[2]


def marks_name(contents: GalleryContents) -> str:
    """Under which name a browser keeps the marks: the same for all scores of a data set."""
    digest = contents.scores.attrs.get("example_digest")
    if digest is None:
        sha = hashlib.sha256(contents.name.encode())
        label = contents.scores["label"].values
        sha.update(label.astype("<i8").tobytes())
        digest = sha.hexdigest()
    return f"cscore-marks-{str(digest)[:64]}"


def write_examples(contents: GalleryContents, order: PageOrder, folder: Path) -> dict[str, Any]:
    """Write the examples themselves: which they are, and their pictures or texts."""
    data = folder / "data"
    scores = contents.scores
    write_numbers(data, "example", whole_numbers(order.example))
    has_names = "filename" in scores.coords
    if has_names:
        names = scores["filename"].values[order.rows]
        write_document(data, "names", [str(name) for name in names])
    if contents.image.ndim < 3:
        picture = write_texts(data, contents.image, order.rows)
    else:
        sheets = folder / "sheets"
        sheets.mkdir()
        picture = write_sheets(sheets, contents.image, order.rows)
    return {"picture": picture, "hasNames": has_names}


def write_data(contents: GalleryContents, order: PageOrder, data: Path) -> dict[str, Any]:
    """Write what is known of the examples; returns what of it there is."""
    scores = contents.scores
    found: dict[str, Any] = {
        "statistics": write_statistics(data, scores, order),
        "profile": details.write_profiles(data, scores, order),
    }
    if contents.other is not None:
        found["statistics"] += write_statistics(data, contents.other, order, side="b")
        found["otherProfile"] = details.write_profiles(data, contents.other, order, side="b")
    if contents.votes is not None:
        found["votes"] = details.write_votes(data, contents.votes, order)
    if contents.helpers is not None:
        found["helpers"] = details.write_helpers(data, contents.helpers, order)
    if contents.suspects is not None:
        found["suspects"] = write_suspects(data, contents.suspects, order)
    return found
