"""Pictures lead to themselves in full size: many have details that are too small on a page."""

from docutils import nodes
from sphinx.application import Sphinx


def scale(app: Sphinx, doctree: nodes.document) -> None:
    """Give each picture a scale, as Sphinx makes scaled pictures links to their files."""
    for image in doctree.findall(nodes.image):
        image.setdefault("scale", 100)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what is done to pages when they are read."""
    app.connect("doctree-read", scale)
    return {"parallel_read_safe": True}
