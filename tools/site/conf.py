"""Sphinx's settings for the pages that tools/site/website.py lays out."""

import pickle
import re
from pathlib import Path

from docutils import nodes

from tools.chinese.wording import words

smartquotes = False
extensions = ["myst_nb", "sphinx_copybutton"]
templates_path, html_static_path = [], ["_static"]
html_theme = "sphinx_book_theme"
html_css_files, html_js_files = ["site.css"], ["equations.js", "site.js"]
html_context = {"default_mode": "auto"}
html_copy_source = html_show_sourcelink = html_use_index = False
html_search_language = "en"  # its search is not used, and needs no words of Chinese
html_theme_options = {
    "footer_content_items": [],
    "navbar_persistent": [],
    "navigation_with_keys": False,  # arrow keys move sliders
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
copybutton_exclude = ".linenos, .gp"

nb_execution_mode = "off"  # notebooks are stored executed
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "html_image"]
myst_heading_anchors = 4
myst_heading_slug_func = "tools.site.pages.anchor"
myst_update_mathjax = False

mathjax_path = "mathjax.js"
mathjax3_config = {
    "tex": {"packages": {"[-]": ["noundefined"]}},
    "options": {"enableMenu": False, "ignoreHtmlClass": ".*", "processHtmlClass": "math"},
}
TAG = re.compile(r"\s*\\tag\{(\d+\.\d+[a-z]?)\}")


def say(app, config):
    """Say in the language of the pages what is said on each of them."""
    language = words(config.language.split("_")[0])
    config.project = config.html_title = config.html_short_title = language["title"]
    config.html_theme_options["toc_title"] = language["contents"]


def number_equations(app, doctree):
    """The course's own equation numbers become Sphinx's, which stand beside a formula and are an anchor."""
    for node in doctree.findall(nodes.math_block):
        found = TAG.search(node.astext())
        node["number"] = found[1] if found else None
        if found:
            node["ids"] = [f"eq-{found[1]}"]
            node.children = [nodes.Text(TAG.sub("", node.astext()))]
            node["label"] = node["ids"][0]


def anchor_as_in_english(app, doctree):
    """A section has the anchors of the English one too, so that the way to it is the same in every language."""
    if app.config.language == "en":
        return
    tree = Path(app.doctreedir).parent / "en" / f"{app.env.current_document.docname}.doctree"
    with tree.open("rb") as file:
        english = list(pickle.load(file).findall(nodes.section))
    for section, like in zip(doctree.findall(nodes.section), english, strict=True):
        section["ids"] = list(dict.fromkeys([*like["ids"], *section["ids"]]))


def plain_title(app, pagename, templatename, context, doctree):
    context["title"] = re.sub("<[^>]*>", "", context.get("title", ""))


def setup(app):
    app.set_html_assets_policy("always")  # a preview may show a formula on any page
    app.connect("config-inited", say)
    app.connect("doctree-read", anchor_as_in_english, priority=400)  # before the contents are taken down
    app.connect("doctree-read", number_equations)
    app.connect("html-page-context", plain_title)
