#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each public header compiles alone, as C11 and as C++, without a warning.

    test_headers.py COMPILER...      the C compiler, and the C++ compiler if there is one
"""
import subprocess
import sys

from tree import ROOT, report

LANGUAGES = [("c", "c11"), ("c++", "c++11")]


def compile_alone(compiler, language, standard, header):
    command = compiler.split() + ["-x", language, f"-std={standard}", "-Wall", "-Wextra",
                                  "-Wpedantic", "-Werror", "-fsyntax-only",
                                  f"-I{ROOT / 'include'}", "-"]
    text = f"#include <figment/{header.name}>\nint main(void) {{ return 0; }}\n"
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    return result.stderr if result.returncode else None


headers = sorted((ROOT / "include" / "figment").glob("*.h"))
report([(f"{header.name} as {standard}", compile_alone(compiler, language, standard, header))
        for compiler, (language, standard) in zip(sys.argv[1:], LANGUAGES)
        for header in headers])
