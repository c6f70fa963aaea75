"""Search that finds Chinese without a dictionary: every two neighbouring characters are a word.

A query of three characters or more is asked for as all of its pairs, so that a page is found when
it has each of them. English words are reduced to their stems as Sphinx does for English.
"""

import re

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

_WORD = re.compile(r"[A-Za-z0-9_]+|[\u4e00-\u9fff]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SPLIT = r"""
function splitQuery(query) {
  const found = [];
  for (const word of query.match(/[A-Za-z0-9_]+|[\u4e00-\u9fff]+/g) || []) {
    if (!/[\u4e00-\u9fff]/.test(word) || word.length < 3) found.push(word);
    else for (let i = 0; i + 2 <= word.length; i++) found.push(word.slice(i, i + 2));
  }
  return found;
}
"""


class SearchBoth(SearchEnglish):
    """English by stems, Chinese by pairs of characters.

    It keeps the name of English, by which the page of searches finds its stemmer.
    """

    lang = "both"
    js_splitter_code = _SPLIT

    def split(self, text: str) -> list[str]:
        """Return the words of a text."""
        found: list[str] = []
        for word in _WORD.findall(text):
            if _CHINESE.match(word) and len(word) > 1:
                found += [word[i : i + 2] for i in range(len(word) - 1)]
            else:
                found.append(word)
        return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the language known."""
    app.add_search_language(SearchBoth)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
