"""Wrong files, each with everything that is said about it: row, column and sentence.

Row and column are as the spreadsheet shows them, and None where the file as a whole is wrong. Every
file is made when a test asks for it (`tests.savings.uploads.making`).
"""

from tests.savings.uploads.corpus.bad import Bad
from tests.savings.uploads.corpus.cells import CELLS
from tests.savings.uploads.corpus.rows import HEADERS, ROWS
from tests.savings.uploads.corpus.traps import CARRIED, TRAPS
from tests.savings.uploads.corpus.whole import NOT_SHEETS, ZIPS

CORPUS = [*NOT_SHEETS, *ZIPS, *TRAPS, *CARRIED, *HEADERS, *ROWS, *CELLS]

__all__ = ["CORPUS", "Bad"]
