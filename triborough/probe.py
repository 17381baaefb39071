"""Asks the web process on this machine whether it is alive: the image's health check.

`python -m triborough.probe` exits with 0 if it answers within four seconds. It needs no
settings and imports nothing that takes time.
"""

import http.client
import os
import sys


def lives(port: int) -> bool:
    """Whether /health/live/ answers 200 on this machine's own `port`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health/live/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if lives(int(os.environ.get("PORT", "8000"))) else 1)
