#!/usr/bin/python3
"""Throughput and p99 against a parameter of the scenario, over several results.

for n in 64 256 1024; do ./vcpusim --set /vm/max_vcpus=$n -o n$n.json ...; done
scaling.py n*.json --by /vm/max_vcpus
"""

from vcpusim_results import Estimate, ResultError, complete, mean_interval, merge, plots, program
from vcpusim_results import series, text

METRICS = {"throughput": ("throughput_per_s", text.rate, "operations per s"),
           "p99": ("latency_p99_ns", text.ns, "p99 latency")}


def estimate(rows, metric):
    """Over replications: the mean throughput; p99 of all together, +- as the own ones scatter"""
    if rows.empty:
        return None
    own = rows[METRICS[metric][0]]
    spread = None if own.isna().any() else mean_interval(own)
    if metric != "p99":
        return spread
    value = merge(rows.latency).percentile(990_000)
    if value is None:
        return None
    if spread is None or spread.low is None:
        return Estimate(value, None, None, len(rows))
    half = spread.high - spread.value
    return Estimate(value, value - half, value + half, len(rows))


def scaling(results, by):
    """(values of the parameter, {operation: {metric: {table: [Estimate or None]}}})"""
    points = series.ordered(results, by)
    out = {}
    for op in dict.fromkeys(o for r in results for o in complete(r.runs).operation):
        out[op] = {metric: {table: [] for table in series.tables(results)} for metric in METRICS}
        for metric, of_tables in out[op].items():
            for table, estimates in of_tables.items():
                for _, r in points:
                    runs = complete(r.runs)
                    rows = runs[(runs.operation == op) & (runs.table == table)]
                    estimates.append(estimate(rows, metric))
    if not out:
        raise ResultError("no result has a complete run")
    return [x for x, _ in points], out


def show(values, by, scaled):
    for op, metrics in scaled.items():
        for metric, of_tables in metrics.items():
            print(f"\n{op}: {METRICS[metric][2]} (95 % interval)")
            print("\n".join(text.columns(
                (by, *of_tables),
                [(x, *(text.interval(e[i], METRICS[metric][1]) for e in of_tables.values()))
                 for i, x in enumerate(values)])))


def plot(results, values, by, scaled, width=plots.WIDTH):
    wanted = [(op, metric, t) for op, metrics in scaled.items() for metric, t in metrics.items()
              if any(any(e) for e in t.values())]
    figure, axes = plots.panels(len(wanted), width)
    for ax, (op, metric, of_tables) in zip(axes, wanted):
        series.lines(ax, values, of_tables, results, METRICS[metric][1])
        series.x_axis(ax, values, by)
        ax.set_title(f"{op}: {METRICS[metric][2]}")
        ax.set_ylabel(METRICS[metric][2])
    return figure


def main():
    parser = program.arguments(__doc__.split("\n")[0])
    parser.add_argument("--by", metavar="POINTER", default="/vm/max_vcpus",
                        help="parameter of the scenario, as --set names it (default: %(default)s)")
    args = parser.parse_args()
    results = program.read_all(args.files)
    values, scaled = scaling(results, args.by)
    if args.output:
        plots.save(plot(results, values, args.by, scaled), args.output)
    show(values, args.by, scaled)


if __name__ == "__main__":
    program.run(main)
