"""The old service's templates: read from its CSV, translated to the template language, stored as drafts."""
