"""Makes .venv and installs what requirements.txt pins. `make` calls it before anything else.

    python3 scripts/environment.py run    what the site needs
    python3 scripts/environment.py all    and what its tests and checks need

Once installed it returns at once until a pin changes. Only the standard library, and only
Python that an old interpreter can still read: it has to be able to say that the interpreter
is too old.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
UV = os.path.join(VENV, "bin", "uv")
LOCK = os.path.join(ROOT, "requirements.txt")
STAMP = os.path.join(VENV, "installed")
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


def main():
    if sys.version_info < OLDEST:
        sys.exit(
            "Tri-borough needs Python {}.{} or newer, and {} is {}.{}.\n"
            "Install a newer one and say which: make PYTHON=python3.12 run".format(
                *(OLDEST + (sys.executable,) + sys.version_info[:2])
            )
        )
    pins = read(LOCK)
    installed = read(STAMP)
    # Who has once installed everything keeps everything.
    wanted = "all" if "all" in sys.argv or installed.startswith("all") else "run"
    current = "{} {}".format(wanted, hashlib.sha256(pins.encode()).hexdigest())
    if not works():
        make_environment()
    elif installed == current:
        return
    print("Installing the pinned packages into .venv", flush=True)
    write(STAMP, wanted)  # if this is interrupted, what is there fits no pins
    install_uv(pins)
    command = [UV, "pip", "install", "--quiet", "--python", PYTHON, "--exact", "--no-build"]
    command += ["--require-hashes", "--constraints", LOCK, "--compile-bytecode"]
    command += ["--requirements", "pyproject.toml"]
    command += ["--group", "dev"] if wanted == "all" else []
    run(command, as_pip_is_told())
    write(STAMP, current)


def works():
    """Whether the environment is whole, and its interpreter new enough and still there."""
    test = "import sys, pip; sys.exit(sys.version_info < {!r})".format(OLDEST)
    try:
        return subprocess.call([PYTHON, "-c", test], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_environment():
    shutil.rmtree(VENV, ignore_errors=True)
    print("Making an environment in .venv with {}".format(sys.executable), flush=True)
    command = [sys.executable, "-m", "venv", VENV]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "{}\nPython's venv module is missing or not whole. On Debian and Ubuntu it is a "
            "package of its own:\n    apt install python3-venv\n"
            "Then run make again.".format(made.stdout.decode(errors="replace").strip())
        )


def install_uv(pins):
    """Only pip is there to begin with: it installs uv, from the same pins."""
    pinned = os.path.join(VENV, "uv.txt")
    write(pinned, re.search(r"^uv==(.*\\\n)+.*", pins, re.MULTILINE).group())
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--only-binary=:all:", "--require-hashes", "-r", pinned]
    run(command)


def as_pip_is_told():
    """uv's environment, with what pip knows of this network: certificates and a mirror."""
    settings = {}
    if any(os.path.exists(path) for path in SYSTEM_CERTIFICATES):
        settings["UV_SYSTEM_CERTS"] = "true"
    command = [PYTHON, "-m", "pip", "config", "get", "global.index-url"]
    asked = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    mirror = os.environ.get("PIP_INDEX_URL") or asked.stdout.decode().strip()
    if mirror:
        settings["UV_DEFAULT_INDEX"] = mirror
    settings.update(os.environ)
    return settings


def run(command, environment=None):
    try:
        subprocess.check_call(command, stdin=subprocess.DEVNULL, env=environment, cwd=ROOT)
    except subprocess.CalledProcessError as error:
        sys.exit(
            "Installing failed with exit code {}. It needs a Python package index; behind a proxy "
            "or with a mirror, pip and uv have to be told of it.".format(error.returncode)
        )


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


main()
