"""Durable units of work: leases with fencing, stored steps, events in the same transaction."""
