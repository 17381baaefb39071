"""How gunicorn serves the site. It reads this file automatically.

`docs/adr/0011-gunicorn-sync.md` says why its workers have the sync class.
"""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2 * multiprocessing.cpu_count() + 1)
worker_class = "sync"
# Longer than the slowest report takes.
timeout = 60
graceful_timeout = 30
# Workers are replaced now and then, not all at once, so that memory leaks don't add up.
max_requests = 2000
max_requests_jitter = 400
accesslog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s %(b)s %(M)sms'
# Nothing outside the process controls a running gunicorn.
control_socket_disable = True


def on_starting(server):
    """Refuse to serve on a database that lacks what this version needs.

    Runs in a separate process, because only the workers load the code. If the database doesn't
    answer yet, gunicorn starts anyway, and `/health/` says so until it does.
    """
    check = [sys.executable, "manage.py", "check_schema"]
    asked = subprocess.run(check, cwd=Path(__file__).parent, stdout=sys.stderr, check=False)
    if asked.returncode == 1:
        sys.exit(1)
