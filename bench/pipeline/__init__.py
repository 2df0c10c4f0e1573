"""Pages through the real stack: wall time over the critical path, the old sequential way, many at once on one core."""
