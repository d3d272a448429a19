#!/usr/bin/python3
"""What one simulated second of a loaded host costs: 4,096 vCPUs on 384 CPUs, about 4 million exits a
second. Halting: guests halt and wake all the time. Busy: they never halt, eleven to a CPU, and leave for
something short. A run is timed at two lengths, so that setting up 4,096 vCPUs drops out; the same is
done on the bare loop, which tells SimGrid's share. Processor time, the least of --times runs.

    tests/bench/vs_exits.py build/release/vcpusim
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LOADS = {"halting": "exits-384.json", "busy": "exits-384-busy.json"}
ENGINES = {"simgrid": [], "bare": ["--bare"]}


def run(binary, load, ms, options, directory):
    with open(os.path.join(HERE, LOADS[load])) as f:
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


def measure(a, load, directory):
    least = {(engine, ms): (float("inf"), 0) for engine in ENGINES for ms in a.ms}
    for _ in range(a.times):
        for engine, ms in least:
            least[engine, ms] = min(least[engine, ms], run(a.vcpusim, load, ms, ENGINES[engine], directory))
    for engine in ENGINES:
        (short, few), (long, many) = (least[engine, ms] for ms in a.ms)
        if many <= few:
            sys.exit("vs_exits.py: the longer run has no more exits than the shorter")
        us = (long - short) / (many - few) * 1e6
        print(f"{load:<8}  {engine:<8}  {many - few:>9}  {us:>7.2f}  {4 * us:.1f}", flush=True)


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("vcpusim")
    args.add_argument("--ms", type=int, nargs=2, default=[20, 60], help="the two lengths")
    args.add_argument("--times", type=int, default=3)
    a = args.parse_args()
    print(f"{'load':<8}  {'engine':<8}  {'exits':>9}  {'us/exit':>7}  s per simulated second of 4 M exits")
    with tempfile.TemporaryDirectory() as directory:
        for load in LOADS:
            measure(a, load, directory)


if __name__ == "__main__":
    main()
