"""All drills, in the order of the table."""

from __future__ import annotations

from drills.aws_fails import AWS_FAILS
from drills.instants import INSTANTS
from drills.killed import KILLED
from drills.messages import MESSAGES
from drills.outside import OUTSIDE

CATALOGUE = (*AWS_FAILS, *KILLED, *INSTANTS, *MESSAGES, *OUTSIDE)
