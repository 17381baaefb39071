"""The wiring: settings, addresses, the task queue and health checks."""

from triborough.celery import app as celery_app

__all__ = ["celery_app"]
