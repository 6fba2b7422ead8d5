#!/bin/sh
# A volume belongs to root when it is new. It is given to the program's own account, and so is the
# process: nothing of ours runs as root.
set -eu

if [ "$(id -u)" = 0 ]; then
    account=${RUN_AS:-10001}
    mkdir -p "$HOME"
    chown "$account:$account" "$HOME"
    exec setpriv --reuid "$account" --regid "$account" --clear-groups --no-new-privs \
        --inh-caps=-all --bounding-set=-all "$@"
fi
exec "$@"
