"""The project's own settings, as the tests run it.

As on a developer's machine: without TLS, static files as they lie in the tree. pytest-django
switches DEBUG itself off again. Tasks run in process also where there is a Redis: a test
that wants the real thing asks for the fixture `redis_url` and starts workers on it.
"""

import os

os.environ.setdefault("DEBUG", "true")
if "REDIS_URL" in os.environ:
    os.environ["REDIS_URL_OF_TESTS"] = os.environ.pop("REDIS_URL")

from triborough.settings import *

# Nobody needs what a test wrote after a power cut, and a test waits for no disk.
# Nor does it wait for queries to be compiled: in tables that were never analysed they look dear.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off -c jit=off"

# The real ones take a tenth of a second for each user, which is their point.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
