"""The paths of what proves the connections: its names, never its values, and renewing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import BaseModel, ConfigDict, Field

from functions.admin.applied_by import applied_by
from functions.admin.audit import summarise
from functions.admin.documents import iso

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from functions.admin.rotate_secrets import ProvedBy, SecretRotator

ConnectionId = Annotated[str, Path(max_length=100)]


class SecretDocument(BaseModel):
    """One secret, without its value."""

    name: str
    proves: bool = Field(description="It proves a webhook; otherwise it is for asking the PBX")
    own: bool = Field(description="We choose it and the PBX is told; otherwise the PBX's vendor issues it")
    renewed: bool = Field(description="It is being renewed: the one before counts too")


class ConnectionSecretsDocument(BaseModel):
    """What proves a connection, without any value."""

    connection: str
    operator: str
    version: int = Field(description="Of the company")
    secrets: list[SecretDocument]
    key_renewed: bool = Field(description="The key of its addresses is being renewed: the one before counts too")
    rotating_since: str | None


class SecretsPage(BaseModel):
    """What proves every connection."""

    items: list[ConnectionSecretsDocument]


class Renewal(BaseModel):
    """What to renew; nothing named: all secrets that prove a webhook."""

    model_config = ConfigDict(extra="forbid")

    secrets: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=4096)] | None] = Field(
        default={}, max_length=20, description="By name; null: make one, where it is ours to choose"
    )
    key: bool = Field(default=False, strict=True, description="The key of the connection's addresses")


class SecretPaths(NamedTuple):
    """What the paths of secrets work with."""

    rotator: SecretRotator

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare the paths."""

        @app.get("/admin/secrets", summary="What proves every connection, without values", tags=["secrets"])
        def every() -> SecretsPage:
            return SecretsPage(items=[_document(each) for each in self.rotator.all()])

        @app.get("/admin/connections/<connection>/secrets", summary="What proves a connection", tags=["secrets"])
        def one(connection: ConnectionId) -> ConnectionSecretsDocument:
            return _document(self.rotator.one(connection))

        @app.post(
            "/admin/connections/<connection>/secrets",
            summary="Renew what proves a connection; what it replaces counts too until it is finished",
            tags=["secrets"],
        )
        def begin(connection: ConnectionId, renewal: Annotated[Renewal, Body()]) -> ConnectionSecretsDocument:
            by = applied_by(app.current_event.headers)
            renewed = _document(self.rotator.begin(connection, renewal.secrets, key=renewal.key, by=by))
            names = [each.name for each in renewed.secrets if each.renewed]
            summarise(app, f"renews {', '.join([*names, *(['the address'] if renewed.key_renewed else [])])}")
            return renewed

        @app.post(
            "/admin/connections/<connection>/secrets/finish",
            summary="Let what was replaced count no longer",
            tags=["secrets"],
        )
        def finish(connection: ConnectionId) -> ConnectionSecretsDocument:
            return _document(self.rotator.finish(connection, applied_by(app.current_event.headers)))


def _document(found: ProvedBy) -> ConnectionSecretsDocument:
    proof = found.proof
    return ConnectionSecretsDocument(
        connection=found.connection.id,
        operator=found.connection.operator,
        version=found.version,
        secrets=[
            SecretDocument(
                name=name, proves=name in found.proving, own=name in found.own, renewed=name in found.renewed
            )
            for name in proof.secrets
        ],
        key_renewed=proof.previous_key is not None,
        rotating_since=None if proof.rotating_since is None else iso(proof.rotating_since),
    )
