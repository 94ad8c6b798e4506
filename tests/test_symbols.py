#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shared library exports nothing that the public headers do not declare.

    test_symbols.py LIBRARY
"""
import re
import subprocess
import sys

from tree import ROOT, report


def exported(library):
    result = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library],
                            check=True, capture_output=True, text=True)
    return {line.split()[0] for line in result.stdout.splitlines()}


def declared():
    text = "".join(path.read_text() for path in (ROOT / "include/figment").glob("*.h"))
    return set(re.findall(r"FIG_API\b[^;(]*?\b(\w+)\(", text))


headers = declared()
report([(name, None if name in headers else "is exported, but no public header declares it")
        for name in sorted(exported(sys.argv[1]))])
