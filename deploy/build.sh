#!/bin/sh
# deploy/build.sh TARGET: installs the program with its web page, and nothing that only builds or
# computes, into a new virtual environment. Run in a checkout; it needs Python 3.11, its `venv`, and
# the package indexes.
set -eu

target=$1
python=${PYTHON:-python3}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

install() { # ENVIRONMENT ARGUMENTS...
    environment=$1
    shift
    "$environment/bin/python" -m pip --disable-pip-version-check --no-input --no-cache-dir --quiet \
        install --no-deps --only-binary=:all: "$@"
}

"$python" -m venv "$build/env"
for part in runtime server; do
    install "$build/env" --require-hashes -r "requirements/$part.txt"
done
# The page and the sync engine are put among the sources; the wheel takes them from there.
PYTHONPATH=src "$build/env/bin/python" tools/web.py demo
"$build/env/bin/python" -m pip --disable-pip-version-check --no-input --quiet \
    wheel --no-deps --no-index --no-build-isolation --wheel-dir "$build" .

"$python" -m venv "$target"
install "$target" --require-hashes -r requirements/deploy.txt
install "$target" --no-index "$build"/captionacc-*.whl
"$target/bin/captionacc" --version
