"""The PBX's own list of people, and how it is merged into a company file."""
