"""The documentation as a site: links lead somewhere, all names are there, it builds strictly."""

import importlib.util
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

import cscore_data
from conftest import ROOT
from cscore_data import figures
from pages import PAGES, anchors, code_blocks, links

#: Pages of the site that show a file from elsewhere.
SHOWN = {
    "docs/benchmarks.md": "benchmarks/README.md",
    "docs/contributing.md": "CONTRIBUTING.md",
    "docs/changelog.md": "CHANGELOG.md",
}

LINKS = [(page, link) for page in PAGES for link in links(page)]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_that_are_there(page):
    for link in links(page):
        if urlsplit(link).scheme:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


def test_links_to_other_sites_are_addresses():
    """None of them is fetched."""
    addresses = [urlsplit(link) for _, link in LINKS if urlsplit(link).scheme]
    assert addresses
    for address in addresses:
        assert address.scheme in ("http", "https"), address
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", address.netloc), address
        assert not re.search(r"[\s<>]", address.path), address


def test_a_page_that_stands_for_a_file_says_so():
    for page, file in SHOWN.items():
        assert f"../{file}" in links(page)


def test_the_readme_is_short():
    assert len(PAGES["README.md"].splitlines()) <= 125


def test_every_public_name_is_documented_once():
    text = "".join(code_blocks("docs/api.md", "{eval-rst}"))
    directive = r"^\.\. auto(?:function|class):: cscore_data\.(\w+)$"
    entries = re.findall(directive, text, re.MULTILINE)
    assert sorted(entries) == cscore_data.__all__
    assert re.findall(r"^   cscore_data\.(\w+)$", text, re.MULTILINE) == entries


def test_every_figure_is_documented():
    text = "".join(code_blocks("docs/api.md", "{eval-rst}"))
    entries = re.findall(r"^\.\. autofunction:: cscore_data\.figures\.(\w+)$", text, re.MULTILINE)
    assert sorted(entries) == sorted(figures.__all__)


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    for package in ("sphinx", "myst_nb", "furo", "numpydoc", "latex2mathml"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; pip install -e '.[docs]'")
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "-b", "html"]
    folders = ["-d", str(tmp_path / "doctrees"), "docs", str(tmp_path / "site")]
    result = subprocess.run([*command, *folders], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    for page in ("index", "commands", "api", "benchmarks", "notebooks/digits"):
        html = (tmp_path / "site" / f"{page}.html").read_text()
        # Nothing is fetched from elsewhere when a page is looked at.
        assert not re.findall(r'<(?:script|img)[^>]+src="https?:', html), page
        assert not re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="https?:', html), page
    assert "--runs-per-chunk" in (tmp_path / "site" / "commands.html").read_text()
