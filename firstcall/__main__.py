"""`python -m firstcall`."""

import sys

from firstcall.cli import main

if __name__ == "__main__":
    sys.exit(main())
