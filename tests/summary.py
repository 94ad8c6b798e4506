#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Add up what meson's test logs tell.

    summary.py LOG.json...      prints "N passed, N failed"; exits 1 if any failed or none ran

A suite that prints Check's summary counts as many tests as it has; another one counts as one.  A
suite that died, also after its summary, adds one failure.
"""
import json
import re
import sys


def count(suite):
    """(passed, failed) of one line of a log."""
    if suite["result"] == "SKIP":
        return 0, 0
    passed = failed = 0
    pattern = r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$"
    for checks, failures, errors in re.findall(pattern, suite.get("stdout", ""), re.M):
        failed += int(failures) + int(errors)
        passed += int(checks) - int(failures) - int(errors)
    if suite["result"] != "OK" and failed == 0:
        failed = 1
    return passed + (passed + failed == 0), failed


totals = [0, 0]
for log in sys.argv[1:]:
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            totals = [old + new for old, new in zip(totals, count(json.loads(line)))]
print(f"{totals[0]} passed, {totals[1]} failed")
sys.exit(1 if totals[1] or not totals[0] else 0)
