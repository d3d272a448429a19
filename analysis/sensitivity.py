#!/usr/bin/python3
"""What of a scenario's outcome rests on guesses: each assumed number of its machine halved and doubled.

    analysis/sensitivity.py scenarios/storm-hz.json --table chunked --table srcu-array

Outcome: for each pair of tables and each operation, which one has the lower mean latency, where the paired
95 % interval of the difference excludes zero; of scenarios/claims, the claims' verdicts (claims.py). Listed is
each number with which some outcome is another, and each that cannot be halved or doubled alone. Replications: as
many as the scenario says.
"""

import itertools
import json
import os
import pathlib
import tempfile

import claims
from vcpusim_results import ResultError, complete, paired, program, read

HOME = pathlib.Path(__file__).resolve().parents[1]
NOT_COSTS = ("/topology/", "/clock_mhz", "/line_bytes")


def run(args, sets, path):
    """The Result; or None and what is wrong: a number that does not fit the others is refused."""
    options = ["-o", path, *(a for s in args.set + sets for a in ("--set", s))]
    for table in args.table or ():
        options += ["--table", table]
    done = program.simulate(args.vcpusim, *options, args.scenario)
    if done.returncode in (0, 1):
        return read(path), None
    return None, (done.stderr.strip() or f"{args.scenario}: status {done.returncode}").splitlines()[0]


def verdicts(result):
    """{claim in words: holds, fails or open}, of those that the result's tables decide"""
    known = claims.figures([result])
    decided = ((claim, claims.decide(claim, known)) for claim in claims.CLAIMS)
    return {claim.says: v for claim, cells in decided for _, v in cells.values()}


def outcome(result):
    """{pair or claim: what of it}; what is said of it may change"""
    return verdicts(result) if claims.is_of_claims(result) else faster(result)


def faster(result):
    """{(operation, a, b): "a", "b" or None: not told apart}"""
    runs = complete(result.runs).sort_values("replication")
    out = {}
    for op in dict.fromkeys(runs.operation):
        of = {t: rows for t, rows in runs[runs.operation == op].groupby("table")}
        for a, b in itertools.combinations(result.tables, 2):
            if a not in of or b not in of:
                continue
            both = of[a].merge(of[b], on="replication", suffixes=("_a", "_b"))
            difference = paired(both.latency_mean_ns_a, both.latency_mean_ns_b)
            out[op, a, b] = (a if difference.value < 0 else b) if difference.differs else None
    return out


def assumed(result):
    for p in result.provenance["machine"]["parameters"]:
        guess = "assumed" in p and isinstance(p["value"], (int, float)) and p["value"] > 0
        if guess and not p["pointer"].startswith(NOT_COSTS):
            yield p["pointer"], p["value"]


def scaled(value, factor):
    out = value * factor
    return max(1, round(out)) if isinstance(value, int) and not isinstance(value, bool) else out


def variants(value):
    """A whole number stays one, so 1 cannot be halved."""
    for word, factor in ("halved", 0.5), ("doubled", 2):
        out = scaled(value, factor)
        if out != value:
            yield word, out


def say(key, was, now):
    if isinstance(key, str):
        return f"{key}: {now} instead of {was}"
    op, a, b = key
    names = [w or "neither" for w in (was, now)]
    return f"{op}, {a} and {b}: {names[1]} instead of {names[0]}"


def main():
    parser = program.Parser(description=__doc__.split("\n")[0])
    parser.add_argument("scenario")
    parser.add_argument("--table", action="append", help="only this one of the scenario's (repeat)")
    parser.add_argument("--only", action="append", metavar="POINTER", help="only this number of the machine (repeat)")
    parser.add_argument("--set", action="append", default=[], metavar="POINTER=VALUE", help="as vcpusim's")
    parser.add_argument("--vcpusim", default=str(HOME / "vcpusim"), help="the program (default: %(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "r.json")
        base, wrong = run(args, [], path)
        if base is None:
            raise ResultError(wrong)
        was, steady, refused = outcome(base), 0, []
        numbers = list(assumed(base))
        for only in args.only or ():
            program.pick("assumed number", only, [pointer for pointer, _ in numbers])
        numbers = [n for n in numbers if n[0] in (args.only or [n[0]])]
        for pointer, value in numbers:
            for word, other in variants(value):
                result, wrong = run(args, [f"/machine_set{pointer}={json.dumps(other)}"], path)
                if result is None:
                    refused.append(f"{pointer} {word}: {wrong}")
                    continue
                now = outcome(result)
                changes = [say(k, was[k], now.get(k)) for k in was if now.get(k) != was[k]]
                steady += not changes
                for change in changes:
                    print(f"{pointer} {word} ({value:g} to {other:g}): {change}", flush=True)
    decided = sum(v not in (None, claims.OPEN) for v in was.values())
    print(f"{decided} of {len(was)} {'claims decided' if claims.is_of_claims(base) else 'pairs told apart'} on "
          f"{base.scenario['machine']}; "
          f"{steady} of the {len(numbers)} assumed numbers' halvings and doublings change nothing")
    for line in refused:
        print(f"not possible alone: {line}")


if __name__ == "__main__":
    program.run(main)
