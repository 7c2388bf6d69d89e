"""The functions of the stack, by the name of their folder."""

FUNCTIONS = ("webhook", "route", "backfill", "command", "admin")
