"""Each program: figures worked out by hand, what it refuses, its pictures, pipes."""

import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from sample import (ANALYSIS, PYTHON, SOURCE, TIMEOUT_S, Case, causes, changed, operation, real_result, result,
                    run)

from vcpusim_results import Histogram, plots, read

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


class Native(Case):
    def test_never_beside_simulated(self):
        simulated = self.write("s.json", PAIRS)
        native = self.write("n.json", {"schema": PAIRS["schema"], "backend": "native", **PAIRS})
        both = f"{native} is native, {simulated} is simulated"
        self.refused("compare.py", native, simulated, says=both)
        self.refused("report.py", native, simulated, "-o", "r.html", says=both)
        self.refused("report.py", native, "-o", "r.html", says=f"{native} is native")
        out = self.works("compare.py", native, "--table", "a", "--table", "b")
        self.assertIn("NATIVE", out.splitlines()[0])
        self.assertNotIn("NATIVE", self.works("compare.py", simulated, "--table", "a", "--table", "b"))


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
        self.refused("compare.py", path, path, "--tabel", "a", says="--tabel a; did you mean --table?")
        self.refused("compare.py", path, path, "--nothing-like-it", says="--nothing-like-it\n")
        empty = self.write("none.json", changed(PAIRS, "/runs", [run(t, 0, {}, status="crashed")
                                                                 for t in "ab"]))
        self.refused("compare.py", empty, "--table", "a", "--table", "b", says="nothing to compare")


    def test_made_by_other_programs(self):
        """Not only scenarios differ: so may the simulator, and the code of a table."""
        newer = changed(changed(PAIRS, "/provenance/version", "0.2.0"), "/provenance/modules/1/hash", "00fe")
        out = self.works("compare.py", self.write("a.json", PAIRS), self.write("b.json", newer))
        self.assertIn("  vcpusim: A 0.1.0, B 0.2.0\n  code of b: A gcc 00ff, B gcc 00fe\n", out)
        self.assertNotIn("code of a", out)


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
        self.refused("latency.py", path, "--operation", "hotplog", says="hotplug; did you mean hotplug?\n")
        self.refused("latency.py", path, "--kind", "to_last", says="no complete run has samples")


class LatencyPlot(unittest.TestCase):
    def test_known_as_far_as_ten_samples_are_above(self):
        # 100 samples: 50 of 100 ps, 48 of 120, 2 of 150. Above them are 50, 2, 0: p50 ends at x = 2,
        # the 120s reach beyond the 90th, so are known up to x = 100 / 10, and end at 100 / 2.
        import latency
        h = Histogram({100: 50, 120: 48, 150: 2}, 0, 100, 150)
        known, rest = latency.tail(h)
        self.assertEqual(known, [(1, 0.1), (2, 0.1), (10, 0.12)])
        self.assertEqual(rest, [(10, 0.12), (50, 0.12), (100, 0.15)])

    def test_labels_do_not_meet(self):
        # downwards from the top: 0.9, 0.8; what is below 0 is pushed up again
        for places, moved in (([0.9, 0.9, 0.5], [0.9, 0.8, 0.5]), ([0.05, 0.02], [0.1, 0.0])):
            for found, expected in zip(plots.spread(places, 0.1), moved):
                self.assertAlmostEqual(found, expected)

    def test_tables_look_different(self):
        # six colours, six markers: the seventh has the first's colour and the second's marker
        looks = [tuple(str(v) for v in look.values()) for look in plots.looks(range(36)).values()]
        self.assertEqual(len(set(looks)), 36)
        self.assertEqual((looks[6][0], looks[6][1]), (looks[0][0], looks[1][1]))

    def test_names_of_many_are_led_to(self):
        for n, leaders in ((6, 0), (7, 7)):
            figure, (ax,) = plots.panels(1)
            plots.label_ends(ax, [(1, k, str(k)) for k in range(n)], plots.looks(map(str, range(n))))
            self.assertEqual(sum(t.get_text() == "" for t in ax.texts), leaders)
            self.assertEqual([t.get_text() for t in ax.texts if t.get_text()], [str(k) for k in range(n)])
            plots.pyplot.close(figure)


# Replication 0: 10 operations of 0.1 ns, replication 1: 30 of 0.2 ns; 40 % compute, 60 % lock. So the
# mean of the 40 is compute (10 x 0.04 + 30 x 0.08) / 40 = 0.07 ns and lock 0.105 ns. At or above p99
# is known of replication 1 only: all lock.
PARTS = result(
    run("a", 0, {"hotplug": operation([100] * 10, mean=causes(compute=0.04, lock=0.06))}),
    run("a", 1, {"hotplug": operation([200] * 30, mean=causes(compute=0.08, lock=0.12),
                                      tail=causes(lock=0.2))}), tables=("a",))


class Breakdown(Case):
    def test_weighted_by_operations(self):
        out = self.works("breakdown.py", self.write("r.json", PARTS))
        self.assertEqual(line(out, "compute"), ["compute", "0.0700 ns 40.0 %"])
        self.assertEqual(line(out, "lock"), ["lock", "0.105 ns 60.0 %"])
        self.assertEqual(line(out, "all"), ["all", "0.175 ns", "100 %"])
        tail = out[out.index("at or above p99"):]
        self.assertEqual(line(tail, "lock"), ["lock", "0.200 ns 100.0 %"])
        self.assertNotIn("compute", tail)

    def test_small_causes_are_folded(self):
        # 1 % of memory is less than 2 %: "other" together with another 1 %
        parts = causes(lock=0.098, memory=0.001, allocation=0.001)
        out = self.works("breakdown.py", self.write("r.json", result(
            run("a", 0, {"hotplug": operation([100] * 10, mean=parts)}), tables=("a",))))
        self.assertEqual(line(out, "other"), ["other", "0.00200 ns", "2.0 %"])
        self.assertNotIn("memory", out)

    def test_refused(self):
        none = changed(PARTS, "/runs", [run("a", 0, {}, status="crashed")])
        self.refused("breakdown.py", self.write("r.json", none), says="no complete run")


class Along(Case):
    def write_two(self):
        """16 vCPUs at most: c as above; 32: twice as fast, 100 samples only, 8 KiB"""
        more = result(*(run("c", i, {"hotplug": operation([v] * 100, per_s=2000)}, memory=8192)
                        for i, v in enumerate((60, 60))), tables=("c",),
                      vm={"max_vcpus": 32, "boot_vcpus": 8})
        return self.write("r.json", PAIRS), self.write("more.json", more)

    def test_scaling(self):
        out = self.works("scaling.py", *self.write_two())
        rows = [re.split(r"  +", r.strip()) for r in out.splitlines() if r.strip()[:2] in ("16", "32")]
        each = "1.00 k (1.00 k to 1.00 k)"
        # p99 of 3,000 samples is known, with no spread; of 200 it is not
        self.assertEqual(rows, [["16", each, each, each],
                                ["32", "-", "-", "2.00 k (2.00 k to 2.00 k)"],
                                ["16", "-", "-", "0.120 ns (0.120 ns to 0.120 ns)"],
                                ["32", "-", "-", "-"]])

    def test_scaling_has_one_axis(self):
        """Of 32 no p99 is known: its panel reaches as far as the throughput's all the same."""
        import scaling
        results = [read(p) for p in self.write_two()]
        figure = scaling.plot(results, [16, 32], "x", scaling.scaling(results, "/vm/max_vcpus")[1])
        self.assertEqual(len(figure.axes), 2)
        for ax in figure.axes:
            self.assertLess(ax.get_xlim()[0], 16)
            self.assertGreater(ax.get_xlim()[1], 32)
        plots.pyplot.close(figure)

    def test_p99_has_the_spread_of_its_own(self):
        # Own p99s 100, 110, 120 ps: half an interval 24.84 ps, about the 120 ps of all together
        r = result(*(run("a", i, {"hotplug": operation([v] * 1000, known=dict.fromkeys(
            ("p50", "p90", "p99"), v / 1000))}) for i, v in enumerate((100, 110, 120))), tables=("a",))
        out = self.works("scaling.py", self.write("r.json", r))
        self.assertIn("0.120 ns (0.0952 ns to 0.145 ns)", out)

    def test_memory(self):
        out = self.works("memory.py", *self.write_two(), "--by", "/vm/max_vcpus")
        self.assertEqual(line(out, "16"), ["16", "1.00 KiB", "1.00 KiB", "4.00 KiB"])
        self.assertEqual(line(out, "32"), ["32", "-", "-", "8.00 KiB"])
        out = self.works("memory.py", self.write_two()[1])
        self.assertEqual(line(out, "12"), ["12", "8.00 KiB"])  # 8 at boot, 4 plugged in

    def test_memory_for_documents(self):
        """In bytes: 1,024 and 4,096 of 16 vCPUs at most, 8,192 of 32; a and b have no run of 32"""
        out = self.works("memory.py", *self.write_two(), "--by", "/vm/max_vcpus", "--markdown")
        self.assertEqual(out.splitlines(), ["| table | 16 | 32 |", "|---|--:|--:|",
                                            "| a | 1,024 | - |", "| b | 1,024 | - |",
                                            "| c | 4,096 | 8,192 |"])

    def test_memory_of_every_design(self):
        scenario = json.loads((ANALYSIS.parent / "scenarios/memory.json").read_text())
        named = {t if isinstance(t, str) else t["table"] for t in scenario["tables"]}
        shipped = {p.stem for p in (ANALYSIS.parent / "models/tables").glob("*.c")}
        self.assertEqual(named, shipped)

    def test_refused(self):
        few, more = self.write_two()
        self.refused("scaling.py", more, more, says="have the same /vm/max_vcpus: 32")
        self.refused("memory.py", more, few, says="have the same vCPUs in the end: 12")
        self.refused("scaling.py", more, few, "--by", "/host/tz", says="the scenario has no /host/tz")
        self.refused("scaling.py", more, "--by", "/vm", says="/vm of the scenario is no single value")


def hot(obj, lost, stores=10, **transfers):
    return {"object": obj, "offset": 64, "field": "lock", "object_bytes": 192, "lines": 2,
            "loads": 3000, "stores": stores,
            "transfers": {**dict.fromkeys(("same_l3", "same_socket", "cross_socket", "far_socket"), 0),
                          **transfers},
            "lost_ns": lost, "readers": [user("walk", None)], "writers": [user("insert", "lock")]}


def user(site, field):
    return {"site": site, "field": field, "count": 7, "lost_ns": 70}


HOT = result(run("a", 0, {}, hot_lines=[hot("kvm", 100, cross_socket=4), hot("vcpu", 900)]),
             run("a", 1, {}, hot_lines=[hot("kvm", 2100, 30, cross_socket=8)]), tables=("a",))


class HotLines(Case):
    def test_sums_per_run(self):
        # kvm: (100 + 2,100) / 2 runs = 1.10 us lost, (10 + 30) / 2 stores, 6 transfers; vcpu 450 ns
        out = self.works("hotlines.py", self.write("r.json", HOT))
        self.assertEqual(line(out, "kvm"), ["kvm", "+64 lock", "2.00", "1.10 us", "3.00 k", "20.0",
                                            "0", "0", "6.00", "0"])
        self.assertEqual(line(out, "vcpu")[3], "450 ns")
        self.assertLess(out.index("kvm "), out.index("vcpu "))
        self.assertIn("kvm +64 lock: written by insert (lock); read by walk\n", out)
        self.assertNotIn("vcpu ", self.works("hotlines.py", str(self.dir / "r.json"), "-n", "1"))
        self.works("hotlines.py", str(self.dir / "r.json"), "-o", "x.svg")

    def test_refused(self):
        self.refused("hotlines.py", self.write("r.json", PAIRS), says="no run with hot_lines")
        self.refused("hotlines.py", self.write("r.json", HOT), "--objects",
                     says="no run with hot_objects")

    def test_objects(self):
        whole = {k: v for k, v in hot("kvm", 300).items()
                 if k not in ("offset", "field", "readers", "writers")}
        out = self.works("hotlines.py", self.write("r.json", result(
            run("a", 0, {}, hot_objects=[whole, {**whole, "object": "vcpu", "lost_ns": 500}]),
            tables=("a",))), "--objects")
        self.assertEqual(line(out, "kvm")[:3], ["kvm", "2.00", "300 ns"])
        self.assertLess(out.index("vcpu "), out.index("kvm "))


# What every program must do, whatever it shows
CALLS = {
    "compare.py": ("--table", "a", "--table", "b"),
    "latency.py": (),
    "breakdown.py": (),
    "scaling.py": (),
    "memory.py": (),
    "hotlines.py": (),
    "report.py": ("-o", "r.html"),
}


SMALL = result(*({**r, "hot_lines": [hot("kvm", 100)], "ops": {"hotplug": {
    **r["ops"]["hotplug"], "breakdown_ns": PARTS["runs"][1]["ops"]["hotplug"]["breakdown_ns"]}}}
                 for r in PAIRS["runs"]), tables=("a", "b", "c"))


class Every(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="vcpusim-analysis-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.real = real_result(cls.folder)
        cls.small = str(pathlib.Path(cls.folder) / "small.json")
        pathlib.Path(cls.small).write_text(json.dumps(SMALL))

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
            if program == "hotlines.py":
                continue
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

    def test_standard_output_that_is_full(self):
        for program, more in (("latency.py", ()), ("report.py", ("-o", "r.html"))):
            with open("/dev/full", "wb") as full, self.subTest(program=program):
                done = self.elsewhere(program, *more, stdout=full)
                self.assertEqual((done.returncode, done.stderr), (
                    2, f"{program}: standard output: No space left on device\n".encode()))

    def test_files_that_are_no_results(self):
        with open(self.real, encoding="utf-8") as f:
            real = json.load(f)
        bad = {
            "empty": ("", "empty file"), "cut": (json.dumps(real)[:3000], "no JSON"),
            "packed": (gzip.compress(json.dumps(real).encode()), "found gzip's format"),
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


class Others(Case):
    """Those that read results of certain scenarios, run the simulator, or read traces"""

    def test_results_of_another_scenario(self):
        path = self.write("r.json", SMALL)
        self.refused("claims.py", path, says="/scenario/name: found by-hand, expected claims-read or")
        self.refused("validation.py", path, says="/scenario/name: found by-hand, expected ipi-skylake-80")
        half = changed(changed(SMALL, "/scenario/name", "ipi-skylake-80"), "/scenario/host", {"ipi_send": "pv"})
        self.refused("validation.py", self.write("half.json", half), says="ipi_send physical, cluster; expected one")
        sends = (changed(half, "/scenario/host/ipi_send", how) for how in ("physical", "cluster", "pv"))
        self.refused("validation.py", *(self.write(f"{n}.json", d) for n, d in enumerate(sends)),
                     says="found no result of interrupt-exit; expected one")
        for program in "claims.py", "validation.py":
            self.refused(program, "nix.json", says=f"{program}: nix.json: No such file")

    def test_files_that_are_not_there(self):
        self.refused("claims.py", "--run", "/dev/null/new", says="/dev/null/new: Not a directory")
        self.refused("sensitivity.py", "nix.json", "--vcpusim", os.environ["VCPUSIM"],
                     says="sensitivity.py: nix.json: cannot open")

    def test_pictures_of_what_is_no_trace(self):
        whole = gzip.compress(b'{"traceEvents": []}' * 99)
        for name, content, says in (("cut.json.gz", whole[:30], "a whole trace"), ("no.json.gz", b"no", "gzip"),
                                    ("r.json", SMALL, "a whole trace"), ("empty.json", "", "a whole trace")):
            done = subprocess.run([PYTHON, "-B", SOURCE / "docs/pictures/trace.py", self.write(name, content),
                                   "-o", "x.svg"], cwd=self.dir, check=False, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"^trace.py: .*{name}: .*{says}.*\n$")
        self.assertFalse((self.dir / "x.svg").exists())


if __name__ == "__main__":
    unittest.main()
