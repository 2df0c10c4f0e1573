"""Twenty products through the real pipeline, and what is wrong with the pages that come out."""
