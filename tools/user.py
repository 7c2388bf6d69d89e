"""Who is working: said to the admin API with each change and kept with it; a courtesy, only the token is proof."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from tools.deployed import DeployedStack


def user_of(deployed: DeployedStack) -> str:
    """Name who is working: on AWS the identity of the credentials, on this machine the account's name."""
    if deployed.endpoint is None:
        try:
            arn = deployed.session.client("sts").get_caller_identity()["Arn"]
            return arn.rpartition(":")[2].removeprefix("user/").removeprefix("assumed-role/")
        except (BotoCoreError, ClientError):
            pass  # the stack answers by its token alone
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as containers have
        return "unknown"


def user_header(user: str | None) -> dict[str, str]:
    """Say it in a header, encoded where it has letters that a header cannot carry."""
    return {"X-Firstcall-User": quote(user, safe=" @:/+=,.-_")} if user else {}
