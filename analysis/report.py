#!/usr/bin/python3
"""One page (HTML) with everything that results say: verdict, plots, tables, assumptions.

It needs nothing from elsewhere, can be sorted, printed and read on a phone.
"""

import json

import breakdown
import compare
import hotlines
import latency
import memory
import scaling
from vcpusim_results import (ResultError, complete, mean_interval, merge, page, paired, program, series,
                             text)

WIDTH = 5.2  # inches of a plot: its text can still be read where a phone shrinks it
ARRIVALS = {"closed": "one after the other", "open": "at times drawn beforehand",
            "paced": "one per {every} of {stream}"}
PERCENTILES = ((500_000, "p50"), (900_000, "p90"), (990_000, "p99"), (999_000, "p99.9"))


def rows_of(result, operation, table):
    runs = complete(result.runs)
    rows = runs[(runs.operation == operation) & (runs.table == table)]
    return rows.set_index("replication").sort_index()


def operations(result):
    return list(dict.fromkeys(complete(result.runs).operation))


def tables(result, operation):
    return [t for t in result.tables if len(rows_of(result, operation, t))]


# -- in words ----------------------------------------------------------------------------------


def verdict(result, operation):
    """A sentence, and rows of the paired differences to the table that is fastest on the mean"""
    means = {t: rows_of(result, operation, t).latency_mean_ns for t in tables(result, operation)}
    means = {t: m for t, m in means.items() if len(m) and not m.isna().any()}
    if len(means) < 2:
        return f"{operation}: fewer than two tables completed it, nothing to compare.", []
    best, *others = sorted(means, key=lambda t: (means[t].mean(), t))
    differences = {}
    for other in others:
        both = means[best].index.intersection(means[other].index)
        if len(both):
            differences[other] = paired(means[other][both], means[best][both])
    rows = [(t, (text.ns(means[t].mean()), means[t].mean()),
             (text.interval(d, text.ns), d.value),
             (f"{text.rate(means[t].mean() / means[best].mean())} times", means[t].mean()),
             "yes" if d.differs else "not shown") for t, d in differences.items()]
    if differences and len(differences) == len(others) and all(d.low is not None and d.low > 0
                                                               for d in differences.values()):
        second = differences[others[0]]
        return (f"{operation}: {best} is fastest on the mean, {text.ns(means[best].mean())}. "
                f"{others[0]}, the next, takes {text.interval(second, text.ns)} longer. Every 95 % "
                f"interval of paired differences, over {second.n} replications, excludes zero.", rows)
    why = ("there is one replication only" if max(len(means[t]) for t in means) < 2 else
           "a 95 % interval of the paired differences includes zero")
    return (f"{operation}: no winner. {best} has the lowest mean, {text.ns(means[best].mean())}, but {why}.",
            rows)


def distribution(d):
    values = ", ".join(f"{k} {v:,.15g}" for k, v in d.items() if isinstance(v, (int, float)))
    return f"{d['dist']} ({values})" if values else d["dist"]


def stream_words(s):
    who, n = next(iter(s["from"].items()))
    who = who.replace("_", " ")
    count = f"{s['count']:,} times" if "count" in s else (
        f"for {s['for_ms']:g} ms" if "for_ms" in s else f"until {s.get('until')} ends")
    how = ARRIVALS.get(s.get("arrival", "closed"), "").format(**s.get("pace", {}))
    for key, words in ("think_us", "thinking time"), ("gap_us", "gap"):
        if key in s and s[key] != {"dist": "constant", "value": 0}:
            how += f", {words} {distribution(s[key])} us"
    return (f"{s['name']}: {s['op']}, {count}, by {n} {who if n > 1 else who.rstrip('s')}, {how}, "
            f"from {s.get('start_ms', 0):g} ms on")


def setting(result):
    s, host, vm = result.scenario, result.scenario.get("host", {}), result.scenario.get("vm")
    machine = result.provenance["machine"]
    words = [f"The host has {host.get('cpus', 'all')} CPUs of {machine['name']} "
             f"({machine['description']}), {host.get('hz', '?')} ticks per second and "
             f"preemption \"{host.get('preempt', '?')}\"."]
    if vm:
        words.append(
            f"The VM starts with {vm.get('boot_vcpus', 1):,} vCPUs and may have {vm['max_vcpus']:,}; "
            f"its threads are {'pinned' if vm.get('placement') == 'pinned' else 'free to move'}.")
    if "guest" in s:
        words.append(f"A guest runs {distribution(s['guest']['run_us'])} us and then halts "
                     f"{distribution(s['guest']['halt_us'])} us, unless woken.")
    words.append(f"{s['replications']} replications of each table; replications of one number draw the "
                 "same random numbers.")
    streams = "".join(f"<li>{page.escape(stream_words(stream))}</li>" for stream in s["streams"])
    return f"<p>{' '.join(map(page.escape, words))}</p><ul>{streams}</ul>"


def troubles(result):
    """Runs that did not end well, violations, and streams that could not be served"""
    rows = [(r["table"], str(r["replication"]), r["status"].replace("_", " "), r["message"] or "")
            for r in result.document["runs"] if r["status"] not in ("ok", "check_failed")]
    rows += [(r["table"], str(r["replication"]), f"{v['check']}, {v['count']:g} times",
              f"first at {text.ns(v['first_ns'])}: {v['message']}")
             for r in result.document["runs"] for v in r["violations"]]
    rows += [(r["table"], str(r["replication"]), "overloaded", f"{o['stream']} asks for {o['utilisation']:.2f} times "
              "the time its issuers have: its latencies grow with the length of the run")
             for r in result.document["runs"] for o in r.get("open_streams", ()) if (o["utilisation"] or 0) > 1]
    out = ""
    if result.document["partial"]:
        out = '<p class="bad">Interrupted: only the finished runs are here.</p>'
    if not rows:
        return out + "<p>All runs came to their end and no check found anything.</p>"
    return (out + '<p class="bad">Not all is well; figures of these tables are to be doubted.</p>'
            + page.table("Violations, overload and runs that ended early",
                         ("table", "replication", "what", "message"), rows, text=True))


# -- figures -----------------------------------------------------------------------------------


def figures(result, operation):
    rows = []
    for t in tables(result, operation):
        of = rows_of(result, operation, t)
        pool, rate = merge(of.latency), mean_interval(of.throughput_per_s)
        known = [pool.percentile(p) if pool.count else None for p, _ in PERCENTILES]
        peak = of.memory_peak_bytes.max()
        rows.append((t, (f"{of['count'].sum():,}", of["count"].sum()),
                     (text.rate(rate.value), rate.value), (text.ns(pool.mean), pool.mean),
                     *((text.ns(v), v) for v in known),
                     (text.ns(pool.max), pool.max), (text.size(peak), peak),
                     ("-" if rate.low is None else
                      f"{text.rate(rate.low)} to {text.rate(rate.high)}", rate.value)))
    return page.table(f"{operation}: all replications together. -: fewer than ten samples above",
                      ("table", "ops", "per s", "mean", *(n for _, n in PERCENTILES), "max", "memory",
                       "per s, 95 % interval"), rows)


def breakdown_table(operation, column, bars):
    causes = breakdown.main_causes([bars])
    rows = [(breakdown.plots.CAUSES[c][0],
             *((f"{text.ns(v)} ({100 * v / sum(p.values()):.1f} %)", v)
               for p in bars.values() for v in [breakdown.folded(p, causes)[c]]))
            for c in [*causes, "other"]]
    return page.table(f"{operation}: {breakdown.WHICH[column][1]}, by cause", ("cause", *bars), rows)


class Pictures:
    """Numbers them through the page."""

    def __init__(self):
        self.n = 0

    def __call__(self, figure, title, description):
        self.n += 1
        return page.picture(self.n, figure, title, description)


def latencies(result, pictures):
    try:
        pooled = latency.pools(result, "latency")
    except ResultError:
        return "<p>No complete run has latencies.</p>"
    out = []
    for op, histograms in pooled.items():
        words = "; ".join(f"{t}: " + ", ".join(
            f"{name} {text.ns(h.percentile(p))}" for p, name in PERCENTILES
            if h.percentile(p) is not None) + f", maximum {text.ns(h.max)}"
            for t, h in histograms.items()).replace(": , ", ": ")
        out.append(pictures(latency.plot(result, "latency", {op: histograms}, WIDTH),
                            f"Latency of {op} by percentile, a line per table", words))
    return "\n".join(out)


def breakdowns(result, pictures):
    try:
        parts = breakdown.breakdowns(result)
    except ResultError:
        return "<p>No complete run has a breakdown.</p>"
    out = []
    for op in dict.fromkeys(o for o, _, _ in parts):
        of_op = [p for p in parts if p[0] == op]
        words = "; ".join(f"{t}, {breakdown.WHICH[column][1]}: {text.ns(sum(p.values()))}, most of it "
                          f"{breakdown.plots.CAUSES[max(p, key=p.get)][0]}"
                          for _, column, bars in of_op for t, p in bars.items())
        out.append(pictures(breakdown.plot(of_op, width=WIDTH), f"Where the time of {op} went, a bar "
                            "per table", words))
        out.append(page.details(f"{op} as tables", "\n".join(breakdown_table(*p) for p in of_op)))
    return "\n".join(out)


def lines(result, pictures):
    try:
        hot = hotlines.hot_lines(result)
    except ResultError:
        return ""
    found = [page.table(f"{t}: cache lines that cost most, per run", hotlines.HEADER,
                        hotlines.rows_of(runs, of_table[:10])) for t, (runs, of_table) in hot.items()]
    words = "; ".join(f"{t}: {of_table[0][0]} {of_table[0][1]}" for t, (_, of_table) in
                      hot.items() if of_table)
    return ("<h2>Hot lines</h2>" + pictures(hotlines.plot(hot, 10, WIDTH),
                                            "Cache lines that cost most", words) + "\n".join(found))


# -- where it comes from -----------------------------------------------------------------------


def assumptions(result):
    parameters = result.provenance["machine"]["parameters"]
    assumed = [p for p in parameters if "assumed" in p]
    others = [p for p in parameters if "assumed" not in p]

    def rows(some):
        return [(p["pointer"].lstrip("/"), "-" if p["value"] is None else f"{p['value']:g}",
                 *((f"{kind}: {p[kind]}") for kind in ("assumed", "derived", "source") if kind in p))
                for p in some]
    head = ("parameter", "value", "origin")
    return (f"<p>{len(assumed)} of the machine's {len(parameters)} numbers are assumed, that is, have no "
            "source. Ratios between tables on one machine mean more than nanoseconds do.</p>"
            + page.details(f"The {len(assumed)} assumed numbers",
                           page.table("Assumed", head, rows(assumed), text=True))
            + page.details(f"The {len(others)} others, with their sources",
                           page.table("Published, measured or derived", head, rows(others), text=True)))


def reproduce(result):
    p = result.provenance
    command = f"./vcpusim {result.name}.json"
    return (f"<pre>{page.escape(command)}</pre><p>with the scenario below in that file, vcpusim "
            f"{page.escape(p['version'])}, SimGrid {page.escape(p['simgrid_version'])}, "
            f"seed {p['seed']} (in it), window {p['machine']['window_ns']:g} ns. The same scenario and modules give the same bytes.</p>"
            + page.table("Modules", ("module", "compiler", "hash of its code"),
                         [(m["name"], m["compiler"] or "-", m["hash"]) for m in p["modules"]], text=True)
            + page.details(f"The scenario, {result.name}.json",
                           f"<pre>{page.escape(json.dumps(result.scenario, indent=2))}</pre>"))


# -- the page ----------------------------------------------------------------------------------


def one(result, pictures, which=""):
    found = [(op, *verdict(result, op)) for op in operations(result)]
    verdicts = "\n".join(f"<p><strong>{page.escape(words)}</strong></p>" + (page.table(
        f"{op}: mean latency against the fastest", ("table", "mean", "longer (95 %)",
                                                    "ratio", "differs"), rows) if rows else "")
        for op, words, rows in found) or "<p>No run came to its end.</p>"
    return "\n".join((
        f"<h1>{page.escape(result.name + which)}</h1>",
        f"<p class=\"question\">{page.escape(result.scenario.get('description', ''))}</p>",
        "<h2>Verdict</h2>", verdicts, "<h2>Checks</h2>", troubles(result),
        "<h2>Scenario and machine</h2>", setting(result),
        "<h2>Figures</h2>", *(figures(result, op) for op in operations(result)),
        "<h2>Latency</h2><p class=\"note\">Right of 90 every decade is as wide as the one before. Dotted: "
        "fewer than ten samples above. Simulated time.</p>", latencies(result, pictures),
        "<h2>Where the time went</h2>", breakdowns(result, pictures), lines(result, pictures),
        "<h2>Assumptions</h2>", assumptions(result),
        "<h2>Doing it again</h2>", reproduce(result)))


def differing_number(results):
    """Pointer to a number of the scenarios that no two of them share; None: there is none"""
    differing = [{p for p, _, _ in compare.of_scenarios(results[0].scenario, r.scenario)}
                 for r in results[1:]]
    for p in ("/vm/max_vcpus", *sorted(set().union(*differing))):
        if all(p in d for d in differing):
            values = [r.parameter(p) for r in results]
            if series.are_numbers(values) and len(set(values)) == len(values):
                return p
    return None


def along(results, by, pictures):
    """Scaling and memory of several results that differ in one number"""
    values, scaled = scaling.scaling(results, by)
    _, peaks = memory.memory(results, by)
    words = f"{by} from {values[0]} to {values[-1]}; the figures are in each result's tables below"
    return "\n".join((
        f"<h1>Along {page.escape(by)}</h1>",
        pictures(scaling.plot(results, values, by, scaled, WIDTH), f"Throughput and p99 by {by}", words),
        pictures(memory.plot(results, values, by, peaks, WIDTH), f"Memory of the tables by {by}", words),
        page.table("Memory of the tables at their peak", (by, *peaks),
                   [((f"{x:,}", x), *((memory.cell(e[i]), e[i] and e[i].value)
                                      for e in peaks.values())) for i, x in enumerate(values)])))


def main():
    parser = program.arguments(__doc__.split("\n")[0], plot=False)
    parser.add_argument("-o", "--output", metavar="FILE.html", required=True,
                        type=program.ends_in((".html",)), help="where to write it")
    args = parser.parse_args()
    results = program.read_all(args.files)
    if results[0].backend != "simulated":
        raise ResultError(f"{results[0].path} is {results[0].backend}: a report is of simulated results")
    pictures = Pictures()
    by = differing_number(results) if len(results) > 1 else None
    if by:
        results = [r for _, r in series.ordered(results, by)]
        body = [along(results, by, pictures)]
        body += [one(r, pictures, f", {by} = {r.parameter(by)}") for r in results]
    else:
        body = [one(r, pictures) for r in results]
    program.write(args.output, page.page(", ".join(r.name for r in results), "\n".join(body)).encode())
    for result in results:
        print(f"{result.path} ({result.name})")
        for op in operations(result):
            print(f"  {verdict(result, op)[0]}")
    print(f"written: {args.output}")


if __name__ == "__main__":
    program.run(main)
