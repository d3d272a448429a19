#!/usr/bin/python3
"""Paired differences of two results, or of two tables of one.

compare.py A.json B.json                     each table that both have
compare.py A.json B.json --table fixed       that table only
compare.py A.json --table fixed --table chunked
"""

from vcpusim_results import ResultError, complete, merge, paired, plots, program, text
from vcpusim_results.histogram import SUB

WHOLE_RUN = "the whole run"
PERCENTILES = (("p50", 500_000), ("p90", 900_000), ("p99", 990_000), ("p999", 999_000))
NAMES = {"p999": "p99.9", "throughput": "per s"}


class Side:
    """One table's complete runs of one operation"""

    def __init__(self, runs, table, operation):
        rows = runs[runs.table == table]
        rows = rows[rows.operation == operation] if operation != WHOLE_RUN else rows
        self.rows = rows.drop_duplicates("replication").set_index("replication").sort_index()

    def overall(self, column, ppm=None):
        """Over all replications: percentiles of all samples together, means of figures"""
        if ppm is not None:
            pool = merge(self.rows.latency)
            return pool.percentile(ppm) if pool.count else None
        return self.rows[column].astype(float).mean()


def metrics(operation):
    """(name, column, ppm or None, form, is more better)"""
    if operation == WHOLE_RUN:
        yield "table memory", "memory_peak_bytes", None, text.size, False
        return
    yield "throughput", "throughput_per_s", None, text.rate, True
    yield "mean", "latency_mean_ns", None, text.ns, False
    for name, ppm in PERCENTILES:
        yield name, f"latency_{name}_ns", ppm, text.ns, False
    for kind, name in ("to_online", "to online"), ("to_last", "to last"), ("delivery", "delivery"):
        yield name, f"{kind}_mean_ns", None, text.ns, False


def shown_better(d, ppm, a, b, more):
    """"A", "B", or None: the interval has zero, or percentiles are in neighbouring buckets"""
    if d is None or not d.differs or (ppm is not None and abs(d.value) <= max(a, b) / SUB):
        return None
    return "A" if (d.value > 0) == more else "B"


def differences(a, b, operation):
    """(name, a, b, Estimate of a - b or None, form, better: "A", "B" or None) of two Sides"""
    for name, column, ppm, form, more in metrics(operation):
        x, y = a.rows[column].astype(float), b.rows[column].astype(float)
        if x.isna().all() and y.isna().all() and ppm is None:
            continue
        both = x.index.intersection(y.index)
        x, y = x[both], y[both]
        d = paired(x, y) if len(both) and not x.isna().any() and not y.isna().any() else None
        of_a, of_b = a.overall(column, ppm), b.overall(column, ppm)
        yield name, of_a, of_b, d, form, shown_better(d, ppm, of_a, of_b, more)


def of_scenarios(a, b, at=""):
    """(pointer, a, b) where two scenarios differ"""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            yield from of_scenarios(a.get(key), b.get(key), f"{at}/{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for n, (x, y) in enumerate(zip(a, b)):
            yield from of_scenarios(x, y, f"{at}/{n}")
    elif a != b:
        yield at, a, b


def of_programs(a, b):
    """(what, a, b) where other programs made two results"""
    a, b = a.provenance, b.provenance
    if a["version"] != b["version"]:
        yield "vcpusim", a["version"], b["version"]
    code = {m["name"]: (m["compiler"], m["hash"]) for m in b["modules"]}
    for m in a["modules"]:
        mine, other = (m["compiler"], m["hash"]), code.get(m["name"], ())
        if other and other != mine:
            yield f"code of {m['name']}", " ".join(mine), " ".join(other)


def sides(results, tables):
    """(name of the pair, A, B): (runs, table) each"""
    if len(results) == 1:
        if len(tables) != 2:
            raise ResultError("found one file: expected a second one, or --table twice")
        here = results[0].tables
        for table in tables:
            program.pick("table", table, here)
        return [(f"A = {tables[0]}, B = {tables[1]}",
                 *((complete(results[0].runs), t) for t in tables))]
    if len(results) != 2:
        raise ResultError(f"found {len(results)} files, expected one or two")
    if len(tables) > 1:
        first, second = tables[:2]
        for result, table in zip(results, tables):
            program.pick(f"table in {result.path}:", table, result.tables)
        pairs = [(first, second)]
    else:
        common = [t for t in results[0].tables if t in results[1].tables]
        if not common:
            raise ResultError("the two results have no table in common: name one of each by --table")
        pairs = [(t, t) for t in program.pick("table in both:", *(tables or [None]), common)]
    return [(a if a == b else f"A = {a}, B = {b}", (complete(results[0].runs), a),
             (complete(results[1].runs), b)) for a, b in pairs]


def compare(results, tables):
    """[(pair, operation, [differences])]"""
    out = []
    for name, (runs_a, a), (runs_b, b) in sides(results, tables):
        there = [o for o in dict.fromkeys(runs_a.operation) if o in set(runs_b.operation)]
        for operation in [*there, WHOLE_RUN] if there else []:
            x, y = Side(runs_a, a, operation), Side(runs_b, b, operation)
            if len(x.rows) and len(y.rows):
                out.append((name, operation, list(differences(x, y, operation))))
    if not out:
        raise ResultError("nothing to compare: no operation of which both sides have complete runs")
    return out


def show(results, compared):
    names = [r.path for r in results]
    if results[0].backend == "native":
        print("NATIVE: measured on a real machine, no two runs alike")
    if len(results) == 2:
        print(f"A: {names[0]} ({results[0].name})\nB: {names[1]} ({results[1].name})")
        for pointer, a, b in of_scenarios(results[0].scenario, results[1].scenario):
            print(f"  {pointer}: A {a}, B {b}")
        for what, a, b in of_programs(*results):
            print(f"  {what}: A {a}, B {b}")
    else:
        print(f"{names[0]} ({results[0].name})")
    for name, operation, rows in compared:
        n = max((d.n for *_, d, _, _ in rows if d), default=0)
        print(f"\n{name}, {operation}, {n} pairs of replications")
        print("\n".join(text.columns(
            ("", "A", "B", "A - B (95 % interval)", "of B", "better"),
            [(NAMES.get(metric, metric), form(a), form(b), text.interval(d, form), of_b(d, b),
              better or "?") for metric, a, b, d, form, better in rows])))
    print("\nbetter: the interval of the paired differences excludes zero; ?: it does not, or there "
          "are too few\nsamples or replications to say, or percentiles lie in neighbouring buckets. "
          "Percentiles: of all\nreplications together; their differences: of the replications' own.")


def of_b(d, b):
    return text.UNKNOWN if d is None or not b else f"{100 * d.value / b:+.1f} %"


def plot(compared, width=plots.WIDTH):
    known = [(f"{name}: {operation}", [(NAMES.get(m, m), d, b, better)
                                       for m, _, b, d, _, better in reversed(rows) if d and b])
             for name, operation, rows in compared if operation != WHOLE_RUN]
    figure, axes = plots.panels(len(known), heights=[len(rows) + 1.6 for _, rows in known],
                                height=0.33, width=width)
    for ax, (title, rows) in zip(axes, known):
        for y, (_, d, b, better) in enumerate(rows):
            color = {"A": "#0072b2", "B": "#d55e00", None: plots.FAINT}[better]
            if d.low is not None:
                ax.plot([100 * d.low / b, 100 * d.high / b], [y, y], color=color, lw=3)
            ax.plot(100 * d.value / b, y, {"A": "o", "B": "s", None: "D"}[better], color=color)
        ax.axvline(0, color=plots.INK, lw=1)
        ax.set_yticks(range(len(rows)), [m for m, *_ in rows])
        ax.set_ylim(-0.6, len(rows) - 0.4)
        ax.set_title(title)
    axes[-1].set_xlabel("A - B in % of B, with 95 % interval\n"
                        "(circle: A is better; square: B is; grey diamond: not shown)")
    return figure


def main():
    parser = program.arguments(__doc__.split("\n")[0])
    parser.add_argument("--table", action="append", default=[], metavar="NAME",
                        help="compare this table; twice: A's with B's")
    args = parser.parse_args()
    results = program.read_all(args.files)
    compared = compare(results, args.table)
    if args.output:
        plots.save(plot(compared), args.output)
    show(results, compared)


if __name__ == "__main__":
    program.run(main)
