"""How Sphinx builds the site: ``sphinx-build -W -n --keep-going -b html docs build/site``.

Nothing is fetched: pages use no script or font from elsewhere, and formulas are MathML.
"""

import sys
from pathlib import Path

import cscore_data

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "cscore_data"
author = "the authors of cscore_data"
version = release = cscore_data.__version__.partition("+")[0]

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "command_reference",
    "formulas",
    "full_size",
    "repository_pages",
]
exclude_patterns = ["extensions", "**.ipynb_checkpoints"]

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 4
# Notebooks are run by the tests; notebooks/refresh.py renews the outputs that they keep.
nb_execution_mode = "off"

# The types of parameters stand in the docstrings, with dims and range.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
# `name` in a docstring is code, not a citation.
default_role = "code"

# Dashes of flags stay dashes.
smartquotes = False

html_theme = "furo"
html_title = "cscore_data"
html_show_copyright = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
