"""Finding a template and making its page, beside the vector query that the old service found templates with."""
