"""A period played again: what PBXs sent then, through today's code, beside what is stored of it."""
