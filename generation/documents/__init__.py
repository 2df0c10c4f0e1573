"""The embedding queue: documents are cut into chunks, embedded, and found again by meaning and by letters."""
