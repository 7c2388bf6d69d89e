"""One function in a process of its own: `child.py FOLDER FUNCTION`.

Each line of standard input is one event and the moment it comes at; each line of the reply says how much processor time
the handler took, and what it answered. Nothing of the project is imported but what is measured, so the processor time
is the function's alone; reading and writing these lines is not counted. Where it is asked to, it counts the function
calls of the handler's own thread instead: they repeat exactly, whatever else the machine does.
"""

from __future__ import annotations

import time

BEGAN = time.process_time_ns()

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402


def main() -> None:
    """Start the function, then take event after event."""
    folder, kind = sys.argv[1:]
    sys.path.insert(0, folder)
    moment = [time.time_ns()]
    time.time_ns = lambda: moment[0]

    # Standard output is the function's log. A file number that it knows nothing of carries the replies.
    replies = os.fdopen(os.dup(2), "w", buffering=1)

    moment[0] = int(sys.stdin.readline()) * 1_000_000
    handler = __import__(f"functions.{kind}.app", fromlist=["handler"]).handler
    replies.write(f"@{json.dumps({'cpu': time.process_time_ns() - BEGAN})}\n")

    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event.endswith("call")  # of Python and of C

    for line in sys.stdin:
        asked = json.loads(line)
        moment[0] = asked["at"] * 1_000_000
        counted = 0
        sys.setprofile(count if asked["count"] else None)
        before = time.process_time_ns()
        result = handler(asked["event"], None)
        spent = time.process_time_ns() - before
        sys.setprofile(None)
        replies.write(f"@{json.dumps({'cpu': spent, 'calls': counted, 'result': result})}\n")
    os._exit(0)


if __name__ == "__main__":
    main()
