"""Documents embedded by one worker, beside what the model's latency alone would allow."""
