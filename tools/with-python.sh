#!/bin/sh
# Runs its arguments with the first Python >= 3.11 found, or says in one line what is missing.
for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$python" "$@"
    fi
done
found=$(${PYTHON:-python3} --version 2>&1) || found="no working python3 on PATH"
echo "error: Python 3.11 or newer is needed, but there is $found: install one, or name it: make PYTHON=/path/to/python3.13 ..." >&2
exit 1
