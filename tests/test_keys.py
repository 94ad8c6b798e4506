#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page about models in YAML names every key and value that the source knows, its tables begin
with no others, and its examples can be trained.

    test_keys.py FIGMENT
"""
import re
import subprocess
import sys
import tempfile

from tree import ROOT, report

PAGE = (ROOT / "samples" / "README.md").read_text()
SOURCES = [*sorted((ROOT / "src" / "model").glob("*.[ch]")), ROOT / "src" / "nn" / "activation.c"]

WORD = r'"([a-z][a-z0-9-]*)"'
# Where words of the language stand: tables, families, lists that are macros, and questions.
PLACES = [r"^ *static const (?:struct \w* ?\{.*?\} )?[^;={]*= \{.*?\};", r'^ +\.name = "[^"]*"',
          r"^#define \w+_KEYS .*?$", r'\byaml_(?:find|require)\([^;]*?"[^"]*"',
          r'\bkeys\[count\+\+\] = "[^"]*"']


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def known():
    """Words of the language, and the file in which each was found."""
    return {word: path.name for path in SOURCES for place in PLACES
            for found in re.findall(place, without_comments(path.read_text()), re.S | re.M)
            for word in re.findall(WORD, found)}


def is_told(word):
    """In a paragraph, or in a table before its last column, which tells of other keys, too."""
    text = re.sub(r"[^|\n]*\|$", "", PAGE, flags=re.M)
    return re.search(rf"`{re.escape(word)}\b(?![-.])", text)


def told_keys():
    """What the first cells of the page's tables begin with."""
    return re.findall(r"^\| `([a-z][a-z0-9-]*)[ `]", PAGE, re.M)


def examples():
    return re.findall(r"```yaml\n(.*?)```", PAGE, re.S)


def train(figment, text):
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/model.yaml"
        with open(model, "w", encoding="utf-8") as file:
            file.write(text)
        result = subprocess.run(
            [figment, "train", model, "--data", "synthetic:300", "--device", "cpu", "--steps", "3",
             "--out", f"{folder}/run", "--quiet"], capture_output=True, text=True)
    return result.stderr.strip() or "it fails" if result.returncode else None


words = known()
report([(f"{file}: {word}", None if is_told(word) else "samples/README.md does not tell of it")
        for word, file in sorted(words.items())] +
       [(f"samples/README.md: {key}", None if key in words else "the source does not know it")
        for key in told_keys()] +
       [(f"samples/README.md: example {number}", train(sys.argv[1], text))
        for number, text in enumerate(examples(), 1)])
