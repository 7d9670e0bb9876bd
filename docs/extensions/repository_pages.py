"""Pages of the repository outside of docs/, and links to them that work in both places.

In a repository browser, docs/benchmarks.md points to benchmarks/README.md; on the site, that page
stands in its place. Links to it from other pages lead there.
"""

import os.path
import re
from functools import partial
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent.parent

#: Pages of the site, and the files whose text they show.
SHOWN = {
    "benchmarks": "benchmarks/README.md",
    "contributing": "CONTRIBUTING.md",
    "changelog": "CHANGELOG.md",
}

#: Where a link to a file leads on the site, in docs/.
TARGETS = {file: f"{page}.md" for page, file in SHOWN.items()} | {"README.md": "index.md"}

LINK = re.compile(r"\]\((?P<path>[^)#:\s]+)(?P<anchor>#[^)\s]*)?\)")


def show(app: Sphinx, page: str, source: list[str]) -> None:
    """Replace the text of a page that stands for a file, and where its links lead."""
    path = Path(app.env.doc2path(page))
    if path.suffix != ".md":
        return
    if page in SHOWN:
        path = ROOT / SHOWN[page]
        source[0] = path.read_text()
        app.env.note_dependency(str(path))
    here = Path(app.env.doc2path(page)).parent
    source[0] = LINK.sub(partial(link, path.parent, here), source[0])


def link(folder: Path, here: Path, found: re.Match[str]) -> str:
    """A link in a file in `folder`, as it is to stand on a page in `here`."""
    path = os.path.normpath(folder / found["path"])
    file = os.path.relpath(path, ROOT)
    target = ROOT / "docs" / TARGETS[file] if file in TARGETS else path
    return f"]({os.path.relpath(target, here)}{found['anchor'] or ''})"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what is done to pages when they are read."""
    app.connect("source-read", show)
    return {"parallel_read_safe": True}
