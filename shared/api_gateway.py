"""What API Gateway's HTTP API sends and takes (payload 2.0), as far as it is read here. For the type checker only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Http(TypedDict):
    method: str
    sourceIp: str


class _RequestContext(TypedDict):
    http: _Http
    apiId: NotRequired[str]
    domainName: NotRequired[str]
    stage: NotRequired[str]


class ApiEvent(TypedDict, total=False):
    """A request."""

    pathParameters: Mapping[str, str]
    rawPath: str
    rawQueryString: str
    headers: Mapping[str, str]
    body: str
    isBase64Encoded: bool
    requestContext: _RequestContext


class ApiResult(TypedDict):
    """An answer."""

    statusCode: int
    headers: Mapping[str, str]
    body: str
