"""How a command ends, as its exit status."""

from tools.terminal import Refused

DONE, FOUND_WRONG, WRONG_USE = 0, 1, 2


class WrongUse(Refused):
    """What was asked for does not exist or makes no sense; the text says what would."""
