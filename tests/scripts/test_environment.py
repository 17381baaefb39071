"""Making the environment says what to do where the machine isn't as it should be."""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "environment.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without an environment."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def made(checkout: Path) -> Path:
    """The same with an environment whose pip can't install anything."""
    programs = checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} "$@"\nexit 7\n')
    python.chmod(0o755)
    return checkout


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


def test_with_an_old_python_it_says_which_version_is_needed(checkout: Path) -> None:
    finished = make_environment(checkout, before="sys.version_info = (3, 9, 2)")
    assert finished.returncode == 1
    assert "needs Python 3.11 or newer" in finished.stderr
    assert "is 3.9" in finished.stderr
    assert not (checkout / ".venv").exists()


def test_without_venv_it_says_what_to_install(checkout: Path) -> None:
    (checkout / "venv.py").write_text("raise SystemExit('ensurepip is not available')")
    finished = make_environment(checkout, PYTHONPATH=str(checkout), PATH="/nowhere")
    assert finished.returncode == 1
    assert "ensurepip is not available" in finished.stderr
    assert "apt install python3-venv" in finished.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.slow  # pip waits before it gives up
def test_an_index_that_can_not_be_reached_is_named_in_a_sentence(checkout: Path) -> None:
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


def stamp(checkout: Path) -> Path:
    return checkout / ".venv" / "installed"


def digest(checkout: Path) -> str:
    return hashlib.sha256((checkout / "requirements.txt").read_bytes()).hexdigest()


@pytest.mark.parametrize("wanted", ["run", "all"])
def test_packages_already_installed_are_left_alone(made: Path, wanted: str) -> None:
    stamp(made).write_text(f"{wanted} {digest(made)}")
    finished = make_environment(made)
    assert finished.returncode == 0
    assert finished.stdout == ""


@pytest.mark.parametrize("wanted", ["run", "all"])
def test_a_changed_pin_or_an_interrupted_installation_is_installed(made: Path, wanted: str) -> None:
    before = f"{wanted} {digest(made)}"
    stamp(made).write_text(before)
    with (made / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    finished = make_environment(made)
    assert finished.returncode == 1
    assert finished.stdout == "Installing the pinned packages into .venv\n"
    assert "Installing failed with exit code 7" in finished.stderr
    # Half of another set may be there now, so going back to the old pins installs them again.
    assert stamp(made).read_text() == wanted
    shutil.copy(ROOT / "requirements.txt", made)
    assert make_environment(made).returncode == 1


def test_an_incomplete_environment_is_made_again(made: Path) -> None:
    stamp(made).write_text(f"run {digest(made)}")
    (made / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (made / "venv.py").write_text("raise SystemExit('ensurepip is not available')")
    finished = make_environment(made, PYTHONPATH=str(made))
    assert finished.stdout.startswith("Making an environment in .venv")
    assert not (made / ".venv").exists()


def test_uv_is_installed_from_the_same_pins(made: Path) -> None:
    make_environment(made)
    first, *hashes = (made / ".venv" / "uv.txt").read_text().splitlines()
    assert re.fullmatch(r"uv==[0-9.]+ \\", first)
    pinned = [line for line in hashes if "#" not in line]
    assert pinned
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in pinned)


def test_every_named_package_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    lock = (ROOT / "requirements.txt").read_text()
    pinned = set(re.findall(r"^[^ #]+==[^ ]+", lock, re.MULTILINE))
    assert {re.sub(r"\[.*\]", "", name).lower() for name in named} <= pinned
    assert "://" not in lock  # where the packages come from is each machine's own affair
