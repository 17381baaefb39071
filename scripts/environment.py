"""Makes .venv and installs what requirements*.txt pin. `make` calls it before anything else.

    python3 scripts/environment.py run    what the site needs
    python3 scripts/environment.py all    and what its tests and checks need

Once installed it returns at once until a requirement changes. Only the standard library,
and only Python that an old interpreter can still read: it has to be able to say that the
interpreter is too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
RUN = ["requirements-uv.txt", "requirements.txt"]
ALL = RUN + ["requirements-dev.txt"]


def main():
    if sys.version_info < OLDEST:
        sys.exit(
            "Tri-borough needs Python {}.{} or newer, and {} is {}.{}.\n"
            "Install a newer one and say which: make PYTHON=python3.12 run".format(
                *(OLDEST + (sys.executable,) + sys.version_info[:2])
            )
        )
    # Who has once installed everything keeps everything.
    wanted = ALL if "all" in sys.argv or os.path.exists(stamp(ALL)) else RUN
    if is_installed(wanted):
        return
    if not works(PYTHON):
        make_environment()
    print("Installing the pinned packages into .venv", flush=True)
    uv = install_uv()
    command = [uv, "pip", "sync", "--quiet", "--python", PYTHON]
    command += ["--require-hashes", "--no-build", "--compile-bytecode"]
    run(command + [os.path.join(ROOT, name) for name in wanted], settings_for_uv())
    with open(stamp(wanted), "w") as file:
        file.write(digest(wanted))


def stamp(names):
    return os.path.join(VENV, "installed-all" if names == ALL else "installed-run")


def digest(names):
    """Changes when a pinned requirement does."""
    content = b""
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as file:
            content += file.read()
    return hashlib.sha256(content).hexdigest()


def is_installed(names):
    if not os.path.exists(stamp(names)) or not works(PYTHON):
        return False
    with open(stamp(names)) as file:
        return file.read() == digest(names)


def works(python):
    """Whether the environment's interpreter is still there, and new enough."""
    test = "import sys; sys.exit(sys.version_info < {!r})".format(OLDEST)
    try:
        return subprocess.call([python, "-c", test], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_environment():
    shutil.rmtree(VENV, ignore_errors=True)
    print("Making an environment in .venv with {}".format(sys.executable), flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if made.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if shutil.which("uv"):
        run(["uv", "venv", "--quiet", "--python", sys.executable, VENV])
        return
    sys.exit(
        "{}\nPython's venv module is missing or not whole. On Debian and Ubuntu it is a package "
        "of its own:\n    apt install python3-venv\n"
        "Then run make again.".format(made.stdout.decode(errors="replace").strip())
    )


def install_uv():
    """The pinned uv in .venv, or the machine's own where .venv has no pip."""
    own = os.path.join(VENV, "bin", "uv")
    if subprocess.call([PYTHON, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) != 0:
        return shutil.which("uv")
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--only-binary=:all:", "--require-hashes"]
    run(command + ["-r", os.path.join(ROOT, "requirements-uv.txt")])
    return own


def settings_for_uv():
    """What pip was told of this network, said to uv: the certificates to trust, and a mirror."""
    settings = {}
    if any(os.path.exists(path) for path in SYSTEM_CERTIFICATES):
        settings["UV_SYSTEM_CERTS"] = "true"
    mirror = os.environ.get("PIP_INDEX_URL") or configured_mirror()
    if mirror:
        settings["UV_DEFAULT_INDEX"] = mirror
    settings.update(os.environ)
    return settings


def configured_mirror():
    found = subprocess.run(
        [PYTHON, "-m", "pip", "config", "get", "global.index-url"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return found.stdout.decode().strip()


def run(command, environment=None):
    try:
        subprocess.check_call(command, stdin=subprocess.DEVNULL, env=environment)
    except subprocess.CalledProcessError as error:
        sys.exit(
            "Installing failed with exit code {}. It needs a Python package index; behind a proxy "
            "or with a mirror, pip and uv have to be told of it.".format(error.returncode)
        )


main()
