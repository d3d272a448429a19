#!/usr/bin/python3
"""The cache lines that cost most: what lies in them, who reads and writes them, what was lost."""

from vcpusim_results import ResultError, plots, program, text

DISTANCES = {"same_l3": "transfer_same_l3", "same_socket": "transfer_same_socket",
             "cross_socket": "transfer_cross_socket", "far_socket": "transfer_far_socket"}


def who(entry):
    return entry["site"] + (f" ({entry['field']})" if entry["field"] else "")


def add(into, line):
    for key in "loads", "stores", "lost_ns", "lines":
        into[key] = into.get(key, 0) + line[key]
    for distance in DISTANCES:
        into[distance] = into.get(distance, 0) + line["transfers"][distance]
    into.setdefault("field", place(line))
    for key in "readers", "writers":
        into[key] = list(dict.fromkeys([*into.get(key, []), *map(who, line.get(key, ()))]))


def place(line):
    """Of a line: its offset in the object and what lies there"""
    return f"+{line['offset']} {line['field'] or ''}".rstrip() if "offset" in line else ""


def hot_lines(result, table=None, what="hot_lines"):
    """{table: (runs, [(object, field, sums over runs)])}, those that cost most first"""
    out = {}
    for t in program.pick("table", table, result.tables):
        runs = [r[what] for r in result.document["runs"] if r["table"] == t and what in r]
        sums = {}
        for line in (line for run in runs for line in run):
            add(sums.setdefault((line["object"], line.get("offset")), {}), line)
        if runs:
            out[t] = len(runs), [(key[0], s["field"], s) for key, s in
                                 sorted(sums.items(), key=lambda item: -item[1]["lost_ns"])]
    if not out:
        raise ResultError(f"{result.path}: /runs: found no run with {what}")
    return out


HEADER = ("object", "field", "lines", "lost", "loads", "stores", "same L3", "same socket",
          "cross socket", "far socket")


def rows_of(runs, lines):
    """Per run: what was lost in all, accesses, transfers by distance"""
    for obj, field, s in lines:
        yield (obj, field, text.rate(s["lines"] / runs), text.ns(s["lost_ns"] / runs),
               *(text.rate(s[k] / runs) for k in ("loads", "stores", *DISTANCES)))


def show(result, hot, n):
    print(f"{result.path} ({result.name}): what cost most, per run; lost is time that cores waited for "
          "lines, in so\nmany loads and stores; transfers (HITM) by where the line came from")
    for table, (runs, lines) in hot.items():
        print(f"\n{table}")
        print("\n".join(text.columns(HEADER, rows_of(runs, lines[:n]), left=2)))
        for obj, field, s in lines[:n]:
            if s["readers"] or s["writers"]:
                print(f"  {obj} {field}: written by {', '.join(s['writers']) or 'nobody'}; "
                      f"read by {', '.join(s['readers']) or 'nobody'}")


def short(label, most=44):
    return label if len(label) <= most else label[:most - 3].rstrip(" ,") + "..."


def plot(hot, n, width=plots.WIDTH):
    figure, axes = plots.panels(len(hot), width, 0.3, [len(lines[:n]) + 2.2
                                                       for _, lines in hot.values()])
    for ax, (table, (runs, lines)) in zip(axes, hot.items()):
        for y, (_, _, s) in enumerate(lines[:n]):
            ns = s["lost_ns"] / runs
            ax.barh(y, ns, height=0.7, color="#0072b2")
            ax.annotate(text.ns(ns), (ns, y), xytext=(4, 0), textcoords="offset points", va="center")
        ax.set_yticks(range(len(lines[:n])), [short(f"{o} {f}") for o, f, _ in lines[:n]])
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
    parser.add_argument("--objects", action="store_true",
                        help="whole objects, by where they are allocated")
    parser.add_argument("-n", type=int, default=10, metavar="N", help="so many (default: 10)")
    args = parser.parse_args()
    result = program.read_all(args.files)[0]
    hot = hot_lines(result, args.table, "hot_objects" if args.objects else "hot_lines")
    if args.output:
        plots.save(plot(hot, args.n), args.output)
    show(result, hot, args.n)


if __name__ == "__main__":
    program.run(main)
