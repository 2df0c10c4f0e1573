"""Queue scaling simulated over a day, and what pages need and cost (docs/capacity.md)."""
