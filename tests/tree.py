# SPDX-License-Identifier: MIT
"""What the tests of the source tree share: where it is, and Check's summary line."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def report(checks):
    """checks is a list of (name, what is wrong or None): print as Check does, and exit."""
    failed = [(name, wrong) for name, wrong in checks if wrong]
    passed = 100 * (len(checks) - len(failed)) // max(1, len(checks))
    print(f"{passed}%: Checks: {len(checks)}, Failures: {len(failed)}, Errors: 0")
    for name, wrong in failed:
        print(f"{name}: {wrong}")
    sys.exit(1 if failed or not checks else 0)
