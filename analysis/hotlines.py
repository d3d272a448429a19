#!/usr/bin/python3
"""The cache lines that cost most: what lies in them, who reads and writes them, what was lost."""

from vcpusim_results import ResultError, plots, program, text

DISTANCES = {"same_l3": "transfer_same_l3", "same_socket": "transfer_same_socket",
             "cross_socket": "transfer_cross_socket", "far_socket": "transfer_far_socket"}


def who(entry):
    """Of readers or writers: a name, or an object of a few values"""
    return " ".join(map(str, entry.values())) if isinstance(entry, dict) else str(entry)


def add(into, line):
    for key in "loads", "stores", "lost_ns":
        into[key] = into.get(key, 0) + line[key]
    for distance in DISTANCES:
        into[distance] = into.get(distance, 0) + line["transfers"][distance]
    for key in "readers", "writers":
        into[key] = list(dict.fromkeys([*into.get(key, []), *map(who, line[key])]))


def hot_lines(result, table=None):
    """{table: (runs, [(object, field, sums over runs)])}, those that cost most first"""
    out = {}
    for t in program.pick("table", table, result.tables):
        runs = [r["hot_lines"] for r in result.document["runs"]
                if r["table"] == t and "hot_lines" in r]
        sums = {}
        for line in (line for run in runs for line in run):
            add(sums.setdefault((line["object"], line["field"]), {}), line)
        if runs:
            out[t] = len(runs), [(*key, s) for key, s in
                                 sorted(sums.items(), key=lambda item: -item[1]["lost_ns"])]
    if not out:
        raise ResultError(f"{result.path}: /runs: found no run with hot_lines")
    return out


HEADER = ("object", "field", "lost", "loads", "stores", "same L3", "same socket", "cross socket",
          "far socket")


def rows_of(runs, lines):
    """Per run: what was lost in all, accesses, transfers by distance"""
    for obj, field, s in lines:
        yield (obj, field or "", text.ns(s["lost_ns"] / runs),
               *(text.rate(s[k] / runs) for k in ("loads", "stores", *DISTANCES)))


def show(result, hot, n):
    print(f"{result.path} ({result.name}): lines that cost most, per run; what was lost is time that "
          "cores\nwaited for the line; transfers (HITM) by where the line came from")
    for table, (runs, lines) in hot.items():
        print(f"\n{table}")
        print("\n".join(text.columns(HEADER, rows_of(runs, lines[:n]), left=2)))
        for obj, field, s in lines[:n]:
            print(f"  {obj} {field or ''}: written by {', '.join(s['writers']) or 'nobody'}; "
                  f"read by {', '.join(s['readers']) or 'nobody'}")


def plot(hot, n, width=plots.WIDTH):
    figure, axes = plots.panels(len(hot), width, 0.3, [len(lines[:n]) + 2.2
                                                       for _, lines in hot.values()])
    for ax, (table, (runs, lines)) in zip(axes, hot.items()):
        for y, (_, _, s) in enumerate(lines[:n]):
            ns = s["lost_ns"] / runs
            ax.barh(y, ns, height=0.7, color="#0072b2")
            ax.annotate(text.ns(ns), (ns, y), xytext=(4, 0), textcoords="offset points", va="center")
        ax.set_yticks(range(len(lines[:n])), [f"{o} {f or ''}" for o, f, _ in lines[:n]])
        ax.set_ylim(len(lines[:n]) - 0.45, -0.55)
        ax.set_xlim(0, 1.15 * max((s["lost_ns"] / runs for *_, s in lines[:n]), default=1) or 1)
        ax.xaxis.set_major_formatter(lambda v, _: plots.short(v) if v else "0")
        ax.grid(axis="y", visible=False)
        ax.set_title(table)
    axes[-1].set_xlabel("time that cores waited for the line, per run, all cores together")
    return figure


def main():
    parser = program.arguments(__doc__, many=False)
    parser.add_argument("--table", metavar="NAME", help="this one only")
    parser.add_argument("-n", type=int, default=10, metavar="N", help="so many (default: 10)")
    args = parser.parse_args()
    result = program.read_all(args.files)[0]
    hot = hot_lines(result, args.table)
    if args.output:
        plots.save(plot(hot, args.n), args.output)
    show(result, hot, args.n)


if __name__ == "__main__":
    program.run(main)
