"""Several results along one parameter."""

from . import plots
from .results import ResultError

VCPUS = "vCPUs in the end"
LEAST_SHOWN = 10  # on a log axis, intervals are cut at this part of the value


def ordered(results, by):
    """[(value of the parameter, Result)], upwards; by: a JSON pointer, or VCPUS"""
    points = [(r.vcpus if by == VCPUS else r.parameter(by), r) for r in results]
    seen = {}
    for x, r in points:
        if isinstance(x, (dict, list)):
            raise ResultError(f"{r.path}: {by} of the scenario is no single value")
        if x in seen:
            raise ResultError(f"{r.path} and {seen[x]} have the same {by}: {x}")
        seen[x] = r.path
    if are_numbers(seen):
        points.sort(key=lambda p: p[0])
    return points


def are_numbers(values):
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)


def tables(results):
    return list(dict.fromkeys(t for r in results for t in r.tables))


def places(values):
    """Where on the x axis: numbers where they are, names one after the other"""
    return values if are_numbers(values) else list(range(len(values)))


def x_axis(ax, values, label):
    at = places(values)
    if are_numbers(values) and min(values) > 0 and max(values) > 4 * min(values):
        ax.set_xscale("log")
    ax.update_datalim([(min(at), 1), (max(at), 1)], updatey=False)  # also where no line begins
    ax.autoscale_view(scaley=False)
    ax.set_xticks(at, [f"{v:,}" if are_numbers([v]) else str(v) for v in values])
    ax.set_xticks([], minor=True)
    ax.set_xlabel(label)


def lines(ax, values, series, results, form):
    """series: {table: [Estimate-like (value, low, high) or None per x]}; upwards on a log axis"""
    style, ends, at = plots.looks(tables(results)), [], places(values)
    for table, points in series.items():
        known = [(x, p) for x, p in zip(at, points) if p]
        if not known:
            continue
        xs, ys = [x for x, _ in known], [p[0] for _, p in known]
        ax.plot(xs, ys, **style[table])
        for x, (value, low, high, *_) in known:
            if low is not None:
                ax.plot([x, x], [max(low, value / LEAST_SHOWN), high], lw=1.2, marker="_",
                        color=style[table]["color"])
        ends.append((xs[-1], ys[-1], table))
    ax.set_yscale("log")
    plots.log_axis(ax.yaxis, form)
    plots.label_ends(ax, ends, style)
