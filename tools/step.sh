#!/bin/sh
# One line for one step: tools/step.sh TITLE COMMAND... prints the title and the seconds it took;
# what the command printed is shown only if it fails.
set -u
title=$1
shift
output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT
trap 'exit 130' INT TERM
printf '  %-28s' "$title"
started=$(date +%s)
if "$@" >"$output" 2>&1 </dev/null; then
    printf '%3d s\n' $(($(date +%s) - started))
else
    status=$?
    printf 'failed\n'
    cat "$output"
    exit "$status"
fi
