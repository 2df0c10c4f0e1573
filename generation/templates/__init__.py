"""The template language, its seed library, and the finished page."""
