"""The operator's side of Firstcall: the command line and the PBX simulator."""
