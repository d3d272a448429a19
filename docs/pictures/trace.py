#!/usr/bin/python3
"""Draw a part of a trace (vcpusim --trace), for those without a viewer: trace.py TRACE.json -o FILE.svg"""

import argparse
import gzip
import json

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

COLOURS = {"guest": "#009e73", "host": "#e69f00", "running": "#e69f00", "runnable": "#d55e00",
           "halted": "#dddddd", "idle": "#dddddd", "switching": "#d55e00", "lock": "#cc79a7",
           "grace period": "#cc79a7", "timer": "#eeeeee", "no work": "#eeeeee"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace")
    parser.add_argument("-o", required=True, metavar="FILE")
    args = parser.parse_args()
    with (gzip.open if args.trace.endswith(".gz") else open)(args.trace, "rt") as f:
        events = json.load(f)["traceEvents"]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    tracks = [t for t in sorted({(e["pid"], e["tid"]) for e in events if e["ph"] == "X"}) if t[0] != 3]
    rows = {t: n for n, t in enumerate(tracks)}
    plt.rcParams["svg.hashsalt"] = "vcpusim"
    figure, ax = plt.subplots(figsize=(9, 0.22 * len(rows) + 0.8), layout="constrained")
    for e in events:
        if e["ph"] == "X" and (e["pid"], e["tid"]) in rows:
            colour = COLOURS.get(e["name"], "#0072b2" if e["pid"] != 1 else "#56b4e9")
            ax.barh(rows[e["pid"], e["tid"]], e["dur"], left=e["ts"], height=0.8, color=colour)
    ax.set_yticks(range(len(tracks)), [names[t] + (" asks" if t[0] == 4 else "") for t in tracks],
                  fontsize=7)
    ax.invert_yaxis()
    ax.set_xlabel("simulated time, us")
    figure.savefig(args.o, metadata={"Date": None} if args.o.endswith(".svg") else None)


if __name__ == "__main__":
    main()
