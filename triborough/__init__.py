"""The wiring: settings, addresses, the task queue and health."""

from triborough.celery import app as celery_app

__all__ = ["celery_app"]
