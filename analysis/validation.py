#!/usr/bin/python3
"""Published interrupt figures beside simulated ones, as the table of docs/validation.md.

    validation.py RESULT.json...                      prints the table
    validation.py --check docs/validation.md RESULT.json...
                                                      exits 1 if the document's table is out of date

Results of scenarios/validation/ipi-skylake-80.json, one for each host.ipi_send, and of interrupt-exit.json:

    for how in physical cluster pv; do
      ./vcpusim -q -o $how.json --set /host/ipi_send=$how scenarios/validation/ipi-skylake-80.json
    done
    ./vcpusim -q -o exit.json scenarios/validation/interrupt-exit.json
"""

import argparse
import re
import sys

from vcpusim_results import ResultError, program, read

SCENARIO = "ipi-skylake-80"
EXIT = "interrupt-exit"
SENDS = ("physical", "cluster", "pv")
BENCHMARK = "4180bf1b655a"
EXIT_COST = "0c5f81dad46c"
TOLERANCE = 0.02  # between the document and a run: other compilers announce other accesses
FIT = 0.01        # between what was fitted and what it was fitted to

# what, published us, commit, fitted?, where the simulated figure is
FIGURES = [
    ("broadcast, physical", 198.451, BENCHMARK, True, ("physical", "ipi_broadcast", "latency_ns")),
    ("broadcast, cluster", 92.822, BENCHMARK, True, ("cluster", "ipi_broadcast", "latency_ns")),
    ("broadcast, hypercall (VM in cluster mode)", 75.723, BENCHMARK, False,
     ("pv", "ipi_broadcast", "latency_ns")),
    ("broadcast, hypercall (VM in physical mode)", 78.065, BENCHMARK, False,
     ("pv", "ipi_broadcast", "latency_ns")),
    ("normal, total (mean of 2.50 to 2.56)", 2.530, BENCHMARK, False,
     ("physical", "ipi_unicast", "latency_ns")),
    ("normal, one way (mean of 2.19 to 2.29)", 2.246, BENCHMARK, False,
     ("physical", "ipi_unicast", "delivery_ns")),
    ("interrupt exit, mean", 0.71, EXIT_COST, False, (EXIT, None, None)),
]


def parameters(result):
    return {p["pointer"]: p["value"] for p in result["provenance"]["machine"]["parameters"]}


def simulated_us(results, where):
    """A mean, in microseconds. One way: until the guest's handler has run. An exit: what of its time the
    only vCPU, which does nothing but run and be interrupted, was in the host."""
    how, operation, latency = where
    (run,) = results[how]["runs"]
    if run["status"] != "ok":
        raise ResultError(f"{how}: {run['status']}: {run['message']}")
    if how == EXIT:
        return run["vcpu_time_ns"]["host"] / run["exits"]["interrupt"] / 1000
    machine = parameters(results[how])
    ns = run["ops"][operation][latency]["mean"]
    return (ns + machine["/guest_handler_ns"] * (latency == "delivery_ns")) / 1000


def rows(results):
    for what, published, commit, fitted, where in FIGURES:
        simulated = simulated_us(results, where)
        yield what, published, simulated, simulated / published - 1, fitted, commit


def table(results):
    lines = ["| figure | published us | simulated us | off by | | source |",
             "|---|---|---|---|---|---|"]
    for what, published, simulated, off, fitted, commit in rows(results):
        kind = "fitted" if fitted else "residual"
        lines.append(f"| {what} | {published:.2f} | {simulated:.2f} | {100 * off:+.1f} % | {kind} "
                     f"| Linux commit {commit} |")
    return lines


def out_of_date(document, results):
    """What is wrong with the document, in lines of text."""
    for what, published, simulated, off, fitted, _ in rows(results):
        if fitted and abs(off) > FIT:
            yield f"{what}: fitted to {published} us, but a run says {simulated:.3f}"
        row = re.search(rf"^\| {re.escape(what)} \| [\d.]+ \| ([\d.]+) \|", document, re.M)
        if not row:
            yield f"{what}: not in the document"
        elif abs(float(row[1]) / simulated - 1) > TOLERANCE + 0.005 / simulated:
            yield f"{what}: the document says {row[1]} us, a run {simulated:.2f}"


def read_sends(paths):
    """{host.ipi_send, or interrupt-exit: document}"""
    results = {}
    for path in paths:
        result = read(path)
        if result.name not in (SCENARIO, EXIT):
            raise ResultError(f"{path}: /scenario/name: found {result.name}, expected {SCENARIO} or {EXIT}")
        results[EXIT if result.name == EXIT else result.scenario["host"]["ipi_send"]] = result.document
    missing = [how for how in SENDS if how not in results]
    if missing:
        raise ResultError(f"found no result with host.ipi_send {', '.join(missing)}; expected one each of "
                          f"{', '.join(SENDS)}")
    if EXIT not in results:
        raise ResultError(f"found no result of {EXIT}; expected one")
    return results


def main():
    p = program.Parser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--check", metavar="DOCUMENT")
    p.add_argument("results", nargs="+", metavar="RESULT.json")
    args = p.parse_args()
    results = read_sends(args.results)
    if not args.check:
        print("\n".join(table(results)))
        return
    with open(args.check, encoding="utf-8") as f:
        wrong = list(out_of_date(f.read(), results))
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    program.run(main)
