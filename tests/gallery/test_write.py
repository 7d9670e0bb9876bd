import json

import numpy as np
import pytest
import xarray as xr

from cscore_data import Examples, find_mislabelled, reduce_cube, votes
from cscore_data.errors import InvalidInputError
from cscore_data.gallery.contents import GalleryContents
from cscore_data.gallery.folder import MANIFEST
from cscore_data.gallery.write import write_gallery
from cscore_data.testing import make_cube
from galleries import hostile_names, make_study, read_data, statistic


@pytest.fixture(scope="module")
def contents(blobs):
    cube = make_study(blobs, source="blobs.npz", swapped=range(6))
    scores = reduce_cube(cube)
    return GalleryContents(
        scores, blobs.image, "blobs", votes=votes(cube), suspects=find_mislabelled(scores)
    )


def changed(contents, **parts):
    return GalleryContents(**{**vars(contents), **parts})


@pytest.fixture
def write(tmp_path):
    def write(contents):
        write_gallery(contents, tmp_path / "gallery")
        return tmp_path / "gallery"

    return write


def test_every_statistic_is_there_in_the_order_of_the_page(contents, write):
    gallery = write(contents)
    scores = contents.scores
    example = read_data(gallery, "example")
    assert sorted(example) == list(range(120))
    label = scores["label"].values[example]
    assert (np.diff(label) >= 0).all()
    for name in ("cscore", "margin", "memorization", "variability", "vote_entropy"):
        expected = scores[name].values[example].astype(np.float32)
        assert np.array_equal(statistic(gallery, name), expected, equal_nan=True)
    assert np.array_equal(statistic(gallery, "vote"), scores["vote"].values[example])


def test_profiles_and_votes_are_those_of_the_cube(contents, write):
    gallery = write(contents)
    example = read_data(gallery, "example")
    scores = contents.scores.isel(example=example)
    ratios = read_data(gallery, "gallery")["profile"]["ratios"]
    assert ratios == scores["ratio"].values.tolist()
    profile = read_data(gallery, "profile-a-0").reshape(-1, len(ratios))
    assert np.array_equal(profile, scores["profile"].T.astype(np.float32), equal_nan=True)
    counted = read_data(gallery, "count-a-0").reshape(-1, len(ratios))
    assert np.array_equal(counted, scores["held_out_count"].T)

    classes = read_data(gallery, "vote-class-0").reshape(-1, 3)
    counts = read_data(gallery, "vote-count-0").reshape(-1, 4)
    given = contents.votes.isel(example=example).values
    assert np.array_equal(np.take_along_axis(given, classes.astype(int), axis=1), counts[:, :3])
    assert (np.diff(counts[:, :3].astype(int)) <= 0).all()
    assert np.array_equal(counts[:, 3], given.sum(axis=1))


def test_suspects_are_those_whose_label_models_contradict(contents, write):
    gallery = write(contents)
    known = read_data(gallery, "gallery")["suspects"]
    suspects = contents.suspects
    contradicted = suspects.isel(example=(suspects["suggested"] != suspects["label"]).values)
    shown = read_data(gallery, "example")[read_data(gallery, "suspect-row")]
    assert set(range(6)) <= set(shown[:8])
    assert np.array_equal(shown, contradicted["example"])
    assert np.array_equal(read_data(gallery, "suspect-class"), contradicted["suggested"])
    called = read_data(gallery, "suspect-called")
    assert (known["count"], known["called"]) == (len(shown), called.sum())


def test_a_second_set_of_scores_stands_beside_the_first(contents, write):
    other = contents.scores[["cscore", "profile", "held_out_count"]].copy(deep=True)
    other["cscore"].values[:] = np.linspace(0, 1, 120)
    gallery = write(changed(contents, other=other.assign_attrs(title="Another")))
    example = read_data(gallery, "example")
    assert np.array_equal(
        statistic(gallery, "cscore", "b"), np.linspace(0, 1, 120)[example].astype(np.float32)
    )
    assert read_data(gallery, "gallery")["otherTitle"] == "Another"
    assert len(read_data(gallery, "profile-b-0")) == 240


def test_helpers_are_found_by_their_row(contents, write):
    helper = np.stack([np.roll(np.arange(120), 1), np.full(120, -1)], axis=1)
    influence = np.stack([np.linspace(0, 1, 120), np.full(120, np.nan)], axis=1)
    dims = ("example", "place")
    helpers = xr.Dataset({"helper": (dims, helper), "influence": (dims, influence)})
    gallery = write(changed(contents, helpers=helpers))
    example = read_data(gallery, "example")
    row = read_data(gallery, "helper-0").reshape(-1, 2)
    assert np.array_equal(example[row[:, 0]], helper[example, 0])
    assert (row[:, 1] == -1).all()
    found = read_data(gallery, "influence-0").reshape(-1, 2)[:, 0]
    assert np.array_equal(found, influence[example, 0].astype(np.float32))


def test_the_folder_lists_its_files_and_has_the_page(contents, write):
    gallery = write(contents)
    listed = json.loads((gallery / MANIFEST).read_text())["files"]
    files = [path for path in gallery.rglob("*") if path.is_file()]
    assert sorted(listed) == sorted(path.relative_to(gallery).as_posix() for path in files)
    page = (gallery / "index.html").read_text()
    assert "script-src 'self'" in page
    for name in ("scripts/page.js", "style.css", "data/gallery.js"):
        assert (gallery / name).exists()
        assert name in page


def test_the_page_has_no_script_of_its_own_and_takes_nothing_for_html(contents, write):
    gallery = write(contents)
    for script in (gallery / "scripts").glob("*.js"):
        text = script.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write"):
            assert word not in text, (script.name, word)
    page = (gallery / "index.html").read_text()
    assert "<script>" not in page
    assert "onclick" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_hostile_names_are_data_and_no_names_of_files(blobs, write):
    names = hostile_names(200)
    scores = xr.Dataset({"cscore": ("example", np.linspace(0, 1, 120))})
    scores = scores.assign_coords(example=np.arange(120), label=("example", blobs.label))
    variables = dict.fromkeys(names[:20], scores["cscore"])
    scores = scores.assign(variables).assign_attrs(title=names[0])
    filename = ("example", np.array(names[:120], object))
    scores = scores.assign_coords(filename=filename)
    gallery = write(GalleryContents(scores, blobs.image, names[1], class_names=tuple(names)))
    known = read_data(gallery, "gallery")
    assert known["title"] == names[0]
    assert known["dataset"] == names[1].rpartition("/")[2]
    assert [entry["name"] for entry in known["classes"]] == names[:3]
    assert set(read_data(gallery, "names")) == set(names[:120])
    assert {path.suffix for path in (gallery / "data").iterdir()} == {".js"}


def test_the_folder_of_the_data_set_stays_private(contents, write):
    source = "/home/me/secret/blobs.npz"
    scores = contents.scores.assign_attrs(dataset=source, title=f"C-scores of {source}")
    gallery = write(changed(contents, scores=scores, name=source))
    known = read_data(gallery, "gallery")
    assert (known["title"], known["dataset"]) == ("C-scores of blobs.npz", "blobs.npz")
    for file in gallery.rglob("*.js*"):
        assert "secret" not in file.read_text()


def test_texts_and_rows_of_features_take_the_place_of_pictures(contents, write):
    texts = np.array([f"text {row}" for row in range(120)], object)
    gallery = write(changed(contents, image=texts))
    example = read_data(gallery, "example")
    assert read_data(gallery, "texts-0")[:3] == texts[example[:3]].tolist()
    assert not (gallery / "sheets").exists()
    rows = np.arange(240.0).reshape(120, 2)
    gallery = write(changed(contents, image=rows))
    assert read_data(gallery, "texts-0")[0] == "  ".join(f"{x:g}" for x in rows[example[0]])


def test_one_example_without_a_score(write):
    coords = {"example": [3], "label": ("example", [7])}
    scores = xr.Dataset({"cscore": ("example", [np.nan])}, coords)
    gallery = write(GalleryContents(scores, np.zeros((1, 5, 5), np.uint8), "one"))
    known = read_data(gallery, "gallery")
    assert (known["examples"], known["withScore"]) == (1, 0)
    assert known["classes"] == [{"label": 7, "start": 0, "count": 1, "name": "7"}]


def test_each_example_in_a_class_of_its_own(write):
    number = 3000
    coords = {"example": np.arange(number), "label": ("example", np.arange(number)[::-1])}
    scores = xr.Dataset({"cscore": ("example", np.ones(number))}, coords)
    gallery = write(GalleryContents(scores, np.zeros((number, 2, 2), np.uint8), "many"))
    classes = read_data(gallery, "gallery")["classes"]
    assert [entry["count"] for entry in classes] == [1] * number
    assert read_data(gallery, "example").tolist() == list(range(number))[::-1]


def test_parts_that_do_not_fit_are_refused(contents):
    with pytest.raises(InvalidInputError, match="image: found 119 examples, expected 120"):
        changed(contents, image=contents.image[:119])
    with pytest.raises(InvalidInputError, match="found no labels"):
        changed(contents, scores=contents.scores.drop_vars("label"))


def test_a_vote_of_minus_one_may_be_a_class(write):
    examples = Examples("signs", np.arange(80).reshape(20, 2, 2), np.arange(20) % 2 * 2 - 1)
    cube = make_study(examples, source="signs.npz", swapped=range(4))
    scores = reduce_cube(cube)
    assert -1 in scores["vote"].values
    gallery = write(GalleryContents(scores, examples.image, "signs", votes=votes(cube)))
    example = read_data(gallery, "example")
    labels = np.array([entry["label"] for entry in read_data(gallery, "gallery")["classes"]])
    assert np.array_equal(labels[statistic(gallery, "vote")], scores["vote"].values[example])


def test_scores_of_a_cube_without_margins(write):
    cube = make_cube(runs=20)
    gallery = write(GalleryContents(reduce_cube(cube), np.zeros((20, 4, 4)), "plain"))
    known = read_data(gallery, "gallery")
    assert "votes" not in known
    assert known["profile"] is not None
