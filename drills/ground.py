"""The ground of the drills: a stack whose functions reach AWS through the proxy, and what can be done to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drills.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tools.deployed import DeployedStack
    from tools.local_cloud import LocalCloud

BEHIND_AN_ALIAS = frozenset({"webhook", "route"})
DRILLED = ("webhook", "route", "backfill", "command")
"""The functions whose AWS may fail; the admin function is the eye that watches."""

NO_VENDOR = {"backfill": {"PBX_API_URLS": '{"mango": "http://127.0.0.1:9"}'}}
"""Nobody answers there: no drill asks a vendor about an invented call."""


@dataclass(slots=True)
class Ground:
    """One deployed stack, ready for faults."""

    cloud: LocalCloud
    deployed: DeployedStack
    proxy: Proxy
    delay_seconds: int
    variables: dict[str, dict[str, str]]  # of each function's environment, as deployed

    @classmethod
    def make(cls, cloud: LocalCloud, deployed: DeployedStack, delay_seconds: int) -> Ground:
        """Put the proxy between a stack's functions and AWS."""

        def kill(function: str) -> None:
            for pid in environments(cloud.place, name_of(deployed, function)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        client = deployed.functions()
        found = {
            function: client.get_function_configuration(FunctionName=name_of(deployed, function))
            for function in DRILLED
        }
        variables = {function: dict(row.get("Environment", {}).get("Variables", {})) for function, row in found.items()}
        ground = cls(cloud, deployed, Proxy(cloud.port, DRILLED, kill), delay_seconds, variables)
        for function in DRILLED:
            ground.set_environment(function, {})
        return ground

    def set_environment(self, function: str, more: Mapping[str, str]) -> None:
        """Give a function its endpoint and more variables, in new environments."""
        endpoint = {"AWS_ENDPOINT_URL": self.proxy.endpoint(function)}
        self._publish(function, {**NO_VENDOR.get(function, {}), **endpoint, **more})

    def release(self) -> None:
        """Let the functions reach AWS by themselves again."""
        for function in DRILLED:
            self._publish(function, {})
        self.proxy.close()

    def _publish(self, function: str, more: Mapping[str, str]) -> None:
        client, name = self.deployed.functions(), name_of(self.deployed, function)
        variables = {**self.variables[function], **more}
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        if function in BEHIND_AN_ALIAS:
            version = client.publish_version(FunctionName=name)["Version"]
            client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)

    def environments(self, function: str) -> list[int]:
        """Find the processes that run a function now."""
        return environments(self.cloud.place, name_of(self.deployed, function))

    def sweep(self) -> None:
        """Wake the backfill as the schedule does every minute."""
        name = name_of(self.deployed, "backfill")
        self.deployed.functions().invoke(FunctionName=name, Payload=json.dumps({"sweep": True}).encode())

    def send_message(self, body: str) -> None:
        """Put a message of the drill's own into the backfill queue."""
        self.deployed.sqs().send_message(QueueUrl=self.deployed.outputs["BackfillQueueUrl"], MessageBody=body)

    def waiting(self, queue: str) -> int:
        """Count the messages that lie in a queue."""
        found = self.deployed.sqs().get_queue_attributes(
            QueueUrl=self.deployed.outputs[queue], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    @contextmanager
    def without_messages(self) -> Iterator[None]:
        """Let no message of the backfill queue be delivered for a while."""
        client, name = self.deployed.functions(), name_of(self.deployed, "backfill")
        [mapping] = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextmanager
    def impatient_queue(self) -> Iterator[None]:
        """Let a message that failed come again after a second instead of half a minute."""
        client, url = self.deployed.sqs(), self.deployed.outputs["BackfillQueueUrl"]
        before = client.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
        try:
            yield
        finally:
            client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": before["VisibilityTimeout"]})

    def purge(self) -> None:
        """Lose every message of the backfill queue, the delayed ones too."""
        self.deployed.sqs().purge_queue(QueueUrl=self.deployed.outputs["BackfillQueueUrl"])


def name_of(deployed: DeployedStack, function: str) -> str:
    """Name a function as AWS does."""
    return deployed.outputs[f"{function.capitalize()}FunctionName"]


def environments(place: Path, function_name: str) -> list[int]:
    """Find the local cloud's processes of a function: they run from a folder that carries its name."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,args="], capture_output=True, text=True, check=False).stdout
    folder = str(place / "tmp" / f"ministack-lambda-{function_name}-")
    return [int(line.split(None, 1)[0]) for line in listing.splitlines() if folder in line]
