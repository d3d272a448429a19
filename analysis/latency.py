#!/usr/bin/python3
"""The distribution of latencies by percentile, all replications together, tail enlarged."""

from matplotlib import ticker

from vcpusim_results import ResultError, complete, merge, plots, program, text
from vcpusim_results.histogram import MIN_ABOVE, PPM
from vcpusim_results.results import LATENCIES

SHOWN = (0, 500_000, 900_000, 990_000, 999_000, 999_900, 999_990)
TITLES = {"latency": "latency", "to_online": "time until the new vCPU first enters the guest",
          "to_last": "time until the last target has it", "delivery": "time until a target has it"}


def percent(ppm):
    return f"p{ppm / 10_000:g}"


def pools(result, kind, operation=None):
    """{operation: {table: Histogram}} of those that have samples"""
    runs = complete(result.runs)
    out = {}
    for op in program.pick("operation", operation, dict.fromkeys(runs.operation)):
        rows = runs[runs.operation == op]
        tables = {t: merge(rows[rows.table == t][kind]) for t in result.tables}
        tables = {t: h for t, h in tables.items() if h.count}
        if tables:
            out[op] = tables
    if not out:
        raise ResultError(f"{result.path}: no complete run has samples of {kind}")
    return out


def show(result, kind, pooled):
    print(f"{result.path} ({result.name}): {TITLES[kind]}")
    for operation, tables in pooled.items():
        shown = [p for p in SHOWN[1:] if any(h.percentile(p) is not None for h in tables.values())]
        print(f"\n{operation}")
        print("\n".join(text.columns(
            ("table", "samples", "min", "mean", *map(percent, shown), "max"),
            [(t, h.count, text.ns(h.min_ps / 1000), text.ns(h.mean),
              *(text.ns(h.percentile(p)) for p in shown), text.ns(h.max))
             for t, h in tables.items()])))


def tail(h):
    """x: samples per sample above (1: p0, 10: p90, 100: p99 ...), value; known part, rest"""
    known, rest = [(1, h.min_ps / 1000)], []
    for above, value in h.curve():
        if above >= MIN_ABOVE:
            known.append((h.count / above, value))
            continue
        if not rest and h.count > MIN_ABOVE:  # the bucket in which the tenth from the end lies
            known.append((h.count / MIN_ABOVE, value))
        rest = rest or known[-1:]
        rest.append((h.count / max(above, 1), value))
    return known, rest


def draw(ax, tables, style):
    ends = []
    for table, h in tables.items():
        known, rest = tail(h)
        look = dict(style[table], marker="")
        ax.plot(*zip(*known), drawstyle="steps-pre", **look)
        ax.plot(*zip(*rest), drawstyle="steps-pre", **dict(look, linestyle=":", lw=1, alpha=0.8))
        ax.plot(rest[-1][0], h.max, marker=style[table]["marker"], color=look["color"], ls="")
        ends.append((rest[-1][0], h.max, table))
    ax.set_xscale("log")
    ax.set_yscale("log")
    most = max(x for x, _, _ in ends)
    ax.set_xlim(1, most * 1.15)
    ax.xaxis.set_major_locator(ticker.FixedLocator([PPM / (PPM - p) for p in SHOWN
                                                    if PPM / (PPM - p) <= most * 1.15]))
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{100 - 100 / x:.6g}"))
    ax.xaxis.set_minor_locator(ticker.NullLocator())
    plots.log_axis(ax.yaxis, text.ns)
    plots.label_ends(ax, ends, style)


def plot(result, kind, pooled, width=plots.WIDTH):
    style = plots.looks(result.tables)
    figure, axes = plots.panels(len(pooled), width)
    for ax, (operation, tables) in zip(axes, pooled.items()):
        draw(ax, tables, style)
        ax.set_title(f"{operation}: {TITLES[kind]}")
        ax.set_ylabel("simulated time")
    axes[-1].set_xlabel("percentile (dotted: fewer than ten samples above; marker: maximum)",
                        fontsize=10)
    return figure


def main():
    parser = program.arguments(__doc__, many=False)
    parser.add_argument("--operation", metavar="NAME", help="this one only")
    parser.add_argument("--kind", choices=LATENCIES, default="latency",
                        help="which latency (default: %(default)s)")
    args = parser.parse_args()
    result = program.read_all(args.files)[0]
    pooled = pools(result, args.kind, args.operation)
    if args.output:
        plots.save(plot(result, args.kind, pooled), args.output)
    show(result, args.kind, pooled)


if __name__ == "__main__":
    program.run(main)
