"""Colours that mean the same in every chart."""

from __future__ import annotations

PROMISED, DELIVERED, UNATTRIBUTED = "#b9872c", "#0e4543", "#8a8574"
