"""How the commands talk to a person: progress on stdout, an expected mistake as one line on stderr."""

import sys
from collections.abc import Callable


class Refused(Exception):  # noqa: N818 -- it is the answer, not a fault
    """An expected mistake: the text says what is wrong, where, and what to do."""


def say(text: str = "") -> None:
    """Print one line at once, also into a pipe."""
    print(text, flush=True)


def command(main: Callable[[], None]) -> None:
    """Run a command; end with one line and status 1 where it is refused."""
    try:
        main()
    except Refused as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
