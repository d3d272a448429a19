#!/usr/bin/python3
"""What it costs a priced access that hot lines are found: the instructions of sim/hw/waits.c against all
others of sim/hw and sim/engine. valgrind counts them, so neither the clock nor what else runs has a say.
SimGrid, libraries and setting up are left out, which makes the share larger. Status 1 if it is above
--most; 77 without valgrind.

    tests/bench/hot_cost.py build/release/tests/bench/vs_bench --only bare broadcast-64
    tests/bench/hot_cost.py build/release/vcpusim --jobs 1 --reps 1 -q -o r.json --table chunked \\
        scenarios/smoke.json
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

RECORDING = "sim/hw/waits.c"
ROOMS = "sim/hw/", "sim/engine/"
LINE = re.compile(r"^\s*([\d,]+) (?:\([^)]*\))?\s*(?:\S*/)?(sim/\w+/[\w.]+):\S")
SKIPPED = 77


def count(command, directory):
    """Instructions by file of ROOMS, the processes of the command together."""
    subprocess.run(["valgrind", "--tool=callgrind", "--trace-children=yes", "-q",
                    f"--callgrind-out-file={directory}/out.%p", *command], check=True,
                   stdout=subprocess.DEVNULL)
    found = {}
    for name in os.listdir(directory):
        text = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no",
                               os.path.join(directory, name)], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        for n, file in (m.groups() for m in map(LINE.match, text.splitlines()) if m):
            if file.startswith(ROOMS):
                found[file] = found.get(file, 0) + int(n.replace(",", ""))
    return found


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    args.add_argument("--most", type=float, default=10, help="per cent; default 10")
    args.add_argument("command", nargs=argparse.REMAINDER)
    a = args.parse_args()
    if not a.command:
        args.error("expected a command")
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed; ./bootstrap.sh --test does it")
        return SKIPPED
    with tempfile.TemporaryDirectory() as directory:
        found = count(a.command, directory)
    recording = found.pop(RECORDING, 0)
    others = sum(found.values())
    if not recording:
        sys.exit(f"hot_cost.py: no instruction of {RECORDING} was seen: built without -g?")
    share = 100 * recording / others
    print(f"{recording} instructions record who waits for which line; all others of "
          f"{' and '.join(ROOMS)}: {others}; so {share:.2f} % more")
    return share > a.most


if __name__ == "__main__":
    sys.exit(main())
