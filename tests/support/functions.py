"""The functions as the tests call them: wired to the stores of one stack and to its clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from functions.backfill.handle_backfill import BackfillResult, SweepResult, build_sweeper, handle, handle_sweep
from functions.backfill.handle_backfill import build as build_backfill
from functions.backfill.settings import Settings as BackfillSettings
from functions.route.settings import Settings as RouteSettings
from functions.route.wiring import build as build_route
from functions.webhook.settings import Settings as WebhookSettings
from functions.webhook.wiring import build as build_webhook
from tests.support.pbx import TOKEN

if TYPE_CHECKING:
    from functions.backfill.finish_calls import CallFinisher
    from functions.route.answer_lookup import LookupHandler
    from functions.webhook.handle_webhook import WebhookHandler
    from shared.company import Company
    from tests.support.stack import Stack

BACKFILL_DELAY_SECONDS = 240  # the template's

SECRETS = {
    "itoolabs": {"crm_token": TOKEN},
    "generic": {"token": TOKEN},
    "zadarma": {"api_secret": "zadarma-secret"},
    "binotel": {},
    "telphin": {},
    "uis": {},
    "gravitel": {"api_key": TOKEN},
    "planfix_api": {"planfix_token": TOKEN},
    "freepbx": {"token": TOKEN},
    "asterisk": {"token": TOKEN},
    "sipuni": {},
    "exolve": {},
    "mango": {"vpbx_api_key": "m1a2n3g4o5key", "vpbx_api_salt": "s1a2l3t4"},
    "twilio": {"auth_token": TOKEN},
    "plivo": {"auth_token": TOKEN},
    "vonage": {"signature_secret": TOKEN},
    "ringcentral": {"validation_token": TOKEN},
    "yeastar": {"webhook_secret": TOKEN},
    "threecx": {},
    "amazon_connect": {},
}


class Functions:
    """One environment of each function."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.company: Company | None = None
        self.pbx_api_urls: dict[str, str] = {}
        self.webhook = self.new_webhook()
        self.route = self.new_route()
        self.backfill = self.new_backfill()

    def apply(self, company: Company) -> None:
        """Put a company in force; environments that are warm start anew."""
        self.company = company
        self.stack.apply(company, {each.id: SECRETS[each.family] for each in company.connections.values()})
        self.webhook, self.route, self.backfill = self.new_webhook(), self.new_route(), self.new_backfill()

    def new_webhook(self) -> WebhookHandler:
        """Start another environment of the webhook."""
        stack = self.stack
        settings = WebhookSettings(
            table_name=stack.table,
            connections_secret_arn=stack.secret_arn,
            backfill_queue_url=stack.backfill_queue_url,
            command_queue_url=stack.command_queue_url,
            backfill_delay_seconds=BACKFILL_DELAY_SECONDS,
        )
        webhook = build_webhook(settings, stack.dynamodb, stack.sqs, stack.secretsmanager, stack.clock)
        webhook.prime()
        return webhook

    def new_route(self) -> LookupHandler:
        """Start another environment of the look-up."""
        settings = RouteSettings(self.stack.table, self.stack.secret_arn)
        route = build_route(settings, self.stack.dynamodb, self.stack.secretsmanager, self.stack.clock)
        route.prime()
        return route

    def new_backfill(self) -> CallFinisher:
        """Start another environment of the backfill."""
        stack = self.stack
        return build_backfill(self._backfill_settings(), stack.dynamodb, stack.secretsmanager, stack.clock)

    def deliver(self) -> BackfillResult:
        """Hand the queue's messages to the backfill."""
        bodies = self.stack.messages(self.stack.backfill_queue_url)
        records = [{"messageId": str(number), "body": json.dumps(body)} for number, body in enumerate(bodies)]
        return handle(self.backfill, {"Records": records})  # type: ignore[typeddict-item]

    def sweep(self) -> int:
        """Let the minute's schedule come; give how many calls it finished itself."""
        return self.swept()["swept"]

    def swept(self) -> SweepResult:
        """Let the minute's schedule come; give all that it says."""
        stack = self.stack
        sweeper = build_sweeper(self._backfill_settings(), self.backfill, stack.dynamodb, stack.sqs, stack.clock)
        return handle_sweep(sweeper)

    def _backfill_settings(self) -> BackfillSettings:
        stack = self.stack
        return BackfillSettings(
            stack.table, BACKFILL_DELAY_SECONDS, stack.secret_arn, stack.backfill_queue_url, self.pbx_api_urls
        )
