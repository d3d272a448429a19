#!/usr/bin/python3
"""Rules of the house that no compiler checks. Prints path:line: what, and exits 1 if anything is.

    tidy.py [--root DIR] [--build DIR]

--build: a CMake build directory; it knows which files are built by rules that do not name them in
a CMakeLists (loops, globs). Rules, each with its own function below:

    arrows      a room includes only rooms below it; libraries stay in their room
    private     private.h is for its own room
    length      functions of at most 70 lines, files of at most 600
    banned      calls that overflow, depend on a host clock or on hidden state
    unbuilt     C and C++ files that nothing builds
    format      clang-format
    shebang     scripts start with the interpreter that Debian installs
    unfinished  no marks of unfinished work
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

ENGINE = {"sim/engine"}
HW = ENGINE | {"sim/hw"}
HOST = HW | {"sim/host"}
MODELS = HOST | {"models/kernel"}
MIDDLE = {"sim/io", "sim/trace", "sim/workload", "sim/measure", "sim/check"}

# What a room may include beside include/ and itself. Tables are compiled together with the call
# sites, into one module, and both see nothing but include/.
ARROWS = {
    "include": set(),
    "models/callsites": set(),
    "models/tables": {"models/callsites"},
    "models/native": set(),
    "sim/engine": set(),
    "sim/hw": ENGINE,
    "sim/host": HW,
    "models/kernel": HOST,
    "sim/io": MODELS,
    "sim/trace": HOST,
    "sim/workload": MODELS,
    "sim/measure": MODELS,
    "sim/check": MODELS,
    "sim/cli": MODELS | MIDDLE,
    "sim/native": {"models/native", "sim/cli", "sim/io", "sim/workload", "sim/measure"},
}

# Header of a library (how its name begins) -> rooms that may know it
LIBRARIES = {
    "jansson": {"sim/io"},
    "simgrid": {"sim/engine"},
    "gsl/": {"sim/workload", "sim/measure"},
    "elfutils/": {"sim/check"},
    "zlib": {"sim/trace"},
    "urcu/": {"models/native"},
    "linux/": {"include", "models/tables", "models/callsites", "models/kernel", "models/native"},
}

FUNCTION_LINES = 70
FILE_LINES = 600

# Calls refused below these folders, but for the folders excepted
BANNED = [
    (r"v?sprintf|strcpy|strcat|gets|strtok", ("sim", "models", "include"), ()),
    (r"s?rand|rand_r|random|srandom|[dlm]rand48", ("",), ()),
    (r"time|gettimeofday|clock_gettime|clock|timespec_get", ("sim", "models", "include"),
     ("sim/cli", "models/native", "sim/native")),
]

C_FILES = (".c", ".h", ".cpp", ".hpp")
CODE_FILES = C_FILES + (".py", ".sh", ".cmake", ".txt", ".awk")
PYTHON = "#!/usr/bin/python3"
SHELLS = ("#!/bin/sh", "#!/bin/bash")
OWN = "tests/tidy/"  # names here what it looks for


class Tree:
    """The files of a checkout: those git tracks, or all if there is no git."""

    def __init__(self, root, build=None):
        self.root = os.path.abspath(root)
        self.build = build
        self.files = sorted(self._tracked() or self._all())
        self._text = {}

    def _tracked(self):
        if not os.path.exists(os.path.join(self.root, ".git")):
            return None
        out = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=self.root,
                             stdout=subprocess.PIPE, check=True).stdout.decode()
        return [f for f in out.split("\0") if f and os.path.isfile(self.path(f))]

    def _all(self):
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [f for f in folders if f not in ("build", ".git")]
            found += [os.path.relpath(os.path.join(folder, f), self.root) for f in files]
        return found

    def path(self, name):
        return os.path.join(self.root, name)

    def text(self, name):
        if name not in self._text:
            with open(self.path(name), encoding="utf-8", errors="replace") as f:
                self._text[name] = f.read()
        return self._text[name]

    def named(self, *endings):
        return [f for f in self.files if f.endswith(endings)]


def room_of(name):
    parts = name.split("/")
    if parts[0] == "include":
        return "include"
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def without_comments(text, strings=False):
    """C without comments (and without what is in quotes): same lines."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        s = match.group(0)
        if s[0] in "\"'" and strings:
            return s
        return re.sub(r"[^\n]", " ", s)

    return re.sub(pattern, blank, text, flags=re.S)


def includes(tree, name):
    """(line, what is included, is it <>)"""
    lines = without_comments(tree.text(name), strings=True).split("\n")
    for number, line in enumerate(lines, 1):
        m = re.match(r'\s*#\s*include(?:_next)?\s*([<"])([^>"]+)[>"]', line)
        if m:
            yield number, m.group(2), m.group(1) == "<"


def included_file(tree, name, what):
    """Path in the tree, or None: a header of the system."""
    beside = os.path.normpath(os.path.join(os.path.dirname(name), what))
    for path in (beside, what, "include/" + what):
        if os.path.isfile(tree.path(path)):
            return path
    return None


def check_arrows(tree):
    for name in tree.named(*C_FILES):
        room = room_of(name)
        if room not in ARROWS:
            continue
        for line, what, _ in includes(tree, name):
            for library, rooms in LIBRARIES.items():
                if what.startswith(library) and room not in rooms:
                    yield name, line, f"{room} may not include <{what}>"
            path = included_file(tree, name, what)
            to = room_of(path) if path else what.rsplit("/", 1)[0]
            if to in (room, "include") or not to.startswith(("sim/", "models/", "tests/")):
                continue
            if to not in ARROWS[room]:
                yield name, line, f"{room} may not include {to} ({what})"


def check_private(tree):
    for name in tree.named(*C_FILES):
        room = room_of(name)
        if room not in ARROWS:
            continue
        for line, what, _ in includes(tree, name):
            path = included_file(tree, name, what)
            if path and path.endswith("private.h") and room_of(path) != room:
                yield name, line, f"{what} is private to {room_of(path)}"


def signature_start(lines, brace):
    """First line of the function whose opening brace is line `brace` (indices from 0)."""
    i = brace
    while i > 0 and lines[i - 1].strip() and not re.match(r"[}#]|.*[;}]\s*$", lines[i - 1]):
        i -= 1
    return i


def functions(text):
    """(first line, last line): bodies open and close in the first column, as clang-format has it."""
    lines = without_comments(text).split("\n")
    start = None
    for i, line in enumerate(lines):
        if line.rstrip() == "{":
            start = signature_start(lines, i)
        elif line.startswith("}") and start is not None:
            yield start + 1, i + 1
            start = None


def check_length(tree):
    for name in tree.named(*C_FILES):
        for first, last in functions(tree.text(name)):
            if last - first + 1 > FUNCTION_LINES:
                yield name, first, (f"a function of {last - first + 1} lines; at most "
                                    f"{FUNCTION_LINES}")
    for name in tree.named(*CODE_FILES):
        n = tree.text(name).count("\n")
        if n > FILE_LINES:
            yield name, n, f"a file of {n} lines; at most {FILE_LINES}"


def below(name, folder):
    return not folder or name.startswith(folder + "/")


def check_banned(tree):
    for name in tree.named(*C_FILES):
        rules = [calls for calls, folders, excepted in BANNED
                 if any(below(name, f) for f in folders)
                 and not any(below(name, f) for f in excepted)]
        if not rules:
            continue
        call = re.compile(r"(?<![\w.>])(" + "|".join(rules) + r")\s*\(")
        for number, line in enumerate(without_comments(tree.text(name)).split("\n"), 1):
            m = call.search(line)
            if m:
                yield name, number, f"{m.group(1)}() is banned here"


def compiled(tree):
    """Files that the build directory's own rules name."""
    found = set()
    for name in ("build.ninja", "compile_commands.json"):
        path = tree.build and os.path.join(tree.build, name)
        if not path or not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as f:
            words = re.findall(r"""[^\s:|"']+\.(?:c|cpp)\b""", f.read())
        found |= {os.path.realpath(os.path.join(tree.build, w)) for w in words}
    return found


def check_unbuilt(tree):
    lists = [f for f in tree.files if os.path.basename(f) == "CMakeLists.txt"
             or f.endswith(".cmake")]
    words = set()
    for name in lists:
        text = re.sub(r"#[^\n]*", "", tree.text(name))
        here = os.path.dirname(name)
        for word in re.findall(r"[\w./+-]+\.(?:c|cpp)\b", text):
            words.add(os.path.normpath(os.path.join(here, word)))
            words.add(os.path.normpath(word.lstrip("/")))  # after ${CMAKE_SOURCE_DIR}
    known = compiled(tree)
    for name in tree.named(".c", ".cpp"):
        if name not in words and os.path.realpath(tree.path(name)) not in known:
            yield name, 1, "nothing builds this file"


def check_format(tree):
    names = tree.named(*C_FILES)
    if not names:
        return
    if not shutil.which("clang-format"):
        yield names[0], 1, "clang-format is not installed"
        return
    out = subprocess.run(["clang-format", "--dry-run", "-Werror", "--style=file"] + names,
                         cwd=tree.root, stderr=subprocess.PIPE, check=False).stderr.decode()
    seen = set()
    for m in re.finditer(r"^(\S[^:\n]*):(\d+):\d+: error", out, flags=re.M):
        if m.group(1) not in seen:
            seen.add(m.group(1))
            yield m.group(1), int(m.group(2)), "not as clang-format would have it"


def check_shebang(tree):
    for name in tree.files:
        text_file = name.endswith((".py", ".sh"))
        runs = os.access(tree.path(name), os.X_OK)
        if not text_file and not runs:
            continue
        with open(tree.path(name), "rb") as f:
            first = f.readline().decode("utf-8", "replace").rstrip("\n")
        if not first.startswith("#!"):
            if runs and text_file:
                yield name, 1, "may be run, but says not by what (#!)"
            continue
        if name.endswith(".py") or "python" in first:
            fine = first == PYTHON
        else:
            fine = first.split(" ")[0] in SHELLS
        if not fine:
            yield name, 1, f"{first}: use {PYTHON} or {' or '.join(SHELLS)}"


def check_unfinished(tree):
    mark = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for name in tree.files:
        if not name.endswith(CODE_FILES + (".md", ".json")) or name.startswith(OWN):
            continue
        for number, line in enumerate(tree.text(name).split("\n"), 1):
            m = mark.search(line)
            if m:
                yield name, number, f"{m.group(1)}: finish it, or open an issue"


RULES = [check_arrows, check_private, check_length, check_banned, check_unbuilt, check_format,
         check_shebang, check_unfinished]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--root", default=".")
    parser.add_argument("--build")
    options = parser.parse_args()
    tree = Tree(options.root, options.build)
    found = 0
    for rule in RULES:
        for name, line, what in rule(tree):
            print(f"{name}:{line}: {what} [{rule.__name__[6:]}]")
            found += 1
    print(f"{len(tree.files)} files, {found} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
