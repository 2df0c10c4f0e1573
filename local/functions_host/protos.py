"""The message types that azure-functions-runtime expects from its host, as plain classes.

On Azure they are protobuf classes of the worker's gRPC contract. The runtime only builds them by keyword, and reads a
few constants, so that attribute bags do.
"""

from types import SimpleNamespace
from typing import ClassVar


class WorkerInitResponse(SimpleNamespace):
    """The answer to an init request: `result`, `capabilities`, `worker_metadata`."""


class WorkerMetadata(SimpleNamespace):
    """Name and version of the worker."""


class StatusResult(SimpleNamespace):
    """Success, or failure with an exception."""

    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1


class RpcException(SimpleNamespace):
    """`message` and `stack_trace` of something that went wrong while indexing."""


class FunctionMetadataResponse(SimpleNamespace):
    """The index: `function_metadata_results`."""


class RpcFunctionMetadata(SimpleNamespace):
    """One indexed function."""


class RpcRetryOptions(SimpleNamespace):
    """A function's retry policy."""


class BindingInfo(SimpleNamespace):
    """A binding's type and direction."""

    undefined: ClassVar[None] = None
    out: ClassVar[int] = 1
    inout: ClassVar[int] = 2
