"""Each program: figures worked out by hand, what it refuses, its pictures, pipes."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from sample import ANALYSIS, PYTHON, TIMEOUT_S, Case, changed, operation, real_result, result, run

# a: 100, 110, 120 ps on average, b: 80, 100, 90, so that a - b is 20, 10, 30: mean 20, standard
# deviation 10, half an interval 4.3027 x 10 / sqrt(3) = 24.84. c is 1,000 samples each, c - b:
# 40, 20, 30; 30 +- 24.84.
PAIRS = result(
    *(run("a", i, {"hotplug": operation([v] * 10)}) for i, v in enumerate((100, 110, 120))),
    *(run("b", i, {"hotplug": operation([v] * 10)}) for i, v in enumerate((80, 100, 90))),
    *(run("c", i, {"hotplug": operation([v] * 1000, known=dict.fromkeys(
        ("p50", "p90", "p99"), v / 1000))}, memory=4096) for i, v in enumerate((120, 120, 120))),
    tables=("a", "b", "c"))


def line(out, start):
    """The words of the line that begins so"""
    return next(re.split(r"  +", row.strip()) for row in out.splitlines()
                if row.strip().startswith(start))


class Compare(Case):
    def test_tables_of_one_file(self):
        path = self.write("r.json", PAIRS)
        out = self.works("compare.py", path, "--table", "a", "--table", "b")
        # means: 110 and 90; 20 of 90 is 22.2 %
        self.assertEqual(line(out, "mean"), [
            "mean", "0.110 ns", "0.0900 ns", "0.0200 ns (-0.00484 ns to 0.0448 ns)", "+22.2 %", "?"])
        # no replication has a p50 of its own: 10 samples; together there are 30, 15 above the 15th
        self.assertEqual(line(out, "p50"), ["p50", "0.110 ns", "0.0900 ns", "-", "-", "?"])
        self.assertEqual(line(out, "p90"), ["p90", "-", "-", "-", "-", "?"])
        out = self.works("compare.py", path, "--table", "c", "--table", "b")
        self.assertEqual(line(out, "mean")[3:], [
            "0.0300 ns (0.00516 ns to 0.0548 ns)", "+33.3 %", "B"])
        self.assertEqual(line(out, "table memory")[3:], [
            "3.00 KiB (3.00 KiB to 3.00 KiB)", "+300.0 %", "B"])

    def test_percentiles_closer_than_a_bucket(self):
        # Always 1/120 apart is 0.83 %, more than the 1/128 that a bucket is wide; 1/200 is not.
        def two(low, high):
            runs = [run(t, i, {"hotplug": operation([v] * 100, known={"p50": v / 1000})})
                    for t, v in (("a", low), ("b", high)) for i in range(2)]
            out = self.works("compare.py", self.write("r.json", result(*runs)),
                             "--table", "a", "--table", "b")
            return line(out, "p50")[-1], line(out, "mean")[-1]
        self.assertEqual(two(119, 120), ("A", "A"))
        self.assertEqual(two(199, 200), ("?", "A"))

    def test_two_files_are_paired_by_replication(self):
        # Only replications 0 and 2 are in both; 1 was not finished. a - a' = 1 and 3: 2 +- 12.706.
        other = result(*(run("a", i, {"hotplug": operation([v] * 10)}, status=s) for i, v, s in
                         ((2, 117, "ok"), (0, 99, "ok"), (1, 10, "limit"))), seed=2)
        a, b = self.write("a.json", PAIRS), self.write("b.json", other)
        out = self.works("compare.py", a, b)
        self.assertEqual(line(out, "mean")[3], "0.00200 ns (-0.0107 ns to 0.0147 ns)")
        self.assertIn("2 pairs", out)
        self.assertIn("/seed: A 1, B 2", out)
        self.assertIn("a, hotplug", out)
        self.assertNotIn("b, hotplug", out)
        self.assertEqual(out.count("mean "), 1)

    def test_refused(self):
        path = self.write("r.json", PAIRS)
        self.refused("compare.py", path, says="expected a second one, or --table twice")
        self.refused("compare.py", path, path, path, says="found 3 files")
        self.refused("compare.py", path, "--table", "a", "--table", "x",
                     says=["no table x", "a, b, c"])
        self.refused("compare.py", path, path, "--table", "x", says="no table in both: x")
        empty = self.write("none.json", changed(PAIRS, "/runs", []))
        self.refused("compare.py", empty, "--table", "a", "--table", "b", says="nothing to compare")


class Latency(Case):
    def test_percentiles_of_all_replications(self):
        # c: 3,000 samples of 120 ps, 30 above the 2,970th; p99.9 would have 3 above
        out = self.works("latency.py", self.write("r.json", PAIRS))
        self.assertEqual(line(out, "table"), ["table", "samples", "min", "mean", "p50", "p90",
                                              "p99", "max"])
        self.assertEqual(line(out, "c"), ["c", "3000"] + ["0.120 ns"] * 6)
        self.assertEqual(line(out, "a"), ["a", "30", "0.100 ns", "0.110 ns", "0.110 ns", "-", "-",
                                          "0.120 ns"])

    def test_refused(self):
        path = self.write("r.json", PAIRS)
        self.refused("latency.py", path, "--operation", "lookup", says=["no operation lookup",
                                                                        "hotplug"])
        self.refused("latency.py", path, "--kind", "to_last", says="no complete run has samples")


# What every program must do, whatever it shows
CALLS = {
    "compare.py": ("--table", "a", "--table", "b"),
    "latency.py": (),
}


class Every(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="vcpusim-analysis-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.real = real_result(cls.folder)
        cls.small = str(pathlib.Path(cls.folder) / "small.json")
        pathlib.Path(cls.small).write_text(json.dumps(PAIRS))

    def elsewhere(self, program, *args, **how):
        """In a process of its own, without a display, with other hashes and in another zone"""
        return subprocess.run([PYTHON, "-B", str(ANALYSIS / program), self.small, *args],
                              check=False, timeout=TIMEOUT_S, cwd=self.dir, **how,
                              stderr=subprocess.PIPE, env={"PYTHONHASHSEED": "7", "TZ": "X+5"})

    def test_pictures_are_the_same_each_time(self):
        for program, more in CALLS.items():
            kinds = ("html",) if program == "report.py" else ("svg", "png")
            for kind in kinds:
                self.works(program, self.small, *more, "-o", f"here.{kind}")
            self.elsewhere(program, *more, "-o", f"there.{kinds[0]}", stdout=subprocess.DEVNULL)
            here, there = ((self.dir / f"{p}.{kinds[0]}").read_bytes() for p in ("here", "there"))
            with self.subTest(program=program):
                self.assertEqual(here, there)
                self.assertNotIn(b"dc:date", here)
                self.assertIn(b"<svg", here)
                if "png" in kinds:
                    self.assertTrue((self.dir / "here.png").read_bytes().startswith(b"\x89PNG\r\n"))

    def test_standard_input(self):
        with open(self.small, "rb") as f:
            data = f.read()
        for program, more in CALLS.items():
            with self.subTest(program=program):
                self.assertEqual(
                    self.works(program, "-", *more, given=data).replace("standard input", "X"),
                    self.works(program, self.small, *more).replace(self.small, "X"))

    def test_a_real_result(self):
        for program, more in CALLS.items():
            kind = ".html" if program == "report.py" else ".svg"
            more = [{"a": "fixed", "b": "chunked"}.get(word, word) for word in more]
            with self.subTest(program=program):
                self.works(program, self.real, *more, "-o", f"real{kind}")

    def test_a_reader_that_leaves(self):
        for program, more in CALLS.items():
            into, out = os.pipe()
            os.close(into)
            with open(out, "wb") as gone, self.subTest(program=program):
                done = self.elsewhere(program, *more, stdout=gone)
                self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, b""))

    def test_files_that_are_no_results(self):
        with open(self.real, encoding="utf-8") as f:
            real = json.load(f)
        bad = {
            "empty": ("", "empty file"), "cut": (json.dumps(real)[:3000], "no JSON"),
            "newer": ({**real, "schema": "vcpusim-result/2"}, "/schema: found"),
            "type": (changed(real, "/runs/0/ops/hotplug/count", "8"),
                     '/runs/0/ops/hotplug/count: found "8", expected integer'),
        }
        for program, more in CALLS.items():
            for name, (content, says) in bad.items():
                with self.subTest(program=program, bad=name):
                    path = self.write(f"{name}.json", content)
                    self.refused(program, path, *more, says=[path, says])
        self.refused("latency.py", "nowhere.json", says="nowhere.json: No such file")
        self.refused("compare.py", "-", "-", says="- twice")

    def test_output_that_cannot_be(self):
        for program, more in CALLS.items():
            with self.subTest(program=program):
                self.refused(program, self.small, *more, "-o", "x.txt", says=["x.txt", "ends in"])
                ending = ".html" if program == "report.py" else ".svg"
                self.refused(program, self.small, *more, "-o", f"no/such{ending}", says="No such file")


if __name__ == "__main__":
    unittest.main()
