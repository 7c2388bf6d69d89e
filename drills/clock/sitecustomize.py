"""Puts the clock of a function wrong by DRILL_CLOCK_SECONDS: found by Python itself where PYTHONPATH names this folder.

Only `time.time` and `time.time_ns`, by which the product goes: AWS refuses signatures of a wrong time, and a clock that
wrong would show at once.
"""

import os
import time

_OFF_NS = int(float(os.environ.get("DRILL_CLOCK_SECONDS", "0")) * 1e9)
_time_ns = time.time_ns
time.time_ns = lambda: _time_ns() + _OFF_NS
time.time = lambda: time.time_ns() / 1e9
