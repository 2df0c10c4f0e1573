"""What goes wrong in a measurement."""


class BenchError(Exception):
    """A bench cannot measure; the message says what is missing or what failed."""
