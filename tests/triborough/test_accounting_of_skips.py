"""What can't run here is skipped by name and counted, and fails where all is required."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # each runs a suite of its own

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
OPTIONS = ("-c", os.devnull, "-p", "no:django", "-p", "no:xdist")
TESTS = """
import pytest

def test_runs(): pass

@pytest.mark.requires_redis
def test_needs_redis(): pass

@pytest.mark.requires_browser
def test_needs_a_browser(): pass
"""


def run(folder: Path, **environment: str) -> tuple[int, list[str]]:
    """A suite of three tests on a machine that has neither Redis nor Chromium."""
    shutil.copy(CONFTEST, folder / "conftest.py")
    (folder / "test_three.py").write_text(TESTS)
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "REDIS", "REQUIRE_ALL", "CHROMIUM", "DJANGO"))
    }
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, "--rootdir", str(folder), str(folder)],
        env={**clean, "PATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout.splitlines()


def test_the_summary_says_what_was_skipped_and_why(tmp_path: Path) -> None:
    code, lines = run(tmp_path)
    assert code == 0
    assert "1 passed, 0 failed, 2 skipped" in lines
    assert "1 skipped: REDIS_URL is not set" in lines
    assert "    test_three.py::test_needs_redis" in lines
    assert "1 skipped: no Chromium on this machine (CHROMIUM names one)" in lines
    assert "    test_three.py::test_needs_a_browser" in lines


def test_a_skip_fails_where_all_is_required(tmp_path: Path) -> None:
    code, lines = run(tmp_path, REQUIRE_ALL="1")
    assert code == 1
    assert "1 passed, 2 failed, 0 skipped" in lines
    assert "REQUIRE_ALL=1, but skipped: REDIS_URL is not set" in lines


@pytest.mark.parametrize("body", ["pytest.importorskip('no_such_module')", "pytest.skip('so')"])
def test_a_skip_of_any_other_kind_fails_too(tmp_path: Path, body: str) -> None:
    (tmp_path / "test_other.py").write_text(f"import pytest\ndef test_other(): {body}\n")
    code, lines = run(tmp_path, REQUIRE_ALL="1", REDIS_URL_OF_TESTS="redis://", CHROMIUM="/bin/x")
    assert code == 1
    assert "3 passed, 1 failed, 0 skipped" in lines


def test_a_whole_module_that_skips_itself_fails_too(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("import pytest\npytest.importorskip('no_such_module')")
    code, lines = run(tmp_path, REQUIRE_ALL="1", REDIS_URL_OF_TESTS="redis://", CHROMIUM="/bin/x")
    assert code != 0
    assert any("1 failed, 0 skipped" in line for line in lines)


def test_every_other_test_runs(tmp_path: Path) -> None:
    code, lines = run(tmp_path, REDIS_URL_OF_TESTS="redis://", CHROMIUM="/bin/x")
    assert code == 0
    assert "3 passed, 0 failed, 0 skipped" in lines
