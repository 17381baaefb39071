"""The task queue: Redis if REDIS_URL is set, otherwise in process after commit."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triborough.settings")

app = Celery("triborough")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    ["savings.agreements", "savings.calendar", "savings.rollup", "savings.uploads"]
)
