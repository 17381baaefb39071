"""How gunicorn serves the site; it reads this file by itself.

`docs/adr/0011-gunicorn-sync.md` tells why its workers are of the sync class.
"""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2 * multiprocessing.cpu_count() + 1)
worker_class = "sync"
# Longer than the slowest report, shorter than anybody's patience.
timeout = 60
graceful_timeout = 30
# A worker is replaced now and then, not all at once, so that nothing it leaks adds up.
max_requests = 2000
max_requests_jitter = 400
accesslog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s %(b)s %(M)sms'
# Nothing outside the process asks a running gunicorn to change.
control_socket_disable = True


def on_starting(server):
    """Refuse to serve on a database that lacks what this version needs.

    Asked in a process of its own, as only the workers load the code. Where the database doesn't
    answer yet, gunicorn starts, and `/health/` says so until it does.
    """
    check = [sys.executable, "manage.py", "check_schema"]
    asked = subprocess.run(check, cwd=Path(__file__).parent, stdout=sys.stderr, check=False)
    if asked.returncode == 1:
        sys.exit(1)
