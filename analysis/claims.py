#!/usr/bin/python3
"""What was said of the table designs in 2017, held against results: a row per claim.

    analysis/claims.py --run results/claims        runs what is missing there, then reads it
    analysis/claims.py results/claims/*.json       reads what is there
    analysis/claims.py --markdown ...              the table of docs/claims.md
    analysis/claims.py -o claims.svg ...           ratios against the number of vCPUs

A claim compares a figure of two tables. A cell is a machine, an mlp, a seed and a number of vCPUs; in each the ratio
is the mean over replications that drew the same random numbers, with a 95 % interval of its logarithm. Up to
5 % more or less are alike. A cell holds if all of the interval does, fails if none of it does, and is open else.
"""

import itertools
import math
import os
import pathlib
from typing import NamedTuple

from vcpusim_results import ResultError, complete, mean_interval, plots, program, read, text

HOME = pathlib.Path(__file__).resolve().parents[1]
SIZES = (16, 64, 256, 1024, 4096)
MACHINES = ("xeon-8375c", "epyc-7773x")
SEEDS = (1, 2)
PLUGGED = 16  # by claims/create.json
WALK, GET, CREATE, COUNT, MEMORY = "request_all", "lookup", "hotplug", "start_stop", "memory"
WORDS = {WALK: "walk", GET: "get", CREATE: "create", COUNT: "start or stop", MEMORY: "memory"}
SCENARIOS = ("read", "create", "count")
COUNTED_BY = ("walk", "break", "counter")
ALIKE = 1.05  # ratios between 1 / ALIKE and ALIKE: no difference worth a word
HOLDS, FAILS, OPEN = "holds", "fails", "open"


class Claim(NamedTuple):
    who: str
    says: str
    what: str       # WALK, ...
    a: str          # the table it is about
    relation: str   # "slower", "faster", "alike"; of MEMORY: "more", "less", "alike"
    b: str          # the one it is compared with


CLAIMS = (
    Claim("KVM, 2017", "a fixed array wastes memory in small VMs", MEMORY, "fixed", "more", "chunked"),
    Claim("cover letter, option 1", "sized at creation: looks up like fixed", GET, "sized", "alike", "fixed"),
    Claim("cover letter, option 1", "sized at creation: walks like fixed", WALK, "sized", "alike", "fixed"),
    Claim("cover letter, option 2", "RCU array: creating waits for a grace period", CREATE, "rcu-array", "slower", "fixed"),
    Claim("the patch's review", "RCU array: a section per step makes walks inefficient", WALK, "rcu-array",
          "slower", "rcu-array-section"),
    Claim("the patch", "RCU array: one section per walk is as fast as the fixed array", WALK, "rcu-array-section",
          "alike", "fixed"),
    Claim("the patch", "RCU array: growing by one copies n²/2 pointers, which is felt in creating", CREATE,
          "rcu-array-call", "slower", "rcu-array-double"),
    Claim("the patch", "call_rcu: creating waits no longer", CREATE, "rcu-array-call", "faster", "rcu-array"),
    Claim("the patch", "call_rcu: and costs as little as with the fixed array", CREATE, "rcu-array-call", "alike",
          "fixed"),
    Claim("Hildenbrand", "doubling when full: fewer copies and grace periods", CREATE, "rcu-array-double", "faster",
          "rcu-array"),
    Claim("the patch", "room ahead: fewer copies and grace periods", CREATE, "rcu-array-prealloc", "faster",
          "rcu-array"),
    Claim("Bonzini", "SRCU array: walks like the RCU array, and may sleep", WALK, "srcu-array", "alike",
          "rcu-array-section"),
    Claim("the review", "SRCU array: two full barriers are felt in a look-up", GET, "srcu-array", "slower", "rcu-array"),
    Claim("the review", "SRCU array: creating waits less than with RCU", CREATE, "srcu-array", "faster", "rcu-array"),
    Claim("Krčmář", "chunks of 32: look-ups slower than in an extendable list's first array", GET, "chunked", "slower",
          "list-of-arrays"),
    Claim("Krčmář", "chunks of 32: look-ups faster than in an extendable list of arrays", GET, "chunked", "faster",
          "list-of-arrays"),
    Claim("Krčmář", "chunks of 8: look-ups faster than in a list of arrays of 8", GET, "chunked(chunk=8)", "faster",
          "list-of-arrays(chunk=8)"),
    Claim("Krčmář", "chunks of 128: look-ups faster than in a list of arrays of 128", GET, "chunked(chunk=128)", "faster",
          "list-of-arrays(chunk=128)"),
    Claim("Hildenbrand", "chunks: creating is as cheap as with the fixed array", CREATE, "chunked", "alike", "fixed"),
    Claim("Hildenbrand", "chunks: walks like the fixed array", WALK, "chunked", "alike", "fixed"),
    Claim("Krčmář", "chunks of chunks take less memory than chunks", MEMORY, "chunked-2level", "less", "chunked"),
    Claim("Krčmář", "chunks of chunks: look-ups slower than with chunks", GET, "chunked-2level", "slower", "chunked"),
    Claim("cover letter, option 3", "a list through the vCPUs walks as fast as an array", WALK, "list", "alike", "fixed"),
    Claim("cover letter, option 3", "a list through the vCPUs: look-ups are linear, so slower", GET, "list", "slower",
          "fixed"),
    Claim("cover letter, option 3", "a list of arrays mitigates that", GET, "list-of-arrays", "faster", "list"),
    Claim("cover letter, option 3", "a growing tree: look-ups logarithmic, faster than a list of arrays", GET, "tree",
          "faster", "list-of-arrays"),
    Claim("Graf", "stopping all vCPUs to grow: a host thread looks up like in the fixed array", GET, "move-request",
          "alike", "fixed"),
    Claim("Graf", "stopping all vCPUs to grow: a host thread walks like over the fixed array", WALK, "move-request",
          "alike", "fixed"),
    Claim("Bonzini", "stopping all vCPUs to grow is a home-grown grace period: creating is slower", CREATE,
          "move-request", "slower", "fixed"),
    Claim("Huck", "start and stop: a counter beats a walk over all vCPUs", COUNT, "fixed by counter", "faster",
          "fixed by walk"),
    Claim("Huck", "start and stop: a counter beats a walk that ends at the second", COUNT, "fixed by counter", "faster",
          "fixed by break"),
    Claim("Linux 5.17", "xarray: less memory than the fixed array", MEMORY, "xarray", "less", "fixed"),
    Claim("Linux 5.17", "xarray: walks like the fixed array", WALK, "xarray", "alike", "fixed"),
)


class Cell(NamedTuple):
    machine: str
    mlp: float
    vcpus: int
    seed: int = 1


def wanted(machines, sizes, seeds):
    """(name of the result, scenario, what to set): all that the claims need"""
    for machine, mlp, n, seed in itertools.product(machines, (None, 1), sizes, seeds):
        sets = [f"/machine={machine}", f"/seed={seed}"] + ([f"/machine_set/mlp={mlp}"] if mlp else [])
        end = f"{machine}-mlp{mlp or ''}-{n}-{seed}.json"
        yield f"read-{end}", "read", [*sets, f"/vm/boot_vcpus={n}"]
        yield f"create-{end}", "create", [*sets, f"/vm/boot_vcpus={n - PLUGGED or 1}"]
        for by in COUNTED_BY:
            yield f"count-{by}-{end}", "count", [*sets, f"/vm/boot_vcpus={n}", f'/streams/0/count_by="{by}"']


def run_missing(directory, vcpusim, machines, sizes, seeds):
    try:
        os.makedirs(directory, exist_ok=True)
    except OSError as e:
        raise ResultError(f"{directory}: {e.strerror}") from None
    paths = []
    for name, scenario, sets in wanted(machines, sizes, seeds):
        path = f"{directory}/{name}"
        paths.append(path)
        if os.path.exists(path):
            continue
        print(path, flush=True)
        done = program.simulate(vcpusim, "-o", path, *(a for s in sets for a in ("--set", s)),
                                HOME / f"scenarios/claims/{scenario}.json")
        if done.returncode:
            raise ResultError(f"{path}: vcpusim ended with status {done.returncode}: {done.stderr.strip()}")
    return paths


def is_of_claims(result):
    return result.name in (f"claims-{kind}" for kind in SCENARIOS)


def read_claims(path):
    result = read(path)
    if not is_of_claims(result):
        raise ResultError(f"{path}: /scenario/name: found {result.name}, expected "
                          f"{' or '.join(f'claims-{kind}' for kind in SCENARIOS)} (scenarios/claims)")
    return result


def cell_of(result):
    mlp = next(p["value"] for p in result.provenance["machine"]["parameters"] if p["pointer"] == "/mlp")
    vcpus = result.vcpus
    return Cell(result.scenario["machine"], mlp, vcpus - vcpus % PLUGGED or vcpus, result.scenario["seed"])


def figures(results):
    """{(what, table, cell): [of each replication]}"""
    out = {}
    for result in results:
        cell = cell_of(result)
        for _, row in complete(result.runs).sort_values("replication").iterrows():
            if row.operation in (WALK, GET, CREATE):
                out.setdefault((row.operation, row.table, cell), []).append(row.latency_mean_ns)
            if row.operation == COUNT:
                table = f"{row.table} by {result.scenario['streams'][0]['count_by']}"
                out.setdefault((COUNT, table, cell), []).append(row.latency_mean_ns)
            if row.operation == WALK:  # once for each run, in which nothing is plugged in
                out.setdefault((MEMORY, row.table, cell), []).append(row.memory_peak_bytes)
    return out


def ratio(a, b):
    """(value, low, high) of a / b"""
    if min(*a, *b) <= 0 or len(a) != len(b):
        return None
    logs = mean_interval([math.log(x / y) for x, y in zip(a, b)])
    if logs.low is None:
        return None
    return tuple(math.exp(x) for x in (logs.value, logs.low, logs.high))


def verdict(relation, r):
    _, low, high = r
    if relation == "alike":
        if low >= 1 / ALIKE and high <= ALIKE:
            return HOLDS
        return FAILS if low > ALIKE or high < 1 / ALIKE else OPEN
    up = relation in ("slower", "more")
    if low > ALIKE if up else high < 1 / ALIKE:
        return HOLDS
    return FAILS if (high <= ALIKE if up else low >= 1 / ALIKE) else OPEN


def decide(claim, known):
    """{cell: (ratio, verdict)}"""
    cells = {c for what, table, c in known if what == claim.what and table == claim.a}
    out = {}
    for cell in sorted(cells):
        a, b = (known.get((claim.what, table, cell)) for table in (claim.a, claim.b))
        r = ratio(a, b) if a and b else None
        if r:
            out[cell] = r, verdict(claim.relation, r)
    return out


def spans(sizes, wanted):
    """16 to 256, 4096: runs of neighbours in `sizes` that are in `wanted`"""
    runs, last = [], None
    for i, n in enumerate(sizes):
        if n not in wanted:
            continue
        if last == i - 1 and runs:
            runs[-1][1] = n
        else:
            runs.append([n, n])
        last = i
    return ", ".join(f"{a:,}" if a == b else f"{a:,} to {b:,}" for a, b in runs)


def places(verdicts):
    """Where it holds: machine and mlp, and the seeds where not all of them say the same"""
    out = []
    for key in sorted({(c.machine, c.mlp) for c in verdicts}):
        of = {c: v for c, v in verdicts.items() if (c.machine, c.mlp) == key}
        holding = sorted({c.seed for c, v in of.items() if v == HOLDS})
        seeds = "" if len(holding) == len({c.seed for c in of}) else ", seed " + " and ".join(map(str, holding))
        if holding:
            out.append(f"{key[0]}, mlp {key[1]:g}{seeds}")
    return out


def in_words(cells):
    verdicts = {v for _, v in cells.values()}
    if verdicts == {HOLDS}:
        return "holds"
    if verdicts == {FAILS}:
        return "does not hold"
    sizes = sorted({c.vcpus for c in cells})
    at = {n: {v for c, (_, v) in cells.items() if c.vcpus == n} for n in sizes}
    parts = []
    for found, said in ({HOLDS}, "holds at"), ({FAILS}, "does not hold at"):
        hit = [n for n in sizes if at[n] == found]
        if hit:
            parts.append(f"{said} {spans(sizes, hit)}")
    mixed = [n for n in sizes if len(at[n]) > 1]
    if mixed:
        where = places({c: v for c, (_, v) in cells.items() if c.vcpus in mixed})
        parts.append(f"flips at {spans(sizes, mixed)}" + (f" (holds on {'; '.join(where)})" if where else ""))
    undecided = [n for n in sizes if at[n] == {OPEN}]
    if undecided:
        parts.append(f"open at {spans(sizes, undecided)}")
    return "; ".join(parts)


def crossover(cells):
    """Where the ratio passes 1: between two sizes that differ for sure, one either way, by a straight line
    between their logarithms; where it is alike in between, there. The least and most over machines, mlp and seeds;
    None: nowhere."""
    found = []
    for key in sorted({(c.machine, c.mlp, c.seed) for c in cells}):
        points = [(c.vcpus, cells[c][0]) for c in sorted(cells) if (c.machine, c.mlp, c.seed) == key]
        alike = [n for n, r in points if verdict("alike", r) == HOLDS]
        points = [(n, r) for n, r in points if verdict("alike", r) == FAILS]
        for (n, (r, *_)), (m, (s, *_)) in zip(points, points[1:]):
            between = [k for k in alike if n < k < m]
            if (r - 1) * (s - 1) < 0 and between:
                found += between
            elif (r - 1) * (s - 1) < 0:
                x = math.log(r) / (math.log(r) - math.log(s))
                found.append(math.exp(math.log(n) + x * (math.log(m) - math.log(n))))
    if not found:
        return None
    low, high = round(min(found)), round(max(found))
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def measured(cells):
    """a / b at each size, over machines, mlp and seeds: least to most of the interval's ends"""
    out = []
    for n in sorted({c.vcpus for c in cells}):
        of = [r for c, (r, _) in cells.items() if c.vcpus == n]
        low, high = min(r[1] for r in of), max(r[2] for r in of)
        short = [f"{x:.3g}" for x in (low, high)]
        out.append((n, short[0] if short[0] == short[1] else "–".join(short)))
    return out


def rows(known):
    for claim in CLAIMS:
        cells = decide(claim, known)
        if not cells:
            yield claim, cells, "not measured", None
            continue
        yield claim, cells, in_words(cells), crossover(cells)


def show(known):
    for claim, cells, words, crossing in rows(known):
        print(f"\n{claim.says}\n  {claim.who}; {WORDS[claim.what]}: {claim.a} against {claim.b}, {claim.relation}?")
        for n, found in measured(cells):
            print(f"    {n:>5,} vCPUs  {found}")
        print(f"  {words}" + (f"; the ratio passes 1 at about {crossing} vCPUs" if crossing else ""))


def show_markdown(known):
    sizes = sorted({c.vcpus for *_, c in known})
    print("| claim | who | figure | " + " | ".join(f"{n:,}" for n in sizes) + " | verdict | passes 1 at |")
    print("|---|---|---|" + "--:|" * len(sizes) + "---|---|")
    for claim, cells, words, crossing in rows(known):
        found = dict(measured(cells))
        print(f"| {claim.says} | {claim.who} | {WORDS[claim.what]}: {claim.a} / {claim.b} | "
              + " | ".join(found.get(n, text.UNKNOWN) for n in sizes) + f" | {words} | {crossing or text.UNKNOWN} |")


def plot(known):
    """Those claims that depend on the number of vCPUs"""
    shown = [(c, cells) for c, cells, words, _ in rows(known)
             if cells and c.what != MEMORY and words not in ("holds", "does not hold")]
    if not shown:
        raise ResultError("no claim depends on the number of vCPUs: nothing to plot")
    figure, axes = plots.panels(len(shown), height=2.4)
    for axis, (claim, cells) in zip(axes, shown):
        keys, seed = sorted({(c.machine, c.mlp) for c in cells}), min(c.seed for c in cells)
        looks = plots.looks(keys)
        for key in keys:
            points = [(c.vcpus, r) for c, (r, _) in sorted(cells.items()) if (c.machine, c.mlp, c.seed) == (*key, seed)]
            axis.plot([n for n, _ in points], [r[0] for _, r in points],
                      label=f"{key[0]}, mlp {key[1]:g}", **looks[key])
        axis.axhline(1, color=plots.INK, linewidth=0.8)
        axis.set_xscale("log", base=2)
        ratios = [r[0] for r, _ in cells.values()]
        if max(ratios) > 5 * min(ratios):
            axis.set_yscale("log")
            plots.log_axis(axis.yaxis, lambda v: f"{v:g} ")
        else:
            axis.yaxis.set_major_formatter(plots.ticker.FuncFormatter(lambda v, _: f"{v:g}"))
        axis.set_xticks(sorted({c.vcpus for c in cells}), [f"{n:,}" for n in sorted({c.vcpus for c in cells})])
        axis.set_title(f"{WORDS[claim.what]}: {claim.a} / {claim.b}")
    axes[0].legend()
    axes[-1].set_xlabel("vCPUs")
    return figure


def main():
    parser = program.arguments(__doc__.split("\n")[0])
    parser.usage = "claims.py [--run DIRECTORY | RESULT.json ...] [--markdown] [-o FILE]"
    parser._actions[1].nargs = "*"
    parser.add_argument("--run", metavar="DIRECTORY", help="run what is missing there first (minutes to an hour)")
    parser.add_argument("--vcpusim", default=str(HOME / "vcpusim"), help="the program (default: %(default)s)")
    parser.add_argument("--machines", nargs="+", default=MACHINES, help="default: %(default)s")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="default: %(default)s")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="default: %(default)s")
    parser.add_argument("--markdown", action="store_true", help="a table in Markdown")
    args = parser.parse_args()
    if bool(args.run) == bool(args.files):
        parser.error("expected --run DIRECTORY or results, one of them")
    paths = run_missing(args.run, args.vcpusim, args.machines, args.sizes, args.seeds) if args.run else args.files
    known = figures([read_claims(p) for p in paths])
    if args.output:
        plots.save(plot(known), args.output)
    (show_markdown if args.markdown else show)(known)


if __name__ == "__main__":
    program.run(main)
