"""Measures the rollup and the pages that read it, with made-up data."""
