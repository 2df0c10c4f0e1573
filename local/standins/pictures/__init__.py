"""Sample pictures composed from the caller's real photo."""
