"""What can go wrong in the host, as one tree.

HostError
    AppIndexError            the app's folder cannot be imported or indexed
    ConfigError              host.json, a setting, a route or a schedule cannot be used
    StorageError             a call to the queue service did not succeed
        StorageAwayError     no answer, or an answer that says "later" (5xx)
        QueueMissingError    the queue does not exist (yet)
        LeaseLostError       the message was taken by someone else, or is gone
        StorageRefusedError  any other refusal, e.g. a wrong account key
"""


class HostError(Exception):
    """The base of everything this package raises on purpose."""


class AppIndexError(HostError):
    """The function app cannot be indexed; Azure would show "0 functions loaded" for it."""


class ConfigError(HostError):
    """A setting, a route template or a schedule cannot be used."""


class StorageError(HostError):
    """A call to the queue service did not succeed."""


class StorageAwayError(StorageError):
    """The queue service did not answer, or answered with a server error."""


class QueueMissingError(StorageError):
    """The queue does not exist."""


class LeaseLostError(StorageError):
    """The message belongs to someone else by now, or is gone: its pop receipt no longer holds."""


class StorageRefusedError(StorageError):
    """The queue service refused the call and would refuse it again."""
