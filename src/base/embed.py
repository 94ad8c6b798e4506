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
    """The bytes as a C string literal: for short texts."""
    return '"' + "".join(escape(byte) for byte in data) + '"'


def numbers(data):
    """The bytes and a 0 as numbers: C allows string literals of 4095 characters only."""
    lines = (data[at:at + 24] for at in range(0, len(data), 24))
    rows = ("".join("%d," % byte for byte in line) for line in lines)
    return "".join("    %s\n" % row for row in rows) + "    0"


def escape(byte):
    char = chr(byte)
    if char in '\\"':
        return "\\" + char
    return char if " " <= char <= "~" and char != "?" else "\\%03o" % byte


def main():
    output, table, header, files = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    with open(output, "w", encoding="ascii") as out:
        out.write('/* Made by embed.py; do not edit. */\n'
                  '#include "%s"\n\n#include <stddef.h>\n\n' % header)
        rows = []
        for path in files:
            with open(path, "rb") as file:
                data = file.read()
            name, extension = os.path.splitext(os.path.basename(path))
            name += "" if extension == ".yaml" else extension
            summary = data.split(b"\n")[0].lstrip(b"# ") if extension == ".yaml" else b""
            out.write("static const char text_%d[] = {\n%s\n};\n\n" % (len(rows), numbers(data)))
            rows.append("  { %s, %s, text_%d },\n" %
                        (literal(name.encode()), literal(summary), len(rows)))
        out.write("const struct embedded %s[] = {\n%s  { NULL, NULL, NULL },\n};\n" %
                  (table, "".join(rows)))


main()
