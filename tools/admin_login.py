"""What a request to the admin API brings to prove who asks: a token, or a signature by AWS credentials."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.deployed import DeployedStack

TOKEN_VARIABLE = "FIRSTCALL_TOKEN"  # noqa: S105 -- the name of a variable


def signed_in(
    deployed: DeployedStack, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
) -> dict[str, str]:
    """Add the proof that the stack asks for."""
    way = deployed.outputs.get("AdminAuth", "token")
    if way == "iam":
        return _signed(deployed, method, url, body, headers)
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token and way == "jwt":
        raise Refused(
            f"this stack takes tokens of its identity provider: get one there and export it as {TOKEN_VARIABLE}"
        )
    return {**headers, "Authorization": f"Bearer {token or _kept_token(deployed)}"}


def _kept_token(deployed: DeployedStack) -> str:
    """Read the editors' token with the caller's own credentials, or the readers' where they allow no more."""
    try:
        return deployed.admin_token()
    except ClientError as error:
        if "AccessDenied" not in error.response.get("Error", {}).get("Code", ""):
            raise
        return deployed.reader_token()


def _signed(
    deployed: DeployedStack, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
) -> dict[str, str]:
    credentials = deployed.session.get_credentials()
    if credentials is None:
        raise Refused("this stack takes signatures by AWS credentials, and there are none: `aws configure` sets them")
    request = AWSRequest(method=method, url=url, data=body or b"", headers=dict(headers))
    region = deployed.session.region_name or "us-east-1"
    SigV4Auth(credentials.get_frozen_credentials(), "execute-api", region).add_auth(request)
    return dict(request.headers.items())
