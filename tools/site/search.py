"""How Sphinx's search takes Chinese apart."""

import re

from sphinx.search.en import SearchEnglish

CHINESE = "[一-鿿]"
LATIN = rf"(?:(?!{CHINESE})\w)+"
LATIN_IN_JAVASCRIPT = LATIN.replace(r"\w", r"[\p{L}\p{N}_]")  # its \w knows no letters but those of English


class Chinese(SearchEnglish):
    """Chinese has no spaces: each character counts as a word, and so do each two that follow one another.

    So a search finds what is written on a page, terms or parts of them, and needs no dictionary that knows them. Words
    in Latin letters are taken as in English.
    """

    lang = "zh"  # and the name of English, by which its stemmer is called
    js_splitter_code = f"""
function splitQuery(query) {{
  const words = query.match(/{CHINESE}+|{LATIN_IN_JAVASCRIPT}/gu) ?? [];
  return words.flatMap((word) => !/{CHINESE}/.test(word) || word.length === 1 ? [word]
    : [...word].slice(1).map((character, k) => word[k] + character));
}}"""

    def split(self, text):
        """The words of a text."""
        chinese = re.findall(f"{CHINESE}+", text)
        pairs = [run[k : k + 2] for run in chinese for k in range(len(run) - 1)]
        return [*re.findall(LATIN, text), *"".join(chinese), *pairs]
