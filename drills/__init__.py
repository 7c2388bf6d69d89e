"""Fault drills: real calls over HTTP against a deployed stack whose AWS fails in chosen ways; `make drills`."""
