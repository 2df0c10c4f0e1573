"""The SSE relay: reads every partition of the hub and holds the sellers' streams (DESIGN section 6)."""
