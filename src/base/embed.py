#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turn text files into one C table of { name, summary, text }.

    embed.py OUTPUT.c TABLE HEADER FILE...

The table has type `struct embedded[]` (base/embedded.h) and ends with an entry of NULLs.  A name
loses .yaml; the summary is the first line of a YAML file, without its #.
"""
import os
import sys


def literal(data):
    """The bytes as C string literals, one source line each."""
    lines = data.split(b"\n")
    pieces = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    if not pieces:
        return '    ""'
    return "\n".join('    "' + "".join(escape(byte) for byte in piece) + '"' for piece in pieces)


def escape(byte):
    char = chr(byte)
    if char == "\n":
        return "\\n"
    if char in '\\"':
        return "\\" + char
    return char if " " <= char <= "~" and char != "?" else "\\%03o" % byte


def main():
    output, table, header, files = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    with open(output, "w", encoding="ascii") as out:
        out.write('/* Made by embed.py; do not edit. */\n#include "%s"\n\n' % header)
        out.write("const struct embedded %s[] = {\n" % table)
        for path in files:
            with open(path, "rb") as file:
                data = file.read()
            name, extension = os.path.splitext(os.path.basename(path))
            name += "" if extension == ".yaml" else extension
            summary = data.split(b"\n")[0].lstrip(b"# ") if extension == ".yaml" else b""
            out.write('  { "%s",\n%s,\n%s },\n' % (name, literal(summary), literal(data)))
        out.write("  { NULL, NULL, NULL },\n};\n")


main()
