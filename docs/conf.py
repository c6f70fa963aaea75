"""How Sphinx builds the site: ``make docs``; nothing is fetched, every warning is an error."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "_ext"), str(ROOT)]
os.environ |= {  # of the notebooks' kernels: the tree's own package, and no trial of the user's
    "PYTHONPATH": str(ROOT),
    "QUANTHEDGE_TRIALS": str(ROOT / "build" / "captured" / "trials"),
    "QUANTHEDGE_LANGUAGE": "en",
    "QUANTHEDGE_PROGRESS": "off",
    "PLOTLY_RENDERER": "notebook",  # figures with their script inside, nothing from elsewhere
}

import quanthedge  # noqa: E402 -- the tree's own package, not one that is installed

project = "QuantHedge"
author = copyright = "the QuantHedge authors"
release = version = quanthedge.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_design",
    "api",
    "bilingual",
    "captured",
    "commands",
    "reference",
    "links",
    "notebooks",
    "references",
    "running",
    "search_words",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_ext", "_templates", "**/.ipynb_checkpoints", "**/README.md"]
source_suffix = {  # the first is what autosummary writes
    ".rst": "restructuredtext",
    ".md": "myst-nb",
    ".ipynb": "myst-nb",
}
root_doc = "index"
highlight_language = "none"  # indented blocks show commands and output; Python is said
nitpicky = True
suppress_warnings = ["misc.highlighting_failure", "mystnb.unknown_mime_type"]

# Markdown, as the pages are read on a code host too
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline", "fieldlist"]
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_execution_cache_path = str(ROOT / "build" / "notebooks")
nb_merge_streams = True

# reference from docstrings
autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = "QuantHedge"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {  # wide tables: the list of their parts, at the right, leads through them
    f"{folder}/generated/{name}": []
    for folder in ("reference", "zh")
    for name in ("commands", "factors", "figures", "keys", "rules")
}
html_show_sourcelink = False
html_copy_source = False
html_search_language = "both"
html_theme_options = {
    "navbar_persistent": ["search-button"],
    "navbar_end": ["language-switch", "theme-switcher"],
    "header_links_before_dropdown": 8,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_context = {"default_mode": "light"}
