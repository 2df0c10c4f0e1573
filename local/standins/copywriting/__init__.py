"""Korean copy, plans, descriptions and translations written from a request alone."""
