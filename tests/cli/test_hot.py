"""Lines that cost most: what they add up to, and that they are named."""

import json
import unittest

from cli import HERE, SMOKE, Case, vcpusim

TRANSFERS = ("same_l3", "same_socket", "cross_socket", "far_socket")


def ps(ns):
    return round(ns * 1000)


class Hot(Case):
    @classmethod
    def setUpClass(cls):
        cls.runs = [run for scenario in (SMOKE, HERE / "ipi.json") for run in json.loads(
            vcpusim("-q", "-o", "-", "--reps", 1, scenario).out)["runs"]]

    def test_objects_add_up_to_all_waits(self):
        for run in self.runs:
            lost = sum(ps(o["lost_ns"]) for o in run["hot_objects"])
            self.assertEqual(lost, sum(map(ps, run["line_wait_ns"].values())), run["table"])
            self.assertGreater(lost, 0)

    def test_operations_waited_no_longer_than_everybody(self):
        """The sums of means are rounded by half a picosecond per operation at most."""
        for run in self.runs:
            for cause, waited in run["line_wait_ns"].items():
                if cause == "cache":  # hits are booked there too
                    continue
                ops = [op for op in run["ops"].values() if op["count"]]
                booked = sum(op["count"] * ps(op["breakdown_ns"]["mean"][cause]) for op in ops)
                self.assertLessEqual(booked, ps(waited) + sum(op["count"] for op in ops), cause)

    def test_lines_are_the_dearest_first_and_part_of_objects(self):
        for run in self.runs:
            lines = run["hot_lines"]
            self.assertEqual(lines, sorted(lines, key=lambda line: -line["lost_ns"]))
            self.assertLessEqual(len(lines), 20)
            whole = {o["object"]: o for o in run["hot_objects"]}
            for name, o in whole.items():
                of_it = [line for line in lines if line["object"] == name]
                for key in ("loads", "stores", "lines"):
                    self.assertLessEqual(sum(line[key] for line in of_it), o[key])
                for distance in TRANSFERS:
                    self.assertLessEqual(sum(line["transfers"][distance] for line in of_it),
                                         o["transfers"][distance])
            for line in lines:
                self.assertLessEqual(sum(line["transfers"].values()), line["loads"] + line["stores"])
                for kind, users in (("loads", "readers"), ("stores", "writers")):
                    self.assertLessEqual(sum(u["count"] for u in line[users]), line[kind])
                    self.assertLessEqual(len(line[users]), 4)
                    self.assertEqual(bool(line[users]), bool(line[kind]))

    def test_names(self):
        for run in self.runs:
            names = {o["object"] for o in run["hot_objects"]}
            self.assertEqual([n for n in names if n.startswith("?") or "0x" in n], [])
            vcpu = next(o for o in run["hot_objects"] if o["object"].startswith("struct kvm_vcpu ("))
            self.assertRegex(vcpu["object"], r"^struct kvm_vcpu \(create\.h:\d+\)$")
            self.assertEqual(vcpu["object_bytes"], 17 * 1024)
            # requests are set by who sends and cleared by who is asked: the vCPU's first line
            first = next(line for line in run["hot_lines"]
                         if line["object"] == vcpu["object"] and line["offset"] == 0)
            self.assertIn("requests", first["field"].split(", "))
            self.assertIn("requests", [w["field"] for w in first["writers"]])

    def test_a_limit_is_a_time_like_any_other(self):
        done = vcpusim("-q", "-o", "-", "--reps", 1, "--set", "/limits/simulated_ms=6",
                       "--table", "rcu-array", SMOKE)
        self.assertEqual(json.loads(done.out)["runs"][0]["status"], "limit")
        self.assertIn("hot_lines", json.loads(done.out)["runs"][0])


if __name__ == "__main__":
    unittest.main()
