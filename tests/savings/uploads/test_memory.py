"""No wrong file takes more memory than allowed, however it is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from bench.uploads import MOST_MEMORY, memory_of
from tests.partnership import Partnership
from tests.savings.uploads.conftest import everything
from tests.savings.uploads.corpus import CORPUS

pytestmark = [
    # Another process handles the files, so what they are sent to has to be committed for it.
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path("/proc/self/clear_refs").exists(), reason="memory is measured only on Linux"
    ),
]


def test_no_wrong_file_takes_more_memory_than_allowed(partnership: Partnership) -> None:
    before = everything()

    taken = memory_of({bad.name: bad.make for bad in CORPUS}, str(connection.settings_dict["NAME"]))

    assert set(taken) == {bad.name for bad in CORPUS}
    measured = {name: memory for name, memory in taken.items() if memory is not None}
    assert [name for name in taken if name not in measured] == []
    assert [name for name, memory in measured.items() if memory > MOST_MEMORY] == []
    # The process really was measured: the largest file alone is 10 MB.
    assert max(measured.values()) > 10
    assert everything() == before
