#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Layers only point downwards, libraries stay behind their layer, files begin as they should, and
standard headers are included where something of them is used."""
import re

from tree import ROOT, report

# What a layer may include besides itself.
BELOW = {
    "base": [],
    "device": ["base"],
    "graph": ["device", "base"],
    "nn": ["graph", "device", "base"],
    "data": ["base"],
    "model": ["nn", "graph", "device", "base"],
    "run": ["model", "data", "nn", "graph", "device", "base"],
    "evaluate": ["run", "model", "data", "nn", "graph", "device", "base"],
    "train": ["evaluate", "run", "model", "data", "nn", "graph", "device", "base"],
    "cli": ["train", "evaluate", "run", "model", "data", "nn", "graph", "device", "base"],
}

# The layer whose subject a public header is.
PUBLIC = {
    "api": "base", "log": "base", "status": "base",
    "device": "device", "graph": "graph", "plan": "graph", "nn": "nn", "optimizer": "nn",
    "array": "data", "data": "data", "image": "data", "model": "model",
    "codec": "run", "run": "run", "evaluate": "evaluate", "score": "evaluate", "train": "train",
}
EXCEPTIONS = {
    ("src/graph", "figment/optimizer.h"),  # the graph has a node of it; nn fills it in
    ("src/model", "figment/data.h"),
}

# Who may include a library's headers.
LIBRARIES = {
    r"(CL/|clblast)": "src/device/opencl/",
    r"(oneapi/|dnnl)": "src/device/cpu/",
    r"(png|jpeglib)\.h": "src/data/",
    r"yaml\.h": "src/model/",
}

# What standard headers are included for: the names, or how they begin.
STANDARD = {
    "assert.h": "assert|static_assert", "ctype.h": r"is[a-z]+\(|to(upper|lower)",
    "errno.h": "errno|E[A-Z]", "inttypes.h": "PRI|SCN", "limits.h": "[A-Z]+_M(AX|IN)",
    "math.h": r"[a-z]+[0-9]*\(|NAN|INFINITY", "stdarg.h": "va_", "stdbool.h": "bool|true|false",
    "stddef.h": "size_t|NULL|offsetof|ptrdiff_t", "stdint.h": "u?int[0-9p]|U?INT[0-9]|SIZE_MAX",
    "stdio.h": "FILE|EOF|SEEK_|std(in|out|err)|[a-z]*(print|scan)f|put|get(c|line)|perror|rename|"
               "remove|f(open|close|read|write|flush|seek|tell|eof|error|put|get|ileno|dopen)",
    "stdlib.h": "[a-z]*alloc|free|exit|abort|EXIT_|[a-z]*env|qsort|bsearch|strto|ato|abs|mktemp|"
                "mk[ds]temp|realpath|system",
    "string.h": r"(mem|str)[a-z_]+\(", "time.h": "time|clock|[a-z]*time|nanosleep|struct t",
}

SOURCES = sorted(path for folder in ("src", "include", "tests", "cl")
                 for path in (ROOT / folder).rglob("*") if path.suffix in (".c", ".h", ".cl"))


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', path.read_text(), re.M)


def layer_of(header):
    """The layer that an included header belongs to, or None."""
    folder, _, name = header.partition("/")
    if folder == "figment":
        return PUBLIC.get(name.removesuffix(".h"), "an unknown layer")
    return folder if folder in BELOW else None


def points_up(path, name):
    layer = name.split("/")[1]
    for header in includes(path):
        if (f"src/{layer}", header) in EXCEPTIONS:
            continue
        target = layer_of(header)
        if target and target != layer and target not in BELOW[layer]:
            return f"{layer} may not include {header} of {target}"
    return None


def takes_library(path, name):
    for header in includes(path):
        for pattern, home in LIBRARIES.items():
            if re.match(pattern, header) and not name.startswith(home):
                return f"only {home} may include {header}"
    return None


def own_header_is_late(path, name):
    own = {name.removeprefix("src/").removesuffix(".c") + ".h", f"figment/{path.stem}.h"}
    found = includes(path)
    if path.suffix == ".c" and own & set(found) and found[0] not in own:
        return f"its own header comes first, not {found[0]}"
    return None


def includes_unused(path, name):
    code = re.sub(r"/\*.*?\*/|^\s*#\s*include[^\n]*", "", path.read_text(), flags=re.S | re.M)
    for header in includes(path):
        if header in STANDARD and not re.search(rf"\b({STANDARD[header]})", code):
            return f"nothing of <{header}> is used"
    return None


def lacks_license(path, name):
    first = path.read_text().split("\n", 1)[0]
    return None if "SPDX-License-Identifier: MIT" in first else "no SPDX line at the top"


def checks():
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        rules = [lacks_license, includes_unused]
        if name.startswith("src/"):
            rules += [points_up, takes_library, own_header_is_late]
        yield name, next(filter(None, (rule(path, name) for rule in rules)), None)


report(list(checks()))
