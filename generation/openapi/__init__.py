"""The API described for machines (OpenAPI 3.1) and for people (a page), both made from the code that answers."""
