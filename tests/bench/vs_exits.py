#!/usr/bin/python3
"""What one simulated second of a loaded host costs: 4,096 vCPUs on 384 CPUs that halt and wake, about
4 million exits a second. A run is timed at two lengths, so that setting up 4,096 vCPUs drops out; the
same is done on the bare loop, which tells SimGrid's share. Processor time, the least of --times runs.

    tests/bench/vs_exits.py build/release/vcpusim
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

SCENARIO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exits-384.json")


def run(binary, ms, options, directory):
    with open(SCENARIO) as f:
        scenario = json.load(f)
    scenario["streams"][0]["for_ms"] = ms
    path, result = os.path.join(directory, "s.json"), os.path.join(directory, "r.json")
    with open(path, "w") as f:
        json.dump(scenario, f)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([binary, "--jobs", "1", *options, "-o", result, path], check=True,
                   stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(result) as f:
        exits = sum(json.load(f)["runs"][0]["exits"].values())
    return after.ru_utime - before.ru_utime, exits


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("vcpusim")
    args.add_argument("--ms", type=int, nargs=2, default=[20, 60], help="the two lengths")
    args.add_argument("--times", type=int, default=3)
    a = args.parse_args()
    engines = {"simgrid": [], "bare": ["--bare"]}
    least = {(engine, ms): (float("inf"), 0) for engine in engines for ms in a.ms}
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(a.times):
            for engine, ms in least:
                least[engine, ms] = min(least[engine, ms],
                                        run(a.vcpusim, ms, engines[engine], directory))
    print(f"{'engine':<8}  {'exits':>9}  {'us/exit':>7}  s per simulated second of 4 M exits")
    for engine in engines:
        (short, few), (long, many) = (least[engine, ms] for ms in a.ms)
        if many <= few:
            sys.exit("vs_exits.py: the longer run has no more exits than the shorter")
        us = (long - short) / (many - few) * 1e6
        print(f"{engine:<8}  {many - few:>9}  {us:>7.2f}  {4 * us:.1f}")


if __name__ == "__main__":
    main()
