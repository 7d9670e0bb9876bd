"""Galleries in a real browser; all but the first test take longer and run with ``-m browser``."""

import re
import shutil
import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from browsers import PATIENCE, Page, open_browser
from cscore_data import Examples, find_mislabelled, load_examples, reduce_cube, votes
from cscore_data.cli import find_mislabelled as suspects_command
from cscore_data.cli import train_holdout
from cscore_data.gallery.contents import GalleryContents
from cscore_data.gallery.write import write_gallery
from cscore_data.storage.zarr_store import write_store
from galleries import hostile_names, make_study

#: Examples of the digits for which models are made to vote for the next class.
SWAPPED = (3, 70, 500, 900, 1500)


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def driver(downloads):
    driver = open_browser(downloads)
    yield driver
    driver.quit()


@pytest.fixture
def page(driver):
    """A page in a browser that keeps no marks of other tests; whatever it complains of fails."""
    page = Page(driver)
    page.complaints()
    yield page
    assert page.complaints() == []
    page.run("localStorage.clear()")


def contents_of(examples, cube):
    scores = reduce_cube(cube).load()
    return GalleryContents(
        scores,
        examples.image,
        examples.name,
        examples.class_names,
        votes=votes(cube),
        suspects=find_mislabelled(scores),
    )


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    examples = load_examples("digits")
    cube = make_study(examples, source="digits", swapped=SWAPPED)
    write_store(folder / "digits.zarr", cube)
    write_gallery(contents_of(examples, cube), folder / "gallery")
    return folder / "gallery"


def example_of(label):
    """The index of an example in what a screen reader says of it."""
    return int(re.match(r"example (\d+)", label)[1])


def opened(page):
    """The index of the example in the panel."""
    page.wait("document.querySelector('#detail .statistics')")
    return int(page.texts("#detail h2")[0].split()[1])


def test_it_opens_from_the_disk_and_shows_an_example(page, blobs, tmp_path):
    cube = make_study(blobs, source="blobs", swapped=range(6))
    write_gallery(contents_of(blobs, cube), tmp_path / "gallery")
    page.open(tmp_path / "gallery")
    assert page.texts(".class-head h2") == ["0", "1", "2"]
    first = example_of(page.strip(0)[0])
    page.click(".tile")
    assert opened(page) == first
    page.type("w")
    page.type("ESCAPE")
    csv = page.driver.execute_async_script("marks.csv().then(arguments[0])")
    assert csv.splitlines()[1].startswith(f"{first},wrong,true,")
    assert page.complaints() == []


def scrolled_through(page, name):
    """What a screen reader says of each example of a class, scrolled to from first to last."""
    found = {}
    while True:
        tiles, is_moved = page.run(
            """
            const strip = document.querySelector(`.strip[aria-label^="Class ${arguments[0]}:"]`);
            strip.scrollIntoView();
            const tiles = strip.querySelectorAll(".tile:not([hidden])");
            const found = Array.from(tiles, (tile) =>
                [Number(tile.dataset.index), tile.getAttribute("aria-label")]);
            const before = strip.scrollLeft;
            strip.scrollLeft += 1000;
            return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
                () => done([found, strip.scrollLeft > before]))))""",
            name,
        )
        found.update(tiles)
        if not is_moved:
            return [found[place] for place in sorted(found)]


@pytest.mark.browser
def test_all_digits_are_in_the_strips_from_regular_to_irregular(page, digits):
    page.open(digits)
    seen = []
    for digit in range(10):
        labels = scrolled_through(page, digit)
        scores = [float(label.rpartition("C-score ")[2]) for label in labels]
        assert scores == sorted(scores, reverse=True)
        seen += [example_of(label) for label in labels]
    assert sorted(seen) == list(range(1797))


@pytest.mark.browser
def test_sort_turn_color_and_limit(page, digits):
    page.open(digits)
    page.choose("#sort", "margin")
    page.wait("selection.sort.statistic.name === 'margin'")
    page.click("#direction")
    values = [float(label.rpartition("margin ")[2].replace("−", "-")) for label in page.strip(1)]
    assert values == sorted(values)
    page.choose("#color", "vote")
    page.wait("selection.color.statistic.name === 'vote'")
    colors = page.run(
        "return Array.from(document.querySelectorAll('.tile:not([hidden]) .bar'),"
        " (bar) => bar.style.backgroundColor)"
    )
    assert len(set(colors)) > 1

    # Drag a range on the histogram, then move a handle by the keyboard.
    from selenium.webdriver.common.action_chains import ActionChains

    histogram = page.driver.find_element("css selector", "#histogram svg")
    width = histogram.rect["width"]
    drag = ActionChains(page.driver).move_to_element_with_offset(histogram, int(-width / 2) + 2, 0)
    drag.click_and_hold().move_by_offset(int(width / 3), 0).release().perform()
    page.wait("selection.range !== null")
    low, high = page.run("return selection.range")
    shown = page.run("return selection.countShown()")
    values = page.run("return Array.from(selection.sort.values)")
    inside = [value for value in values if (low is None or value >= low) and value <= high]
    assert shown == len(inside)
    assert 0 < shown < 1797
    assert page.texts("#range-text")[0].startswith(f"{shown} of 1,797 examples")
    page.run("byId('range-high').focus()")
    page.type("ARROW_LEFT", "ARROW_LEFT")
    page.wait(f"selection.countShown() <= {shown} && selection.range[1] < {high}")
    page.click("#range-reset")
    page.wait("selection.countShown() === 1797")


@pytest.mark.browser
def test_a_click_in_a_strip_that_was_scrolled_opens_what_is_under_it(page, digits):
    page.open(digits)
    page.run("document.querySelectorAll('.strip')[1].scrollLeft = 3000")
    page.wait("document.querySelectorAll('.strip')[1].querySelector('[aria-posinset=\"45\"]')")
    wanted = page.run(
        "return document.querySelectorAll('.strip')[1].querySelector('[aria-posinset=\"45\"]').id"
    )
    label = page.run("return byId(arguments[0]).getAttribute('aria-label')", wanted)
    page.click(f"#{wanted}")
    assert opened(page) == example_of(label)
    assert page.run("return document.querySelectorAll('.strip')[1].scrollLeft") == 3000
    # Other colors leave the strips where they are; another order shows their beginnings.
    page.choose("#color", "margin")
    page.wait("selection.color.statistic.name === 'margin'")
    assert page.run("return document.querySelectorAll('.strip')[1].scrollLeft") == 3000
    page.click("#direction")
    page.wait("document.querySelectorAll('.strip')[1].scrollLeft === 0")


@pytest.mark.browser
def test_search_finds_an_example_and_its_panel_has_everything(page, digits):
    page.open(digits)
    page.type("/")
    page.type("900", "ENTER")
    assert opened(page) == 900
    headings = page.texts("#detail h3")
    assert headings == ["Profile", "Votes", "Neighbors", "Statistics"]
    label = page.texts("#detail .facts dd")
    cube = xr.open_zarr(digits.parent / "digits.zarr", consolidated=False)
    given = int(cube["label"][900])
    assert label == [str(given), str((given + 1) % 10)]
    held_out = cube["held_out"].sel(example=900)
    prediction = cube["prediction"].sel(example=900).where(held_out)
    count = {str(given): int((prediction == given).sum())}
    count[str((given + 1) % 10)] = int((prediction == (given + 1) % 10).sum())
    names, numbers = page.texts(".votes th"), page.texts(".votes .number")
    assert dict(zip(names, map(int, numbers), strict=True)) == {
        name: number for name, number in count.items() if number
    }
    assert len(page.texts("#detail .curve circle")) == 2
    assert len(page.texts("#detail .near")) == 8
    page.run("byId('search-text').value = ''")
    page.click("#search-text")
    page.type("99999", "ENTER")
    page.wait("byId('search-answer').textContent === 'Nothing found'")


@pytest.mark.browser
def test_the_keyboard_is_enough(page, digits):
    page.open(digits)
    page.run("document.querySelector('.strip').focus()")
    labels = page.strip(0)
    page.type("ARROW_RIGHT", "ARROW_RIGHT")
    active = page.run(
        "return byId(document.activeElement.getAttribute('aria-activedescendant'))"
        ".getAttribute('aria-label')"
    )
    assert active == labels[2]
    page.type("END")
    last = "document.activeElement.getAttribute('aria-activedescendant')"
    page.wait(f"byId({last}).getAttribute('aria-posinset') === '178'")
    page.type("ENTER")
    shown = opened(page)
    page.type("ARROW_LEFT")
    page.wait(f"!document.querySelector('#detail h2').textContent.endsWith(' {shown}')")
    page.type("u")
    page.wait("marks.summary() === '0 wrong, 0 right, 1 unsure'")
    assert page.run("return byId('status').textContent") == "marked unsure"
    page.type("ESCAPE")
    assert page.run("return document.activeElement.className") == "strip"


@pytest.mark.browser
def test_marks_round_trip_into_the_commands(page, digits, downloads, capsys, monkeypatch):
    page.open(digits)
    page.click("nav [data-view=suspects]")
    page.wait("document.querySelectorAll('.card').length > 4")
    marked = []
    page.run("document.querySelector('.suspects').focus()")
    for key in ("w", "r", "u", "w"):
        label = page.run(
            "return byId(document.activeElement.getAttribute('aria-activedescendant'))"
            ".getAttribute('aria-label')"
        )
        marked.append(example_of(label))
        page.type(key)
    # Marks outlive the page.
    page.open(digits)
    page.click("nav [data-view=suspects]")
    page.wait("byId('download')")
    assert page.texts(".marks-summary") == ["2 wrong, 1 right, 1 unsure"]
    page.click("#download")
    path = downloads / "marks.csv"
    end = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.02)

    marks = pd.read_csv(path).set_index("example").loc[marked]
    assert marks["mark"].tolist() == ["wrong", "right", "unsure", "wrong"]
    given = marks["given"].tolist()
    assert marks["label"].tolist()[0] == (given[0] + 1) % 10
    assert marks["label"].tolist()[1] == given[1]
    assert np.isnan(marks["label"].tolist()[2])

    monkeypatch.chdir(digits.parent)
    flags = ["--out", "suspects.csv", "--truth", f"{path}:wrong"]
    assert suspects_command.main(["digits.zarr", *flags]) == 0
    out = capsys.readouterr().out
    assert "truth: 2 of 3 labels are wrong; nothing is known of the other 1794" in out

    again = load_examples("digits", options_with(labels=str(path)))
    changed = np.flatnonzero(again.label != load_examples("digits").label)
    assert sorted(changed) == sorted([marked[0], marked[3]])
    flags = ["--dataset", "digits", "--labels", str(path), "--runs", "2", "--out", "other.zarr"]
    assert train_holdout.main([*flags, "--dry-run"]) == 0


@pytest.mark.browser
def test_a_browser_that_keeps_no_marks_says_so(page, digits):
    page.open(digits)
    page.run("Storage.prototype.setItem = () => { throw new Error('full'); }")
    page.click("nav [data-view=suspects]")
    page.wait("document.querySelector('.card')")
    page.run("document.querySelector('.suspects').focus()")
    page.type("w")
    assert page.texts(".marks-summary") == [
        "1 wrong, 0 right, 0 unsure, not kept by this browser: download them before you leave"
    ]


@pytest.mark.browser
def test_a_file_that_is_cut_off_is_named(page, digits, tmp_path):
    gallery = shutil.copytree(digits, tmp_path / "gallery")
    script = gallery / "data" / "vote-class-0.js"
    script.write_text(script.read_text()[:1000])
    page.open(gallery)
    page.click(".tile")
    page.wait("!byId('notice').hidden")
    assert page.texts("#notice") == ["data/vote-class-0.js cannot be read"]
    (complaint,) = page.complaints()
    assert "SyntaxError" in complaint


def options_with(**options):
    from cscore_data.data.options import LoadOptions

    return LoadOptions(**options)


@pytest.mark.browser
def test_nothing_in_200_hostile_names_and_labels_runs(page, tmp_path):
    names = hostile_names(200)
    image = np.random.default_rng(0).integers(0, 256, (400, 4, 4), dtype=np.uint8)
    examples = Examples("<img src=x onerror=window.hacked=1>", image, np.arange(400) % 200)
    filename = np.array([f"{place}/{name}" for place, name in enumerate(names * 2)], object)
    cube = make_study(examples, source="hostile", swapped=range(0, 400, 3))
    cube = cube.assign_coords(filename=("example", filename)).assign_attrs(dataset=names[0])
    contents = contents_of(examples, cube)
    contents = GalleryContents(**{**vars(contents), "class_names": tuple(names)})
    write_gallery(contents, tmp_path / "images")
    texts = GalleryContents(**{**vars(contents), "image": np.array(names * 2, object)})
    write_gallery(texts, tmp_path / "texts")
    for gallery in ("images", "texts"):
        page.open(tmp_path / gallery)
        elements = page.run("return document.querySelectorAll('*').length")
        for top in range(0, 24_000, 400):
            page.run("window.scrollTo(0, arguments[0])", top)
        page.type("/")
        page.type("hacked", "ENTER")
        opened(page)
        page.click("nav [data-view=suspects]") if page.run("return innerWidth > 900") else None
        page.wait("document.querySelector('.card')")
        page.run("document.querySelector('.suspects').focus()")
        page.type("w", "r", "u")
        csv = page.driver.execute_async_script("marks.csv().then(arguments[0])")
        assert csv.count("\r\n") >= 4
        assert elements > 50
        hacked = "return Object.keys(window).filter((name) => name.startsWith('hacked'))"
        assert page.run(hacked) == []
        assert (
            page.run(
                "return document.querySelectorAll('img, iframe, main script, main style').length"
            )
            == 0
        )
        assert page.run("return location.href").endswith("index.html")
    # What is shown is the name itself.
    shown = page.texts("#view-classes h2")
    assert any("<" in name for name in shown)
    assert not any("\u202e" in name or "\x1b" in name for name in shown)


@pytest.mark.browser
def test_the_policy_of_the_page_forbids_what_is_not_its_own(driver, digits):
    page = Page(driver)
    page.open(digits)
    page.run(
        """
        const inline = document.createElement("script");
        try { inline.textContent = "window.hacked = 1"; } catch { /* refused */ }
        document.body.append(inline);
        try { document.body.innerHTML += "<img src=x onerror='window.hacked = 2'>"; } catch { }
        try { document.body.setAttribute("onclick", "window.hacked = 3"); } catch { }
        document.body.click();
        const far = new Image();
        far.src = "https://example.org/x.png";
        """
    )
    page.wait("performance.now() > 0")
    assert page.run("return window.hacked ?? null") is None
    assert any("Content Security Policy" in message for message in page.complaints())


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(page, digits, width, scheme):
    page.open(digits, width=width, height=800, scheme=scheme)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.run(f"return {wide}")
    background = page.run("return getComputedStyle(document.body).backgroundColor")
    dark = sum(map(int, re.findall(r"\d+", background)[:3])) < 200
    assert dark == (scheme == "dark")
    page.click(".tile")
    opened(page)
    assert not page.run(f"return {wide}")
    shot = page.driver.get_screenshot_as_png()
    assert len(shot) > 10_000


@pytest.mark.browser
def test_a_page_without_scores_says_so(page, tmp_path):
    coords = {"example": [0, 1], "label": ("example", [0, 1])}
    scores = xr.Dataset({"cscore": ("example", [np.nan, np.nan])}, coords)
    write_gallery(GalleryContents(scores, np.zeros((2, 4, 4), np.uint8), "empty"), tmp_path / "g")
    page.open(tmp_path / "g")
    assert "No example has a C-score" in page.texts("#subtitle")[0]
    page.click(".tile")
    assert opened(page) == 0


@pytest.mark.browser
def test_100_000_classes_and_one_example(page, tmp_path):
    for number in (1, 100_000):
        label = np.arange(number)
        coords = {"example": label, "label": ("example", label)}
        scores = xr.Dataset({"cscore": ("example", np.linspace(0, 1, number))}, coords)
        image = np.broadcast_to(np.eye(4, dtype=np.uint8), (number, 4, 4))
        write_gallery(GalleryContents(scores, image, "many"), tmp_path / str(number))
        page.open(tmp_path / str(number))
        assert page.run("return document.querySelectorAll('.class-row').length") < 60
        page.run("window.scrollTo(0, document.documentElement.scrollHeight)")
        page.wait(
            "Array.from(document.querySelectorAll('.class-row:not([hidden]) h2'))"
            f".some((head) => head.textContent === '{number - 1}')"
        )
        page.run(f"byId('search-text').value = '{number - 1}'")
        page.run("byId('search').requestSubmit()")
        assert opened(page) == number - 1


@pytest.mark.browser
def test_texts_stand_in_strips_and_whole_in_the_panel(page, tmp_path):
    texts = np.array([f"question {row}: " + "why " * row for row in range(300)], object)
    label = np.arange(300) % 2
    coords = {"example": np.arange(300), "label": ("example", label)}
    scores = xr.Dataset({"cscore": ("example", np.arange(300) / 300)}, coords)
    write_gallery(GalleryContents(scores, texts, "texts", ("yes", "no")), tmp_path / "g")
    page.open(tmp_path / "g")
    page.wait("document.querySelector('.tile .picture').textContent")
    assert page.texts(".tile .picture")[0] == texts[298]
    page.click(".tile")
    assert opened(page) == 298
    assert page.texts("#detail .large .picture") == [texts[298]]


@pytest.mark.browser
def test_two_sets_of_scores_side_by_side(page, blobs, tmp_path):
    contents = contents_of(blobs, make_study(blobs, source="blobs"))
    other = reduce_cube(make_study(blobs, source="blobs", seed=1)).load()
    other = other.assign_attrs(title="Second study")
    write_gallery(GalleryContents(**{**vars(contents), "other": other}), tmp_path / "g")
    page.open(tmp_path / "g")
    page.click("nav [data-view=compare]")
    page.wait("document.querySelectorAll('#view-compare .tile').length > 4")
    assert page.texts("#view-compare h2") == ["Higher in A", "Higher in B"]
    page.click("#view-compare canvas")
    opened(page)
    assert len(page.texts("#detail .curve")) == 2
    assert page.texts("#detail .statistics thead th") == ["A", "B"]


@pytest.mark.browser
def test_10_000_examples_of_mnist(page, tmp_path, real_data, monkeypatch):
    monkeypatch.setenv("CSCORE_DATA_DIR", str(real_data))
    examples = load_examples("mnist")
    some = Examples("mnist", examples.image[:10_000], examples.label[:10_000])
    cube = make_study(some, source="mnist", swapped=range(0, 10_000, 100))
    write_gallery(contents_of(some, cube), tmp_path / "g")
    page.open(tmp_path / "g")
    assert "10,000 examples" in page.texts("#subtitle")[0]
    page.choose("#sort", "memorization")
    page.wait("selection.sort.statistic.name === 'memorization'")
    page.run("document.querySelectorAll('.strip')[2].scrollLeft = 20000")
    page.wait("document.querySelectorAll('.strip')[2].querySelector('[aria-posinset=\"330\"]')")
    page.click("nav [data-view=suspects]")
    page.wait("document.querySelectorAll('.card').length > 10")
    page.run("document.querySelector('.suspects').focus()")
    page.type("END")
    page.wait("document.activeElement.getAttribute('aria-activedescendant') !== 'suspect-0'")
    page.type("w")
    page.wait("marks.byExample.size === 1")
