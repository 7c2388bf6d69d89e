"""Wires the admin API together: the one place that knows all its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.admin.access import IamAccess, JwtAccess
from functions.admin.admin_token import StoredToken, TokenAccess
from functions.admin.api import AdminApi
from functions.admin.audit_log import AuditLog
from functions.admin.choose_responsibles import ResponsiblesChooser
from functions.admin.company_history import CompanyHistory
from functions.admin.company_versions import CompanyVersions
from functions.admin.contact_lists import ContactLists
from functions.admin.contact_numbers import ContactNumbers
from functions.admin.door import AdminDoor
from functions.admin.handover.handovers import Handovers
from functions.admin.paths.audit import AuditPaths
from functions.admin.paths.calls import CallPaths
from functions.admin.paths.company import CompanyPaths
from functions.admin.paths.contacts import ContactPaths
from functions.admin.paths.handovers import HandoverPaths
from functions.admin.paths.people import PeoplePaths
from functions.admin.paths.raw_events import RawEventPaths
from functions.admin.paths.secrets import SecretPaths
from functions.admin.people import People
from functions.admin.plan_calls import LastCalls
from functions.admin.rotate_secrets import SecretRotator
from shared import aws
from shared.call_lists import CallLists
from shared.calls import Calls
from shared.companies import Companies
from shared.contacts import Contacts
from shared.raw_events import RawEvents

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.admin.access import Access
    from functions.admin.settings import Settings


def build(
    settings: Settings,
    dynamodb: DynamoDBClient,
    secretsmanager: SecretsManagerClient,
    clock: Callable[[], int] = aws.now_ms,
) -> AdminDoor:
    """Wire the admin API together."""
    table = settings.table_name
    contacts, lists = Contacts(dynamodb, table), ContactLists(dynamodb, table)
    history = CompanyHistory(dynamodb, table, secretsmanager, settings.connections_secret_arn)
    versions = CompanyVersions(dynamodb, table, secretsmanager, settings.connections_secret_arn, history, clock)
    # It must see at once what it has just applied itself.
    companies = Companies(dynamodb, table, clock, check_after_ms=0)
    access = _access(settings, secretsmanager, clock)
    log = AuditLog(dynamodb, table, clock, settings.audit_retention_days)
    calls, call_lists, raw_events = Calls(dynamodb, table), CallLists(dynamodb, table), RawEvents(dynamodb, table)
    people = People(dynamodb, table, contacts, calls, call_lists, raw_events)
    call_paths = CallPaths(companies, calls, call_lists, contacts, clock)
    api = AdminApi(
        [
            AuditPaths(log, clock),
            ContactPaths(
                companies,
                contacts,
                lists,
                ResponsiblesChooser(lists, contacts, versions, clock),
                ContactNumbers(lists, contacts),
            ),
            call_paths,
            PeoplePaths(companies, people, call_paths, raw_events),
            RawEventPaths(companies, call_lists, raw_events, clock),
            CompanyPaths(versions, history, lists, LastCalls(dynamodb, table, clock)),
            SecretPaths(SecretRotator(versions, clock)),
            HandoverPaths(Handovers(dynamodb, table, companies, lists, contacts, versions, clock)),
        ],
        log,
        access.way,
    )
    return AdminDoor(access, api)


def _access(settings: Settings, secretsmanager: SecretsManagerClient, clock: Callable[[], int]) -> Access:
    if settings.auth == "jwt":
        return JwtAccess(settings.edit_scope)
    if settings.auth == "iam":
        return IamAccess()
    editor = StoredToken(secretsmanager, settings.admin_token_secret_arn, clock)
    reader = StoredToken(secretsmanager, settings.reader_token_secret_arn, clock)
    return TokenAccess(editor, reader)
