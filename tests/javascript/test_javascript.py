"""The unit tests of static/js, which node runs; each of them is reported."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import find_node

HERE = Path(__file__).parent
RESULT = re.compile(r"^ *(not )?ok \d+ - (.*)$", re.MULTILINE)


@pytest.mark.requires_node
@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.js")), ids=lambda file: file.name)
def test_the_unit_tests_of_a_script_pass(file: Path, subtests: pytest.Subtests) -> None:
    finished = subprocess.run(
        [str(find_node()), "--test", "--test-reporter=tap", file],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    results = RESULT.findall(finished.stdout)
    for failed, name in results:
        with subtests.test(name):
            assert not failed, finished.stdout
    assert results, finished.stderr
    assert finished.returncode == 0, finished.stderr
