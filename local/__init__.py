"""The whole system on one machine; never imported by production code."""
