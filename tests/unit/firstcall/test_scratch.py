"""Scratch stores keep to themselves, whatever the environment says."""

from __future__ import annotations

import os

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from firstcall.scratch import scratch
from shared.companies import Companies
from tests.support.stack import a_company, a_connection

NOBODY = "http://127.0.0.1:9"


def test_scratch_stores_are_reached_by_their_own_clients_only_and_leave_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)  # as where a local cloud is worked with
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-real-one")
    before = dict(os.environ)
    once = Config(retries={"total_max_attempts": 1})
    real = boto3.session.Session("real", "real", region_name="us-east-1").client("dynamodb", config=once)
    company = a_company(a_connection())
    with scratch(company) as stores:
        assert stores.dynamodb.list_tables()["TableNames"] == [stores.table]
        in_force = Companies(stores.dynamodb, stores.table, lambda: 0).current()
        assert (in_force.company, in_force.secrets) == (company, {})
        with pytest.raises(EndpointConnectionError):
            real.list_tables()
    assert dict(os.environ) == before


def test_each_scratch_begins_empty() -> None:
    tables = []
    for _ in range(2):
        with scratch(a_company()) as stores:
            tables += stores.dynamodb.list_tables()["TableNames"]
    assert len(set(tables)) == len(tables) == 2
