"""What a newcomer does: clone, `make run`, sign in, look, stop, and run it again.

Uses only the standard library. Ends with an error if the site does not answer within two
minutes, if its figures are not those of the published record, or if it does not stop.
"""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST_SECONDS = 120
AGAIN_SECONDS = 60
STOP_SECONDS = 20


def main():
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "tri-borough"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        port = free_port()
        for limit in (FIRST_SECONDS, AGAIN_SECONDS):
            visit(clone, port, limit)


def visit(clone, port, limit):
    """One `make run`: it starts within `limit` seconds, has the record's figures, and stops."""
    log = clone.parent / "log"
    with log.open("w") as output:
        site = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env={**os.environ, "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        started = time.monotonic()
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health/", site, started + limit)
        print(f"make run served after {time.monotonic() - started:.1f} seconds")
        look(f"{address}/api/v1/")
        os.killpg(site.pid, signal.SIGINT)
        site.wait(STOP_SECONDS)
        if (clone / ".data" / "postgres" / "postmaster.pid").exists():
            raise SystemExit("the embedded PostgreSQL still runs after Ctrl-C")
    except BaseException:
        print(log.read_text())
        raise
    finally:
        if site.poll() is None:
            os.killpg(site.pid, signal.SIGKILL)
            site.wait()


def look(api):
    """Sign in and compare the figures with the published ones."""
    token = call(f"{api}token/", {"username": "programme.office", "password": "triborough-demo"})
    found = call(f"{api}comparison/?plan=proposals-2011&year=2014-15", token=token["token"])
    totals = {"planned": "33800000.00", "delivered": "9920000.00"}
    for name, total in totals.items():
        areas = sum(Decimal(area[name] or 0) for area in found["areas"])
        if found[name] != total or areas != Decimal(total) or len(found["areas"]) != 6:
            raise SystemExit(f"{name} is not {total} in all and by six areas: {found}")
    print(f"planned {found['planned']}, delivered {found['delivered']}, six areas")


def call(address, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Token {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def wait_for(address, site, deadline):
    while time.monotonic() < deadline:
        if site.poll() is not None:
            raise SystemExit(f"make run ended with exit code {site.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("make run did not serve in time")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


main()
