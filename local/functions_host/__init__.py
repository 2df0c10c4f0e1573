"""A local Azure Functions host for HTTP, queue and timer triggers, on Microsoft's own Python runtime library."""
