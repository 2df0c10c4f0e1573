"""Tasks and pages."""
