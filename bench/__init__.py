"""Measurements of the product beside what it replaces or competes with: `python -m bench` (docs/benchmarks.md)."""
