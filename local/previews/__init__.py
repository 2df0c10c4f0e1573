"""Pictures of the template library for people to look at: drawn sample products, screenshots, an index page."""
