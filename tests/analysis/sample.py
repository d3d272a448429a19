"""Small results made by hand, the result of a real run, and a way to start the programs.

Samples are whole picoseconds below 256, where a bucket holds one value: [v, v + 1) ps. So every
expected figure can be worked out from the samples alone.
"""

import collections
import contextlib
import copy
import io
import json
import os
import pathlib
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from typing import NamedTuple
from unittest import mock

SOURCE = pathlib.Path(os.environ["VCPUSIM_SOURCE"])
ANALYSIS = SOURCE / "analysis"
PYTHON = "/usr/bin/python3"
TIMEOUT_S = 240
sys.path.insert(0, str(ANALYSIS))

CAUSES = ("compute", "cache", "transfer_same_l3", "transfer_same_socket", "transfer_cross_socket",
          "transfer_far_socket", "memory", "lock", "grace_period", "scheduler", "interrupt",
          "guest_transition", "allocation", "idle")


def causes(**parts):
    return {cause: parts.get(cause, 0) for cause in CAUSES}


def figures(samples, **known):
    """known: p50, ... in ns, as worked out by hand; the others are null"""
    ends = {"min": min(samples) / 1000, "max": max(samples) / 1000} if samples else {}
    mean = {"mean": sum(samples) / len(samples) / 1000} if samples else {}
    return {"count": len(samples), **dict.fromkeys(("min", "mean", "p50", "p90", "p99", "p999",
                                                    "max")), **ends, **mean, **known}


def buckets(samples):
    return [[v / 1000, (v + 1) / 1000, n] for v, n in sorted(collections.Counter(samples).items())]


def operation(samples, per_s=1000, mean=None, tail=None, known=None):
    """mean, tail: breakdowns"""
    return {"count": len(samples), "errors": 0, "span_ns": 1e9 * len(samples) / per_s,
            "throughput_per_s": per_s, "latency_ns": figures(samples, **(known or {})),
            "breakdown_ns": {"mean": mean or causes(), "p99_up": tail,
                             "p99_up_count": 10 if tail else 0},
            "histogram": {"latency_ns": buckets(samples)}}


def run(table, replication, ops, memory=1024, **more):
    return {"table": table, "replication": replication, "status": "ok", "message": None,
            "simulated_ns": 1000, "ops": ops, "memory_bytes": {"peak": memory, "end": 0},
            "violations": [], **more}


def result(*runs, tables=("a", "b"), **scenario):
    tables = list(tables)
    return {
        "schema": "vcpusim-result/1", "partial": False,
        "scenario": {
            "schema": "vcpusim-scenario/1", "name": "by-hand", "seed": 1, "replications": 3,
            "description": "what do tables made by hand cost?", "machine": "toy-4",
            "vm": {"max_vcpus": 16, "boot_vcpus": 8}, "tables": tables,
            "streams": [{"name": "plug", "op": "hotplug", "count": 4,
                         "from": {"control_threads": 1}}], **scenario},
        "provenance": {
            "version": "0.1.0", "seed": 1, "simgrid_version": "3.32",
            "modules": [{"name": t if isinstance(t, str) else t["table"], "compiler": "gcc",
                         "flags": "-O2", "hash": "00ff"}
                        for t in tables],
            "machine": {"name": "toy-4", "description": "a machine of round numbers",
                        "window_ns": 20, "parameters": [
                            {"pointer": "/l1_ns", "value": 1, "source": "a book"},
                            {"pointer": "/tick_ns", "value": 500, "assumed": "nobody knows"}]}},
        "runs": list(runs), "summary": [], "comparisons": []}


def changed(document, pointer, value):
    """A copy with another value at a pointer"""
    out = copy.deepcopy(document)
    *way, last = [int(s) if s.isdigit() else s for s in pointer.split("/")[1:]]
    part = out
    for step in way:
        part = part[step]
    part[last] = value
    return out


class Ended(NamedTuple):
    status: int
    out: str
    err: str


class Case(unittest.TestCase):
    """A test in an empty folder of its own"""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="vcpusim-analysis-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def write(self, name, content):
        path = self.dir / name
        content = json.dumps(content) if isinstance(content, (dict, list)) else content
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def start(self, program, *args, given=b""):
        """In this process: starting pandas and matplotlib takes longer than most tests."""
        out, err = io.StringIO(), io.StringIO()
        status = 0
        here = os.getcwd()
        words = [str(ANALYSIS / program), *map(str, args)]
        stdin = io.TextIOWrapper(io.BytesIO(given))
        os.chdir(self.dir)
        try:
            with (mock.patch("sys.argv", words), mock.patch("sys.stdin", stdin),
                  contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)):
                runpy.run_path(words[0], run_name="__main__")
        except SystemExit as end:
            status = end.code or 0
        finally:
            os.chdir(here)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return Ended(status, out.getvalue(), err.getvalue())

    def works(self, program, *args, **how):
        done = self.start(program, *args, **how)
        self.assertEqual((done.status, done.err), (0, ""))
        return done.out

    def refused(self, program, *args, says=(), **how):
        done = self.start(program, *args, **how)
        self.assertEqual(done.status, 2, done.err)
        self.assertNotIn("Traceback", done.err)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, done.err)


def real_result(folder, name="smoke"):
    """What the simulator writes of a shipped scenario"""
    path = pathlib.Path(folder) / f"{name}.json"
    subprocess.run([os.environ["VCPUSIM"], "-o", path, SOURCE / f"scenarios/{name}.json"],
                   check=True, stdout=subprocess.DEVNULL, timeout=TIMEOUT_S)
    return str(path)
