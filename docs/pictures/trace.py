#!/usr/bin/python3
"""Draw a part of a trace (vcpusim --trace), for those without a viewer: trace.py TRACE.json -o FILE.svg"""

import argparse
import gzip
import json
import sys
import zlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

COLOURS = {"guest": "#009e73", "host": "#e69f00", "runnable": "#d55e00", "switching": "#d55e00",
           "halted": "#dddddd", "idle": "#dddddd", "lock": "#cc79a7", "grace period": "#cc79a7"}
ON_CPU, OTHER = "#56b4e9", "#0072b2"
LEGEND = {"in the guest": "#009e73", "in the host": "#e69f00", "waits for a CPU, or switches": "#d55e00",
          "halted, or idle": "#dddddd", "asleep for a lock or a grace period": "#cc79a7",
          "a thread or a handler has the CPU": ON_CPU, "operation, grace period": OTHER}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace")
    parser.add_argument("-o", required=True, metavar="FILE")
    args = parser.parse_args()
    try:
        with (gzip.open if args.trace.endswith(".gz") else open)(args.trace, "rt") as f:
            events = json.load(f)["traceEvents"]
    except OSError as e:
        sys.exit(f"trace.py: {args.trace}: {e.strerror or e}")
    except (EOFError, ValueError, KeyError, TypeError, zlib.error):
        sys.exit(f"trace.py: {args.trace}: found something else or a part, expected a whole trace (vcpusim --trace)")
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    tracks = [t for t in sorted({(e["pid"], e["tid"]) for e in events if e["ph"] == "X"}) if t[0] != 3]
    rows = {t: n for n, t in enumerate(tracks)}
    plt.rcParams["svg.hashsalt"] = "vcpusim"
    plt.rcParams["svg.fonttype"] = "none"
    figure, ax = plt.subplots(figsize=(9, 0.22 * len(rows) + 1.3), layout="constrained")
    for e in events:
        if e["ph"] == "X" and (e["pid"], e["tid"]) in rows:
            colour = COLOURS.get(e["name"], OTHER if e["pid"] != 1 else ON_CPU)
            ax.barh(rows[e["pid"], e["tid"]], e["dur"], left=e["ts"], height=0.8, color=colour)
    ax.set_yticks(range(len(tracks)), [names[t] + (" asks" if t[0] == 4 else "") for t in tracks],
                  fontsize=8)
    ax.set_ylim(len(tracks) - 0.4, -0.6)
    ax.set_xlim(min(e["ts"] for e in events if e["ph"] == "X"),
                max(e["ts"] + e["dur"] for e in events if e["ph"] == "X"))
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel("simulated time, us")
    ax.legend([plt.Rectangle((0, 0), 1, 1, color=c) for c in LEGEND.values()], list(LEGEND), fontsize=8,
              loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False)
    figure.savefig(args.o, metadata={"Date": None} if args.o.endswith(".svg") else None)


if __name__ == "__main__":
    main()
