"""Lambda's Invoke on loopback: real HTTP in front of a real function, so that whoever invokes it needs no stand-in."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.loopback import Answering, on_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def invocable(function: Callable[[Any], object]) -> Iterator[str]:
    """Serve one function under every name; give the endpoint. What it raises is told as Lambda tells it."""

    class Handler(Answering):
        def answer(self) -> None:
            try:
                result, headers = function(json.loads(self.sent())), {}
            except Exception as error:  # noqa: BLE001 -- it is passed on
                result = {"errorType": type(error).__name__, "errorMessage": str(error)}
                headers = {"X-Amz-Function-Error": "Unhandled"}
            self.tell(200, json.dumps(result).encode(), headers)

        do_POST = answer  # noqa: N815 -- as http.server names it

    with on_loopback(Handler) as url:
        yield url
