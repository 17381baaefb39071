"""Measurements of the rollup and of the pages that read it, on a made-up world."""
