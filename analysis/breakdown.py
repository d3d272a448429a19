#!/usr/bin/python3
"""Where operations spent their time: the mean one, and those at or above p99, by cause."""

from matplotlib.patches import Patch

from vcpusim_results import ResultError, complete, plots, program, text

WHICH = {"breakdown_mean": ("count", "mean operation"),
         "breakdown_p99_up": ("p99_up_count", "operations at or above p99")}
LEAST = 0.02      # of an operation's time: causes that are less everywhere are "other"
FAR_APART = 20    # totals whose bars cannot be read side by side


def pooled(rows, column):
    """ns by cause over replications, weighted by operations; None: not known"""
    weight = WHICH[column][0]
    known = rows[rows[column].notna() & (rows[weight] > 0)]
    if known.empty:
        return None
    total = known[weight].sum()
    return {cause: float(sum((parts[cause] or 0) * n for parts, n in zip(known[column], known[weight]))
                         / total) for cause in plots.CAUSES if cause != "other"}


def breakdowns(result, operation=None):
    """[(operation, column of WHICH, {table: ns by cause})]"""
    runs = complete(result.runs)
    out = []
    for op in program.pick("operation", operation, dict.fromkeys(runs.operation)):
        for column in WHICH:
            bars = {t: pooled(runs[(runs.operation == op) & (runs.table == t)], column)
                    for t in result.tables}
            bars = {t: parts for t, parts in bars.items() if parts and sum(parts.values())}
            if bars:
                out.append((op, column, bars))
    if not out:
        raise ResultError(f"{result.path}: no complete run has a breakdown")
    return out


def main_causes(all_bars):
    """Those that are at least LEAST of some bar, in the fixed order"""
    return [c for c in plots.CAUSES if any(parts.get(c, 0) >= LEAST * sum(parts.values())
                                           for bars in all_bars for parts in bars.values())]


def folded(parts, causes):
    """With what is not among `causes` as "other" """
    kept = {c: parts[c] for c in causes}
    return {**kept, "other": max(0.0, sum(parts.values()) - sum(kept.values()))}


def rows_of(bars, causes):
    """Rows of a table: cause, then for each bar time and share"""
    for cause in [*causes, "other"]:
        cells = []
        for parts in bars.values():
            ns = folded(parts, causes)[cause]
            cells.append(f"{text.ns(ns)} {100 * ns / sum(parts.values()):4.1f} %")
        yield plots.CAUSES[cause][0], *cells
    yield "all", *(f"{text.ns(sum(parts.values()))}  100 %" for parts in bars.values())


def show(result, parts):
    print(f"{result.path} ({result.name}): where the time went")
    for operation, column, bars in parts:
        print(f"\n{operation}, {WHICH[column][1]}")
        print("\n".join(text.columns(("", *bars), rows_of(bars, main_causes([bars])))))
    print("\nAt or above p99: of each replication's own p99, in its bucket or a higher one.")


def draw(ax, bars, causes, shares):
    for y, parts in enumerate(bars.values()):
        total, left = sum(parts.values()), 0.0
        for cause, ns in folded(parts, causes).items():
            _, color, hatch = plots.CAUSES[cause]
            width = 100 * ns / total if shares else ns
            ax.barh(y, width, left=left, height=0.7, color=color, hatch=hatch, edgecolor="#ffffff",
                    linewidth=0.5)
            left += width
        ax.annotate(text.ns(total), (left, y), xytext=(4, 0), textcoords="offset points",
                    va="center", annotation_clip=False)
    ax.set_yticks(range(len(bars)), list(bars))
    ax.set_ylim(len(bars) - 0.45, -0.55)
    ax.grid(axis="y", visible=False)
    if shares:
        ax.set_xlim(0, 100)
        ax.set_xlabel("% of the time; the bar's whole time to the right")
    else:
        ax.set_xlim(0, 1.12 * max(sum(parts.values()) for parts in bars.values()))
        ax.xaxis.set_major_formatter(lambda v, _: plots.short(v) if v else "0")
        ax.xaxis.set_major_locator(plots.ticker.MaxNLocator(6))
        ax.set_xlabel("simulated time")


def plot(parts, shares=None, width=plots.WIDTH):
    """shares: True, False, or None: where totals are far apart"""
    causes = main_causes([bars for *_, bars in parts])
    across = max(1, int(width // 2.4))
    legend_rows = -(-(len(causes) + 1) // across)
    figure, axes = plots.panels(len(parts) + 1, width, 0.36,
                                [len(bars) + 2.2 for *_, bars in parts] + [0.75 * legend_rows])
    for ax, (operation, column, bars) in zip(axes, parts):
        totals = [sum(p.values()) for p in bars.values()]
        apart = max(totals) > FAR_APART * min(totals)
        draw(ax, bars, causes, apart if shares is None else shares)
        ax.set_title(f"{operation}: {WHICH[column][1]}")
    plots.legend(axes[-1], [Patch(facecolor=color, hatch=hatch, edgecolor="#ffffff", label=label)
                            for label, color, hatch in (plots.CAUSES[c] for c in [*causes, "other"])],
                 across)
    return figure


def main():
    parser = program.arguments(__doc__, many=False)
    parser.add_argument("--operation", metavar="NAME", help="this one only")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--shares", action="store_true", default=None,
                     help="bars of one length (default: where some are more than "
                          f"{FAR_APART} times as long as others)")
    how.add_argument("--times", action="store_false", dest="shares", help="bars as long as they took")
    args = parser.parse_args()
    result = program.read_all(args.files)[0]
    parts = breakdowns(result, args.operation)
    if args.output:
        plots.save(plot(parts, args.shares), args.output)
    show(result, parts)


if __name__ == "__main__":
    program.run(main)
