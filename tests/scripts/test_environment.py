"""Making the environment, where the machine isn't as it should be: it says what to do."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "environment.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without an environment."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    for requirements in ROOT.glob("requirements*.txt"):
        shutil.copy(requirements, tmp_path)
    return tmp_path


def make_environment(
    checkout: Path, before: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    program = f"""
import sys, runpy
{before}
sys.argv = ["environment.py", "run"]
runpy.run_path({str(checkout / "scripts" / "environment.py")!r}, run_name="__main__")
"""
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_can_read_it() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 5))


def test_an_old_python_is_told_which_it_takes(checkout: Path) -> None:
    finished = make_environment(checkout, before="sys.version_info = (3, 9, 2)")
    assert finished.returncode == 1
    assert "needs Python 3.11 or newer" in finished.stderr
    assert "is 3.9" in finished.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(checkout: Path) -> None:
    (checkout / "venv.py").write_text("raise SystemExit('ensurepip is not available')")
    finished = make_environment(checkout, PYTHONPATH=str(checkout), PATH="/nowhere")
    assert finished.returncode == 1
    assert "ensurepip is not available" in finished.stderr
    assert "apt install python3-venv" in finished.stderr
    assert not (checkout / ".venv").exists()


def test_an_index_that_can_not_be_reached_is_told_in_a_sentence(checkout: Path) -> None:
    nowhere = "http://127.0.0.1:1/simple"
    finished = make_environment(
        checkout,
        PIP_INDEX_URL=nowhere,
        PIP_RETRIES="0",
        PIP_FIND_LINKS="",
        PIP_CONFIG_FILE=os.devnull,
    )
    assert finished.returncode == 1
    assert "It needs a Python package index" in finished.stderr


def test_what_is_installed_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stamp = (
        "import hashlib, pathlib\n"
        f"here = pathlib.Path({str(checkout)!r})\n"
        "text = b''.join((here / name).read_bytes() for name in"
        " ('requirements-uv.txt', 'requirements.txt'))\n"
        "(here / '.venv' / 'installed-run').write_text(hashlib.sha256(text).hexdigest())"
    )
    finished = make_environment(checkout, before=stamp)
    assert finished.returncode == 0
    assert finished.stdout == ""
