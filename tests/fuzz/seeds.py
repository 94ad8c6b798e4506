#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whole files for the fuzzers to begin with: chance alone finds no checksum and no Huffman table.

    seeds.py FOLDER      FOLDER/fuzz_picture.corpus and FOLDER/fuzz_idx.corpus get them
"""
import base64
import gzip
import pathlib
import struct
import sys
import zlib

SIDE = 28
ROWS = [bytes(x * y % 256 for x in range(SIDE)) for y in range(SIDE)]

# 16 x 8 pixels in colour, the chroma at half the width and height.
JPEG = """
/9j/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqm
x5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk
pKSkpKSkpKT/wAARCAAIABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAXEAEAAwAAAAAAAAAA
AAAAAAAAAgVi/8QAFQEBAQAAAAAAAAAAAAAAAAAAAgP/xAAZEQACAwEAAAAAAAAAAAAAAAAAAgMEIVH/2gAMAwEA
AhEDEQA/AIQrsrwrsgN2VtJVJ36f/9k=
"""


def chunk(kind, content):
    return (struct.pack(">I", len(content)) + kind + content +
            struct.pack(">I", zlib.crc32(kind + content)))


def png():
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)  # grey of 8 bits
    rows = b"".join(b"\0" + row for row in ROWS)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def idx():
    return struct.pack(">IIII", 0x803, 2, SIDE, SIDE) + 2 * b"".join(ROWS)


SEEDS = {
    "fuzz_picture.corpus/grey.png": png(),
    "fuzz_picture.corpus/colour.jpg": base64.b64decode(JPEG),
    "fuzz_idx.corpus/plain.idx": idx(),
    "fuzz_idx.corpus/packed.idx.gz": gzip.compress(idx(), mtime=0),
}

for name, content in SEEDS.items():
    path = pathlib.Path(sys.argv[1], name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
