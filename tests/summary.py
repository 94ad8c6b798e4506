#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Add up what meson's test logs tell.

    summary.py LOG.json...      prints "N passed, N failed"; exits 1 if any failed or none ran

A suite that prints Check's summary counts as many tests as it has; another one counts as one.  A
suite that died, also after its summary, adds one failure.  What was skipped is told in a line
before that.
"""
import json
import pathlib
import re
import sys


def count(suite):
    """(passed, failed) of one line of a log."""
    passed = failed = 0
    pattern = r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$"
    for checks, failures, errors in re.findall(pattern, suite.get("stdout", ""), re.M):
        failed += int(failures) + int(errors)
        passed += int(checks) - int(failures) - int(errors)
    if suite["result"] != "OK" and failed == 0:
        failed = 1
    return passed + (passed + failed == 0), failed


totals, skipped = [0, 0], []
for log in map(pathlib.Path, sys.argv[1:]):
    for suite in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
        if suite["result"] == "SKIP":
            # "figment:device / chain", or of newer mesons "device - figment:chain"
            skipped.append(f"{log.stem} {re.split('[ :]', suite['name'])[-1]}")
        else:
            totals = [old + new for old, new in zip(totals, count(suite))]
if skipped:
    print("skipped: " + ", ".join(skipped))
print(f"{totals[0]} passed, {totals[1]} failed")
sys.exit(1 if totals[1] or not totals[0] else 0)
