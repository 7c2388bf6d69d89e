"""A PBX that plays calls against a deployment: the other side of the wire, sharing no code with the adapters."""
