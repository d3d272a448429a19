#!/usr/bin/python3
"""vcpusim-native: what it writes, what it refuses. Times are the machine's own and not looked at.

Usage: test_bench.py VCPUSIM_NATIVE SOURCE_DIR
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import jsonschema

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
SCENARIO = str(SOURCE / "scenarios/native.json")
CALLS = str(SOURCE / "scenarios/native-callsites.json")
TABLES = ["fixed", "rcu-array", "chunked", "srcu-array", "rwlock-array", "mutex-array", "xarray"]


def start(*args):
    return subprocess.run([PROGRAM, "-q", *args], capture_output=True, text=True, timeout=100,
                          check=False)


class Bench(unittest.TestCase):
    def result(self, *args, scenario=SCENARIO):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "r.json"
            done = start("-o", str(path), *args, scenario)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            return json.loads(path.read_text())

    def test_result(self):
        result = self.result("--reps", "2")
        schema = json.loads((SOURCE / "scenarios/schema/result.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(result)
        self.assertEqual(result["backend"], "native")
        self.assertGreater(result["provenance"]["native"]["clock_ns"], 0)
        self.assertEqual([(r["replication"], r["table"]) for r in result["runs"]],
                         [(n, t) for n in range(2) for t in TABLES])
        for run in result["runs"]:
            ops = run["ops"]
            self.assertEqual(run["status"], "ok")
            self.assertEqual(sorted(ops), ["hotplug", "ipi_broadcast", "lookup", "lookup_by_id",
                                           "request_all"])
            self.assertEqual(ops["hotplug"]["count"], 64)
            # as long as the 64 plugs, half a millisecond apart, others go on; the first is at once
            self.assertGreaterEqual(ops["hotplug"]["span_ns"], 63 * 500_000)
            self.assertGreater(ops["lookup"]["count"], 0)
            for op in ops.values():
                self.assertEqual(op["errors"], 0)
                self.assertEqual(op["breakdown_ns"], {"mean": None, "p99_up": None, "p99_up_count": 0})

    def test_call_sites(self):
        """All at once: what finds something else than it must counts as an error, as creates do that have to
        fail; one that fails otherwise ends the run."""
        for more in ([], ["--set", "/vm/vp_index=mismatched"]):
            result = self.result("--reps", "1", *more, scenario=CALLS)
            done = dict.fromkeys((stream["op"] for stream in result["scenario"]["streams"]), 0)
            for run in result["runs"]:
                self.assertEqual(sorted(run["ops"]), sorted(done))
                for name, op in run["ops"].items():
                    done[name] += op["count"]
                    self.assertEqual(op["errors"], op["count"] if name == "create_failing" else 0, name)
            self.assertGreater(min(done.values()), 0, done)

    def test_unplug_and_directed_sends(self):
        """From 64 vCPUs down to 48, those that stay being looked up by their APIC ids in a map."""
        plug = {"name": "plug", "op": "unplug", "count": 16, "from": {"control_threads": 1},
                "think_us": {"dist": "constant", "value": 500}}
        streams = json.loads(pathlib.Path(CALLS).read_text())["streams"]
        streams = [plug] + [s for s in streams if s["op"] not in ("hotplug", "ipi_broadcast", "create_failing")]
        tables = ["srcu-array", "rwlock-array", "mutex-array", "rcu-array-section"]
        result = self.result("--reps", "1", "--set", "/streams=" + json.dumps(streams), "--set",
                             "/tables=" + json.dumps(tables), "--set", "/host/ipi_send=pv", scenario=CALLS)
        for run in result["runs"]:
            self.assertEqual(run["ops"]["unplug"]["count"], 16)
            self.assertEqual({name for name, op in run["ops"].items() if op["errors"]}, set())

    def test_memory_is_what_was_asked_for(self):
        # 8 bytes a vCPU in chunks of 8 or 64: for 128 vCPUs both have allocated 1,024 bytes, and struct
        # kvm has a word for each chunk of 4,096 vCPUs: 512 or 64 words, 3,584 bytes apart.
        small, large = (self.result("--reps", "1", "--set", f'/tables=[{{"table":"chunked","chunk":{n}}}]')
                        ["runs"][0]["memory_bytes"] for n in (8, 64))
        self.assertEqual(small["peak"] - large["peak"], 3584)
        self.assertEqual(small["end"], small["peak"])

    def test_refused(self):
        paced = {"name": "look", "op": "lookup", "count": 1, "from": {"host_threads": 1},
                 "arrival": "paced", "pace": {"stream": "plug", "every": 1}}
        kick = {"name": "look", "op": "kick", "count": 1, "from": {"host_threads": 1}}
        for change, says in (("/streams/1/op=on_spin", "/streams/1/op: stream walk: natively nobody tells"),
                             (f"/streams/3={json.dumps(kick)}", "/streams/3/op: stream look: natively nobody is in"),
                             ("/streams/2/wait=true", "/streams/2/wait: stream ask: natively nobody is interrupted"),
                             ("/host/ipi_send=pv", "/streams/1/op: stream walk: natively broadcasts"),
                             ("/streams/3/from/host_threads=60", "found 64 issuers"),
                             (f"/streams/3={json.dumps(paced)}", "/streams/3/arrival: stream look: natively threads"),
                            ('/tables=["none"]', "/tables/0")):
            done = start("--set", change, SCENARIO)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(says, done.stderr)
        self.assertEqual(start("--nonsense", SCENARIO).returncode, 2)
        self.assertEqual(start("nowhere.json").returncode, 2)

    def test_the_scenario_is_not_overwritten(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(shutil.copy(SCENARIO, folder))
            done = start("-o", str(copy), str(copy))
            self.assertEqual((done.returncode, done.stderr),
                             (2, f"{copy}: the result (-o) would overwrite the scenario, {copy}\n"))
            self.assertEqual(copy.read_bytes(), pathlib.Path(SCENARIO).read_bytes())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
