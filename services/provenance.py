"""Where a figure or a fact comes from, in the words that the whole project uses.

Nothing illustrative is ever shown unmarked, certified, or counted as delivered.
"""

from django.db import models


class Provenance(models.TextChoices):
    PUBLISHED = "published", "Published"
    DERIVED = "derived", "Derived"
    REPORTED = "reported", "Reported"
    ILLUSTRATIVE = "illustrative", "Illustrative"
