"""How gunicorn serves the site; it reads this file by itself.

`docs/adr/0011-gunicorn-sync.md` tells why its workers are of the sync class.
"""

import multiprocessing
import os

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
