"""Makes .venv and installs what requirements.txt pins. `make` calls it first.

    python3 scripts/environment.py run    what the site needs
    python3 scripts/environment.py all    also what its tests and checks need

Once everything is installed, it returns at once until a pin changes. It uses only the standard
library, and only Python that an old interpreter can read, so that it can say that the interpreter
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
            "Install a newer one and name it: make PYTHON=python3.12 run".format(
                *(OLDEST + (sys.executable,) + sys.version_info[:2])
            )
        )
    pins = read(LOCK)
    installed = read(STAMP)
    # Once everything is installed, it stays installed.
    wanted = "all" if "all" in sys.argv or installed.startswith("all") else "run"
    current = "{} {}".format(wanted, hashlib.sha256(pins.encode()).hexdigest())
    if not works():
        make_environment()
    elif installed == current:
        return
    print("Installing the pinned packages into .venv", flush=True)
    write(STAMP, wanted)  # if this is interrupted, the stamp fits no pins
    install_uv(pins)
    command = [UV, "pip", "install", "--quiet", "--python", PYTHON, "--exact", "--no-build"]
    command += ["--require-hashes", "--constraints", LOCK, "--compile-bytecode"]
    command += ["--requirements", "pyproject.toml"]
    command += ["--group", "dev"] if wanted == "all" else []
    run(command, as_pip_is_told())
    write(STAMP, current)


def works():
    """Whether the environment works, with an interpreter that is new enough."""
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
            "{}\nPython's venv module is missing or incomplete. On Debian and Ubuntu it is a "
            "separate package:\n    apt install python3-venv\n"
            "Then run make again.".format(made.stdout.decode(errors="replace").strip())
        )


def install_uv(pins):
    """At first there is only pip, which installs uv from the same pins."""
    pinned = os.path.join(VENV, "uv.txt")
    write(pinned, re.search(r"^uv==(.*\\\n)+.*", pins, re.MULTILINE).group())
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--only-binary=:all:", "--require-hashes", "-r", pinned]
    run(command)


def as_pip_is_told():
    """The environment for uv, with pip's settings for certificates and a mirror."""
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
            "Installing failed with exit code {}. It needs a Python package index. If you use a "
            "proxy or a mirror, configure pip and uv for it.".format(error.returncode)
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
