#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Run a command under Oclgrind and fail if it found anything, which its exit status does not tell:
#     tests/oclgrind.sh [OPTION...] COMMAND
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
oclgrind --num-threads 1 --max-errors 20 --log "$log" "$@"
status=$?
cat "$log"
[ ! -s "$log" ] || exit 1
exit $status
