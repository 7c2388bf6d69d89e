"""The way in for both addresses of a connection: connection, key, source, proof, in this order."""

from __future__ import annotations

import base64
import hmac
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from shared import pbx
from shared.observability import logger
from shared.pbx.protocol import Malformed, Parsed, PbxRequest, PbxResponse, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.api_gateway import ApiEvent, ApiResult
    from shared.companies import CompanyInForce, ConnectionSecrets
    from shared.company import Connection
    from shared.pbx.protocol import Family

MAX_BODY = 256 * 1024
"""Longest body read, in bytes; no PBX sends a hundredth of it."""

NOT_FOUND = PbxResponse(404, '{"error": "Not found"}')
FORBIDDEN = PbxResponse(403, '{"error": "Forbidden"}')


class Admitted(NamedTuple):
    """A request that has proved itself and was understood."""

    connection: Connection
    family: Family
    request: PbxRequest
    parsed: Parsed


def connection_id_of(event: ApiEvent) -> str:
    """Read the connection the address names."""
    return event.get("pathParameters", {}).get("connection", "")


def admit(event: ApiEvent, in_force: CompanyInForce) -> Admitted | PbxResponse:
    """Let a request in, or give the answer that turns it away."""
    parameters = event.get("pathParameters", {})
    connection = in_force.connection(parameters.get("connection", ""))
    proof = in_force.secrets.get(connection.id) if connection else None
    # Compared also where there is nothing to compare with, so that both 404s take the same way.
    key = parameters.get("key", "").encode()
    right_key = hmac.compare_digest(key, (proof.key if proof else "").encode())
    if connection is None or proof is None or not proof.key:
        return NOT_FOUND
    previous_key = bool(proof.previous_key) and hmac.compare_digest(key, (proof.previous_key or "").encode())
    if not (right_key or previous_key):
        return NOT_FOUND
    request = request_of(event)
    if connection.source_ips and not _from_allowed(request.source_ip, connection.source_ips):
        return FORBIDDEN
    family = pbx.family(connection.family)
    if handshake := family.handshake(request):
        return handshake
    if len(request.body) > MAX_BODY:
        return family.refuse(400)
    try:
        previous_secrets = _authenticate(family, request, proof)
        if previous_key or previous_secrets:
            # The PBX's cabinet is not changed yet; the last such line tells when it was.
            old = {"address": previous_key, "secrets": previous_secrets}
            logger.info("proved by the previous secret", extra={"connection": connection.id, "previous": old})
        return Admitted(connection, family, request, family.parse(request))
    except Unauthorized:
        return family.refuse(401)
    except Malformed:
        return family.refuse(400)


def _authenticate(family: Family, request: PbxRequest, proof: ConnectionSecrets) -> bool:
    """Check the proof, raising as the family does; say whether it needed the secrets that are being replaced."""
    try:
        family.authenticate(request, proof.secrets)
    except Unauthorized:
        if proof.previous_secrets is None:
            raise
        family.authenticate(request, proof.previous_secrets)
        return True
    return False


def request_of(event: ApiEvent) -> PbxRequest:
    """Read a PBX's request out of API Gateway's event."""
    http = event["requestContext"]["http"]
    body = event.get("body", "") or ""
    headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
    return PbxRequest(
        method=http["method"].upper(),
        suffix=event.get("pathParameters", {}).get("suffix", "").strip("/"),
        query=dict(parse_qsl(event.get("rawQueryString", ""), keep_blank_values=True)),
        headers=headers,
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        source_ip=http.get("sourceIp", ""),
        url=_url_of(event, headers),
    )


def _url_of(event: ApiEvent, headers: Mapping[str, str]) -> str:
    """Rebuild the address as the PBX called it, which some sign.

    API Gateway's own host or a custom domain is the request's `domainName`. Where the two differ the API was reached
    under a path of the local cloud.
    """
    context, query = event["requestContext"], event.get("rawQueryString", "")
    domain = context.get("domainName", "")
    host = headers.get("host", domain)
    prefix = ""
    if domain and host.partition(":")[0] != domain.partition(":")[0]:
        prefix = f"/_aws/execute-api/{context.get('apiId', '')}/{context.get('stage', '')}"
    # API Gateway always names the scheme, the local cloud never does.
    scheme = headers.get("x-forwarded-proto", "http")
    return f"{scheme}://{host}{prefix}{event.get('rawPath', '')}{'?' if query else ''}{query}"


def result_of(response: PbxResponse) -> ApiResult:
    """Word a response for API Gateway."""
    return {
        "statusCode": response.status,
        "headers": {"content-type": response.content_type, **response.headers},
        "body": response.body,
    }


def _from_allowed(source: str, allowed: tuple[str, ...]) -> bool:
    try:
        address = ip_address(source)
    except ValueError:
        return False
    return any(address in ip_network(network, strict=False) for network in allowed)
