"""Search in documents: what it finds, and how long it takes among a hundred thousand chunks."""
