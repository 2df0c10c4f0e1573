"""Product detail pages: from a request to a finished page."""
