"""`make down`: stops the local cloud; its state is written on the way and found again by `make up`."""

from tools.bootstrap import ROOT
from tools.local_cloud import LocalCloud
from tools.terminal import command, say


def main() -> None:
    """Stop it where it runs."""
    say("stopped; `make up` finds the data again" if LocalCloud(0, ROOT / ".local").stop() else "it was not running")


if __name__ == "__main__":
    command(main)
