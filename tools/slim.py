"""Takes out of installed dependencies what the functions never load: most of the cold start is reading it.

Measured with the pinned versions; tests/infra/test_bundle.py opens every client and calls every operation kept here.
"""

import json
import shutil
from collections.abc import Container, Iterator
from gzip import decompress
from pathlib import Path
from typing import TypeAlias, cast

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Table = dict[str, Json]

OPERATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "webhook": {
        "dynamodb": ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "TransactWriteItems", "UpdateItem"),
        "secretsmanager": ("GetSecretValue",),
        "sqs": ("SendMessage",),
    },
    "route": {"dynamodb": ("BatchGetItem", "GetItem"), "secretsmanager": ("GetSecretValue",)},
    "backfill": {
        "dynamodb": ("DeleteItem", "GetItem", "Query", "TransactWriteItems", "UpdateItem"),
        "secretsmanager": ("GetSecretValue",),
        "sqs": ("SendMessageBatch",),
    },
    "command": {"dynamodb": ("GetItem",), "secretsmanager": ("GetSecretValue",)},
    "admin": {
        "dynamodb": (
            "BatchGetItem",
            "DeleteItem",
            "GetItem",
            "PutItem",
            "Query",
            "TransactWriteItems",
            "UpdateItem",
        ),
        "secretsmanager": ("GetSecretValue", "PutSecretValue"),
    },
}
"""What each function's role allows, and so all that its clients need to know."""

DROPPED = (
    ".lock",
    "bin",
    "**/__pycache__",
    "**/*.pyi",
    "**/tests",
    "boto3/data",  # models of boto3.resource, which nothing here uses
    "boto3/examples",
    "dateutil/zoneinfo/*.tar.gz",  # a second time zone database
    "aws_lambda_powertools/event_handler",  # a call is answered with the logger alone
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in (
            *("auth_alpha", "batch", "circuit_breaker", "data_classes", "data_masking", "feature_flags", "idempotency"),
            *("kafka", "metadata", "parameters", "parser", "streaming", "validation"),
        )
    ),
    "holidays/financial",  # markets; the calendars of the company file are countries
    "holidays/locale",  # names of holidays in other languages; only dates are used
    "pydantic/mypy.py",
    "pydantic/v1",
)

KEPT = {
    "admin": (
        "aws_lambda_powertools/event_handler",  # its paths and its OpenAPI are declared with the resolver
        "aws_lambda_powertools/utilities/data_classes",
    )
}
"""What one function needs of that all the same."""

ASKS_FOR_ITS_VERSION = ("holidays-",)  # from its own metadata, when it is imported


def slim(site: Path, function: str) -> None:
    """Drop and reduce what was installed for a function, in place."""
    for pattern in DROPPED:
        if pattern in KEPT.get(function, ()):
            continue
        for found in list(site.glob(pattern)):
            remove(found)
    for metadata in list(site.glob("*.dist-info/*")):
        if metadata.name != "METADATA" or not metadata.parent.name.startswith(ASKS_FOR_ITS_VERSION):
            remove(metadata)
            if not any(metadata.parent.iterdir()):
                metadata.parent.rmdir()
    replace_s3transfer(site / "s3transfer")
    if function != "admin":
        replace_jmespath_utils(site / "aws_lambda_powertools" / "utilities" / "jmespath_utils")
    data = site / "botocore" / "data"
    reduce_models(data, OPERATIONS[function])
    reduce_endpoints(data / "endpoints.json", OPERATIONS[function])


def replace_s3transfer(package: Path) -> None:
    """Put a placeholder where boto3, when it is imported, looks for one name of its S3 transfers.

    They load pools and managers of processes, a twentieth of the floor's start, for a service that no function speaks
    to. Should one ever ask for S3, `boto3.s3` fails at its own imports, not in silence.
    """
    for found in list(package.iterdir()):
        remove(found)
    (package / "__init__.py").touch()
    (package / "manager.py").write_text("class TransferConfig:\n    UNSET_DEFAULT = object()\n")


def replace_jmespath_utils(package: Path) -> None:
    """Put a placeholder where Powertools' logger imports what finds a correlation id by an expression.

    Nothing here asks it for one, and what it loads for that costs a hundredth of the floor's start. Should anything
    ever ask, it fails by name, not in silence.
    """
    for found in list(package.iterdir()):
        remove(found)
    (package / "__init__.py").touch()


def remove(path: Path) -> None:
    """Remove a file or a whole folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def reduce_models(data: Path, operations: dict[str, tuple[str, ...]]) -> None:
    """Keep of botocore's service models the operations in use, without their documentation."""
    for service in [entry for entry in data.iterdir() if entry.is_dir()]:
        if service.name not in operations:
            remove(service)
            continue
        *outdated, newest = sorted(version for version in service.iterdir() if version.is_dir())
        for version in outdated:
            remove(version)
        reduce_service(newest, operations[service.name])


def reduce_service(folder: Path, operations: tuple[str, ...]) -> None:
    """Write plain, small JSON: it is read at every cold start."""
    for found in list(folder.iterdir()):
        if found.name.startswith(("examples-", "waiters-")):
            remove(found)
        elif found.suffix == ".gz":
            write(found.with_suffix(""), read(found))
            remove(found)
    model = read(folder / "service-2.json")
    kept = {name: table(table(model["operations"])[name]) for name in operations}
    for operation in kept.values():
        operation.pop("endpointdiscovery", None)  # its own operation is not among those kept
    shapes = table(model["shapes"])
    needed = set(shapes_of(kept, shapes))
    model["operations"] = cast("Json", kept)
    model["shapes"] = {name: shape for name, shape in shapes.items() if name in needed}
    write(folder / "service-2.json", cast("Table", without_documentation(model)))
    paginators = folder / "paginators-1.json"
    if paginators.exists():
        pages = table(read(paginators)["pagination"])
        write(paginators, {"pagination": {name: page for name, page in pages.items() if name in operations}})


def shapes_of(start: dict[str, Table], shapes: Table) -> Iterator[str]:
    """Walk from the operations to every shape that they mention."""
    seen: set[str] = set()
    waiting: list[Json] = [cast("Json", start)]
    while waiting:
        match waiting.pop():
            case dict() as node:
                waiting.extend(node.values())
                name = node.get("shape")
                if isinstance(name, str) and name not in seen:
                    seen.add(name)
                    yield name
                    waiting.append(shapes[name])
            case list() as node:
                waiting.extend(node)


def without_documentation(node: Json) -> Json:
    """Leave the prose out; a member that is itself called `documentation` is a table and stays."""
    match node:
        case dict():
            return {
                key: without_documentation(value)
                for key, value in node.items()
                if not (key in {"documentation", "documentationUrl"} and isinstance(value, str))
            }
        case list():
            return [without_documentation(value) for value in node]
    return node


def reduce_endpoints(file: Path, services_in_use: Container[str]) -> None:
    """Keep of the endpoints the services in use, in every partition."""
    endpoints = read(file)
    for partition in cast("list[Table]", endpoints["partitions"]):
        services = table(partition["services"])
        partition["services"] = {name: row for name, row in services.items() if name in services_in_use}
    write(file, endpoints)


def table(node: Json) -> Table:
    """Take a node that is a table."""
    if not isinstance(node, dict):
        raise TypeError(f"expected a table, found {type(node).__name__}")
    return node


def read(file: Path) -> Table:
    """Read JSON, packed or plain."""
    content = file.read_bytes()
    parsed: Json = json.loads(decompress(content) if file.suffix == ".gz" else content)
    return table(parsed)


def write(file: Path, content: Table) -> None:
    """Write JSON without a byte too many."""
    file.write_text(json.dumps(content, separators=(",", ":")))
