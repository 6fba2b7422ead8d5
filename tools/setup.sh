#!/bin/sh
# Makes .venv ready: tools/setup.sh demo|test. Finds a Python that can, then hands over to setup.py.
set -eu
cd "$(dirname "$0")/.."

if [ -z "${PYTHON:-}" ] && [ -x .venv/bin/python ] &&
    .venv/bin/python -I tools/setup.py --check "$1" 2>/dev/null; then
    exit 0
fi

# Prints the interpreter itself, never a shim or another environment's link to it.
# Exit status 3: too old. Exit status 4: cannot make virtual environments.
probe='
import sys
if sys.version_info < (3, 11): sys.exit(3)
try: import ensurepip, venv
except ImportError: sys.exit(4)
print(sys._base_executable)
'
too_old='' no_venv=''
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    status=0
    found=$("$candidate" -I -c "$probe" 2>/dev/null) || status=$?
    case $status in
    0) exec "$found" -I tools/setup.py ${PYTHON:+--same-version} "$1" ;;
    3) too_old=$candidate ;;
    4) no_venv=$candidate ;;
    esac
done

if [ -n "$no_venv" ]; then
    echo "error: $no_venv cannot make virtual environments. Install its venv module (Debian and Ubuntu: apt install python3-venv) or name another one: make PYTHON=/path/to/python3." >&2
elif [ -n "$too_old" ]; then
    echo "error: $too_old is $("$too_old" -V 2>&1); Python 3.11 or newer is needed. Install it or name it: make PYTHON=/path/to/python3." >&2
else
    echo "error: found no ${PYTHON:-Python} that runs; Python 3.11 or newer is needed. Install it or name it: make PYTHON=/path/to/python3." >&2
fi
exit 5
