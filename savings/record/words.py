"""Words as people look for them: capitals, accents and signs that are left out don't matter.

Pure. `savings.record.searching` folds the figures' own words in SQL by the same rule.
"""

from __future__ import annotations

import re
import unicodedata

#: What is taken out of words, as a bracket of a regular expression that Python and PostgreSQL
#: read alike: accents (once letters are apart from them), £, commas and quotation marks.
IGNORED = "[\u0300-\u036f£,'\"‘’“”]"
_IGNORED = re.compile(IGNORED)
#: A word begins with a letter or digit and ends with one, or with %.
_EDGES = re.compile(r"^[\W_]+|[^\w%]+$")


def folded(text: str) -> str:
    """Text without what doesn't matter when words are looked for.

    >>> folded("Café, £1,611K: Children’s")
    'cafe 1611k: childrens'
    """
    return _IGNORED.sub("", unicodedata.normalize("NFKD", text)).lower()


def words_of(text: str) -> list[str]:
    """The words that a person typed, each once; what is no word is left out.

    >>> words_of("£9.92m  (Children's & H&F) children's")
    ['9.92m', 'childrens', 'h&f']
    """
    edged = (_EDGES.sub("", word) for word in folded(text).split())
    return list(dict.fromkeys(word for word in edged if word))


def patterns_of(text: str) -> list[str]:
    r"""For each word the regular expression that finds it at the beginning of a word.

    So “ICT” finds ICT and not predicted, and “librar” finds libraries.

    >>> patterns_of("ICT 9.92")
    ['\\mict', '\\m9\\.92']
    """
    return [rf"\m{re.escape(word)}" for word in words_of(text)]
