"""What an admin does while calls go on: a secret renewed, a dead letter worked, on the deployed stack."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.support.deployed import put_in_force
from tools.bootstrap import ROOT
from tools.deployed import outwait_old_company
from tools.web import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.deployed import DeployedStack

EXAMPLE = ROOT / "examples" / "company.yaml"
OLD_TOKEN = "local-only"
SECONDS = 30


def look_up(url: str, token: str) -> int:
    form = {"cmd": "contact", "phone": "79161234567", "callid": "1", "crm_token": token}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return send("POST", url, urlencode(form).encode(), headers).status


def test_a_token_and_an_address_are_renewed_while_the_pbx_goes_on_calling(
    ask: Callable[..., Any], deployed: DeployedStack
) -> None:
    put_in_force(deployed, EXAMPLE)
    old = deployed.connections()["megafon-main"]
    begun = ask("secrets", "rotate", "megafon-main", "--key", "--generate")
    token = begun["made"]["crm_token"]
    outwait_old_company()
    for old_url, new_url in ((old.webhook_url, begun["webhook_url"]), (old.route_url, begun["route_url"])):
        assert [look_up(url, each) for url in (old_url, new_url) for each in (OLD_TOKEN, token)] == [200] * 4
    assert look_up(begun["webhook_url"], "guessed") == 401
    assert ask("simulate", "megafon-main", "direct")["mistakes"] == []
    [row] = ask("secrets", "list", "megafon-main")
    assert (row["key_renewed"], row["previous_last_used"]) == (True, "in the last hour")

    ask("secrets", "rotate", "megafon-main", "--finish")
    outwait_old_company()
    assert [look_up(begun["webhook_url"], each) for each in (OLD_TOKEN, token)] == [401, 200]
    assert look_up(old.webhook_url, token) == 404
    assert ask("simulate", "megafon-main", "direct")["mistakes"] == []


def test_a_poison_message_ends_among_the_dead_letters_and_is_dropped(
    ask: Callable[..., Any], deployed: DeployedStack
) -> None:
    sqs, url = deployed.sqs(), deployed.outputs["BackfillQueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout", "RedrivePolicy"])
    before = attributes["Attributes"]
    policy = {**json.loads(before["RedrivePolicy"]), "maxReceiveCount": 2}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(policy)})
    try:
        sqs.send_message(QueueUrl=url, MessageBody="poison")
        end = time.monotonic() + SECONDS
        while not (letters := ask("dead-letters", "--queue", "backfill")) and time.monotonic() < end:
            time.sleep(0.5)
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)
    [letter] = letters
    assert (letter["about"], letter["tries"], letter["advice"]) == ("no message of ours: 'poison'", 2, "drop")
    assert ask("dead-letters", "drop", "--id", letter["id"][:8], "--yes") == {"done": [letter["id"]], "left": []}
    assert ask("dead-letters") == []


def test_a_dead_letter_is_sent_again_and_handled(ask: Callable[..., Any], deployed: DeployedStack) -> None:
    message = json.dumps({"connection": "megafon-main", "call_id": "not-stored-any-more"})
    sqs = deployed.sqs()
    sqs.send_message(QueueUrl=deployed.outputs["BackfillDeadLettersUrl"], MessageBody=message)
    [letter] = ask("dead-letters")
    assert (letter["call_id"], letter["why"]) == ("not-stored-any-more", "the call is not stored any more")
    assert ask("dead-letters", "redrive", "--all")["done"] == [letter["id"]]
    end = time.monotonic() + SECONDS
    while _waiting(deployed) and time.monotonic() < end:
        time.sleep(0.2)
    assert (_waiting(deployed), ask("dead-letters")) == (0, [])


def _waiting(deployed: DeployedStack) -> int:
    url = deployed.outputs["BackfillQueueUrl"]
    found = deployed.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])
