#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Run a command under Oclgrind and fail if it found anything, which its exit status does not tell:
#     tests/oclgrind.sh [OPTION...] COMMAND
set -uo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# It optimises a binary that it gave itself into instructions that it does not know: no cache.
XDG_CACHE_HOME=$folder oclgrind --num-threads 1 --max-errors 20 --log "$folder/log" "$@"
status=$?
[ -s "$folder/log" ] || exit $status
cat "$folder/log"
exit 1
