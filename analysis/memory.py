#!/usr/bin/python3
"""Memory of each table's own, at its peak, by number of vCPUs, over several results."""

from vcpusim_results import Estimate, ResultError, complete, plots, program, series, text


def memory(results, by):
    """(values of the parameter, {table: [Estimate or None]}); the range, not an interval"""
    points = series.ordered(results, by)
    out = {}
    for table in series.tables(results):
        out[table] = []
        for _, r in points:
            runs = complete(r.runs)
            peaks = runs[runs.table == table].drop_duplicates("replication").memory_peak_bytes
            out[table].append(None if peaks.empty else Estimate(
                float(peaks.mean()), float(peaks.min()), float(peaks.max()), len(peaks)))
    if not any(any(estimates) for estimates in out.values()):
        raise ResultError("no result has a complete run")
    return [x for x, _ in points], out


def cell(estimate):
    if estimate is None or estimate.low == estimate.high:
        return text.size(estimate and estimate.value)
    return text.interval(estimate, text.size)


def show(values, by, of_tables):
    print("Memory of the table at its peak (mean of the replications; lowest to highest)")
    print("\n".join(text.columns((by, *of_tables), [
        (x, *(cell(estimates[i]) for estimates in of_tables.values()))
        for i, x in enumerate(values)])))


def markdown(values, of_tables):
    """Exact bytes, a row for each table"""
    print("| table | " + " | ".join(f"{x:,}" for x in values) + " |")
    print("|---|" + "--:|" * len(values))
    for table, estimates in of_tables.items():
        print(f"| {table} | " + " | ".join(
            text.UNKNOWN if e is None else f"{e.value:,.0f}" for e in estimates) + " |")


def plot(results, values, by, of_tables, width=plots.WIDTH):
    figure, (ax,) = plots.panels(1, width, max(3.6, 0.28 * len(of_tables)))
    series.lines(ax, values, of_tables, results, text.size)
    series.x_axis(ax, values, by)
    ax.set_ylabel("memory of the table at its peak")
    return figure


def main():
    parser = program.arguments(__doc__)
    parser.add_argument("--by", metavar="POINTER", default=series.VCPUS,
                        help="a parameter of the scenario, as --set names it (default: %(default)s: "
                             "at boot and plugged in)")
    parser.add_argument("--markdown", action="store_true",
                        help="print a table for documents, in bytes, a row for each table")
    args = parser.parse_args()
    results = program.read_all(args.files)
    values, of_tables = memory(results, args.by)
    if args.output:
        plots.save(plot(results, values, args.by, of_tables), args.output)
    if args.markdown:
        markdown(values, of_tables)
    else:
        show(values, args.by, of_tables)


if __name__ == "__main__":
    program.run(main)
