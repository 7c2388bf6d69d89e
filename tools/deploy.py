"""`make deploy STACK=name`: the same template on AWS, with the operator's own credentials and region."""

import os
import subprocess

from botocore.exceptions import BotoCoreError, ClientError

from tools import stack
from tools.bootstrap import ROOT, VENV
from tools.bundle import LAMBDA_PYTHON, python_of_lambda
from tools.deployed import aws_session, find_on_aws
from tools.terminal import Refused, command, say

PLACE = ROOT / ".local"


def main() -> None:
    """Build for Lambda, deploy, say what comes next."""
    name = os.environ.get("STACK")
    if not name:
        raise Refused("name the stack: make deploy STACK=firstcall (parameters: PARAMETERS='LogRetentionDays=90 ...')")
    account, region = who()
    say(f"deploying stack {name} to account {account}, {region}")
    if python_of_lambda() is None:
        # Worth a try: compiled with the right Python, a cold start takes half the time.
        subprocess.run([VENV / "bin" / "uv", "python", "install", "--quiet", LAMBDA_PYTHON], check=False)
    log = PLACE / "deploy-aws.log"
    log.unlink(missing_ok=True)
    say("building the functions for arm64 ...")
    template = stack.build("lambda", log)
    parameters = dict(pair.split("=", 1) for pair in os.environ.get("PARAMETERS", "").split() if "=" in pair)
    say(f"deploying; the first time takes some minutes (log: {log.relative_to(ROOT)}) ...")
    stack.deploy(template, name, parameters, {**os.environ, "AWS_DEFAULT_REGION": region}, log)
    deployed = find_on_aws(name)
    say(f"done: {deployed.api_url}")
    say("next:")
    say(f"  make apply STACK={name} COMPANY=file.yaml   puts your company file in force and shows the PBXs' addresses")
    say("  docs/operators/ says where each PBX's cabinet takes them")


def who() -> tuple[str, str]:
    """Check the credentials before minutes are spent on a build."""
    session = aws_session()
    try:
        return session.client("sts").get_caller_identity()["Account"], session.region_name
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"AWS does not accept the credentials: {error}") from None


if __name__ == "__main__":
    command(main)
