"""The package: histograms, intervals, reading."""

import json
import math
import shutil
import tempfile
import unittest
from unittest import mock

from sample import Case, causes, changed, figures, operation, real_result, result, run

from vcpusim_results import (Histogram, ResultError, complete, load, mean_interval, merge, paired,
                             read)
from vcpusim_results import histogram, text
from vcpusim_results.stats import t95


def of(counts):
    """Histogram of {value in ps below 256: how many}, where the index of a bucket is its value"""
    return Histogram(counts, sum(v * n for v, n in counts.items()), min(counts), max(counts))


class Buckets(unittest.TestCase):
    def test_small_values_have_one_each(self):
        for value in 0, 1, 127, 128, 255:
            self.assertEqual(histogram.index(value), value)
            self.assertEqual(histogram.bounds(value), (value, value + 1))

    def test_large_values(self):
        # 5,819,000 ps has 23 bits: shift 22 - 7 = 15, 5,819,000 / 32,768 = 177.58, so the bucket is
        # [177 x 32,768, 178 x 32,768) = [5,799,936, 5,832,704); index 15 x 128 + 177 = 2,097.
        self.assertEqual(histogram.index(5_819_000), 2097)
        self.assertEqual(histogram.bounds(2097), (5_799_936, 5_832_704))
        self.assertEqual(histogram.index(256), 256)  # shift 1, 128 + 256 / 2
        self.assertEqual(histogram.bounds(256), (256, 258))

    def test_the_last(self):
        # 64 bits: shift 56, indices up to 56 x 128 + 255 = 7,423 = 58 x 128 - 1
        self.assertEqual(histogram.BUCKETS, 7424)
        self.assertEqual(histogram.index(2**64 - 1), 7423)
        self.assertEqual(histogram.bounds(7423), (255 << 56, 2**64 - 1))


class Percentiles(unittest.TestCase):
    def test_ranks(self):
        # ceil(0.5 x 5) = 3; ceil(0.999 x 10,000) = 9,990 and not 9,991; at least 1
        self.assertEqual(histogram.rank(5, 500_000), 3)
        self.assertEqual(histogram.rank(10_000, 999_000), 9990)
        self.assertEqual(histogram.rank(3, 0), 1)

    def test_ten_samples_must_be_above(self):
        # 1,000 samples: p99 is the 990th, 10 above. 999: the 990th again (989.01), 9 above.
        self.assertEqual(of({100: 985, 200: 15}).percentile(990_000), 0.2)
        self.assertIsNone(of({100: 984, 200: 15}).percentile(990_000))
        self.assertIsNone(Histogram().percentile(500_000))

    def test_merged_is_not_averaged(self):
        # 600 of 100 ps and 400 of 200 ps: the 500th of 1,000 is 100; the average of 100 and 200 is
        # not. The 900th is 200. The mean is (60,000 + 80,000) / 1,000 = 140 ps.
        both = merge([of({100: 350}), None, of({100: 250, 200: 400})])
        self.assertEqual(both.percentile(500_000), 0.1)
        self.assertEqual(both.percentile(900_000), 0.2)
        self.assertEqual((both.count, both.mean, both.min_ps, both.max), (1000, 0.14, 100, 0.2))

    def test_a_value_stays_within_what_was_seen(self):
        # [5,799,936, 5,832,704) has its middle at 5,816,320; 30 samples from 5,820,000 on.
        h = Histogram({2097: 30}, 30 * 5_821_000, 5_820_000, 5_822_000)
        self.assertEqual(h.percentile(500_000), 5820.0)
        h = Histogram({2097: 30}, 30 * 5_801_000, 5_800_000, 5_832_000)
        self.assertEqual(h.percentile(500_000), 5816.32)

    def test_curve(self):
        # Above 100 ps are 3 of 5 samples, above 150 one, above 200 none.
        self.assertEqual(list(of({100: 2, 150: 2, 200: 1}).curve()),
                         [(3, 0.1), (1, 0.15), (0, 0.2)])


class Intervals(unittest.TestCase):
    def test_students_t(self):
        # The printed tables' 97.5 % points, at n - 1 degrees of freedom
        for n, t in (2, 12.706), (3, 4.303), (4, 3.182), (5, 2.776), (11, 2.228), (31, 2.042):
            self.assertAlmostEqual(t95(n), t, delta=0.0005)
        self.assertAlmostEqual(t95(1001), 1.962, delta=0.0005)

    def test_pairs(self):
        # Differences 1, 2, 3: mean 2, standard deviation 1, 4.3027 / sqrt(3) = 2.4841. Unpaired the
        # spread of a, 10 ... 30, would drown them.
        d = paired([11, 22, 33], [10, 20, 30])
        self.assertEqual((d.value, d.n, d.differs), (2, 3, False))
        self.assertAlmostEqual(d.low, 2 - 2.4841, delta=1e-4)
        self.assertAlmostEqual(d.high, 2 + 2.4841, delta=1e-4)
        # 9, 10, 11: 10 - 2.4841 > 0; the other way round it is negative
        self.assertTrue(paired([19, 30, 41], [10, 20, 30]).differs)
        self.assertTrue(paired([10, 20, 30], [19, 30, 41]).differs)

    def test_one_has_none(self):
        d = mean_interval([5])
        self.assertEqual((d.value, d.low, d.high, d.differs), (5, None, None, False))


class Units(unittest.TestCase):
    def test_three_digits(self):
        for value, shown in ((0, "0 ns"), (66.84, "66.8 ns"), (999.4, "999 ns"),
                             (999.6, "1.00 us"), (12_345_678, "12.3 ms"), (-2070, "-2.07 us"),
                             (0.1, "0.100 ns"), (None, "-"), (math.nan, "-")):
            self.assertEqual(text.ns(value), shown)
        self.assertEqual(text.size(36864), "36.0 KiB")
        self.assertEqual(text.rate(14_300), "14.3 k")


BY_HAND = result(run("a", 0, {"hotplug": operation([100] * 5 + [200])}),
                 run("b", 0, {"hotplug": operation([150] * 6)}, memory=2048),
                 run("a", 1, {}, status="crashed", message="null read"))


class Reading(Case):
    def test_a_row_per_run_and_operation(self):
        runs = load(self.write("r.json", BY_HAND))
        self.assertEqual(list(runs.table), ["a", "b", "a"])
        self.assertEqual(list(runs.memory_peak_bytes), [1024, 2048, 1024])
        self.assertEqual(list(runs.vcpus), [12, 12, 12])  # 8 at boot and 4 plugged in
        self.assertEqual(runs.latency[0].buckets, {100: 5, 200: 1})
        self.assertIsNone(runs.to_online[0])
        self.assertEqual(list(complete(runs).table), ["a", "b"])

    def test_several_files_and_standard_input(self):
        path = self.write("r.json", BY_HAND)
        with open(path, encoding="utf-8") as f, mock.patch("sys.stdin", f):
            runs = load(path, "-")
        self.assertEqual(list(runs.file), [path] * 3 + ["standard input"] * 3)

    def refused(self, document, *says):
        path = self.write("bad.json", document)
        with self.assertRaises(ResultError) as caught:
            read(path)
        for part in (path, *says):
            self.assertIn(part, str(caught.exception))

    def test_no_result(self):
        self.refused("", "found an empty file", "vcpusim-result/1")
        self.refused(" \n", "found an empty file")
        self.refused(json.dumps(BY_HAND)[:500], "bad.json:1:", "no JSON")
        self.refused(b"\xff\xfe{}", "byte 0 is no UTF-8")
        self.refused("[" * 100_000, "vcpusim-result/1")
        self.refused(json.dumps(BY_HAND).replace('"seed": 1', '"seed": NaN', 1), "NaN is no JSON")
        self.refused(json.dumps(BY_HAND).replace('"simulated_ns": 1000', '"simulated_ns": 1e999'),
                     "1e999 is out of range")
        self.refused([1, 2], "/: found [1, 2]", "expected an object")
        with self.assertRaisesRegex(ResultError, "nowhere.json: No such file"):
            read("nowhere.json")
        with self.assertRaisesRegex(ResultError, "directory"):
            read(self.dir)

    def test_other_versions(self):
        self.refused(changed(BY_HAND, "/schema", "vcpusim-result/2"), "/schema", "vcpusim-result/2",
                     "vcpusim-result/1")
        self.refused({"scenario": {}}, "/schema", "no member")
        self.refused(BY_HAND["scenario"], "/schema", "vcpusim-scenario/1", "vcpusim-result/1")

    def test_wrong_types_and_values(self):
        self.refused(changed(BY_HAND, "/runs/1/memory_bytes/peak", "much"),
                     '/runs/1/memory_bytes/peak: found "much", expected integer')
        self.refused(changed(BY_HAND, "/runs/0/status", "fine"), "/runs/0/status", '"ok"')
        self.refused(changed(BY_HAND, "/scenario/vm/max_vcpus", 0), "/scenario/vm/max_vcpus",
                     "found 0")
        self.refused(changed(BY_HAND, "/runs", {}), "/runs: found {}, expected array")

    def test_runs_that_contradict_each_other(self):
        self.refused(changed(BY_HAND, "/runs/2/replication", 0), "/runs/2", "a, replication 0 again")
        self.refused(changed(BY_HAND, "/runs/0/table", "c"), '/runs/0/table: found "c"')

    def test_buckets_that_are_not_ours(self):
        at = "/runs/0/ops/hotplug/histogram/latency_ns"
        for bad in ([0.1, 0.102, 5], [0.1005, 0.1015, 5], [0.1, 0.101, 0], [0.1, 0.101, 2.5],
                    [0.1, 0.101], "x", [None, 1, 1], [True, 2, 1], [-1, 0.001, 1],
                    [1e300, 2e300, 1]):
            self.refused(changed(BY_HAND, f"{at}/0", bad), f"{at}/0: found", "buckets")
        self.refused(changed(BY_HAND, f"{at}/1", [0.1, 0.101, 1]), f"{at}/1", "each once")
        self.refused(changed(BY_HAND, f"{at}/0/2", 4), f"{at}: found 5 samples", "expected 6")
        # 100 ps are the lowest, so the minimum cannot be 101
        self.refused(changed(BY_HAND, "/runs/0/ops/hotplug/latency_ns/min", 0.101),
                     "/runs/0/ops/hotplug/latency_ns/min: found 0.101")
        self.refused(changed(BY_HAND, "/runs/0/ops/hotplug/latency_ns/max", None),
                     "/runs/0/ops/hotplug/latency_ns/max: found null")

    def test_the_last_bucket_has_no_end(self):
        # [255 x 2^56 ps, ...): 18,374,686,479,671,624 ns with 15 digits is 18,374,686,479,671,600
        low, at = 18374686479671600, "/runs/0/ops/hotplug"
        one = changed(changed(BY_HAND, f"{at}/histogram/latency_ns", [[low, None, 6]]),
                      f"{at}/latency_ns", {**figures([100] * 6), "min": low + 100,
                                           "mean": low + 100, "max": low + 100})
        self.assertEqual(read(self.write("r.json", one)).runs.latency[0].buckets, {7423: 6})

    def test_tables_with_parameters(self):
        name = "chunked(chunk=32)"
        r = read(self.write("r.json", result(run("a", 0, {}), run(name, 0, {}),
                                             tables=("a", {"table": "chunked", "chunk": 32}))))
        self.assertEqual(r.tables, ["a", name])

    def test_a_parameter_by_its_pointer(self):
        r = read(self.write("r.json", BY_HAND))
        self.assertEqual(r.parameter("/vm/max_vcpus"), 16)
        self.assertEqual(r.parameter("/streams/0/op"), "hotplug")
        for pointer in "/vm/min_vcpus", "/streams/1", "/name/x":
            with self.assertRaisesRegex(ResultError, f"the scenario has no {pointer}"):
                r.parameter(pointer)

    def test_unknown_is_unknown(self):
        runs = load(self.write("r.json", BY_HAND))
        self.assertTrue(runs.latency_p50_ns.isna().all())
        self.assertEqual(runs.breakdown_mean[0], causes())


class ARealResult(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="vcpusim-analysis-")
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        cls.result = read(real_result(cls.dir))

    def test_percentiles_again(self):
        """Those of the histograms are those that the simulator found, in each run and pooled."""
        ppm = {"p50": 500_000, "p90": 900_000, "p99": 990_000, "p999": 999_000}
        compared = 0
        for _, row in self.result.runs.iterrows():
            for kind in "latency", "to_online", "to_last", "delivery":
                for name, p in ppm.items():
                    told = row[f"{kind}_{name}_ns"]
                    if row[kind] is None:
                        self.assertTrue(math.isnan(told))
                        continue
                    ours = row[kind].percentile(p)
                    self.assertEqual(ours, None if math.isnan(told) else told)
                    compared += ours is not None
        self.assertGreater(compared, 10)

    def test_pooled_percentiles_again(self):
        compared = 0
        runs = complete(self.result.runs)
        for told in self.result.document["summary"]:
            name = told["metric"]
            if not name.endswith("_pooled_ns"):
                continue
            ppm = {"p50": 500_000, "p90": 900_000, "p99": 990_000,
                   "p999": 999_000}[name.split("_")[1]]
            rows = runs[(runs.table == told["table"]) & (runs.operation == told["operation"])]
            self.assertEqual(merge(rows.latency).percentile(ppm), told["value"])
            compared += told["value"] is not None
        self.assertGreater(compared, 10)

    def test_paired_differences_again(self):
        # A run's mean is written to the picosecond: half of it twice, times 12.7 / sqrt(2) at most
        runs = complete(self.result.runs).set_index("replication")
        compared = 0
        for told in self.result.document["comparisons"]:
            if told["metric"] != "latency_mean_ns":
                continue
            a, b = (runs[(runs.table == told[k]) & (runs.operation == told["operation"])]
                    for k in "ab")
            ours = paired(a.latency_mean_ns, b.latency_mean_ns[a.index])
            for k in "value", "low", "high":
                self.assertAlmostEqual(getattr(ours, k), told["a_minus_b"][k],
                                       delta=0.02)
            compared += 1
        self.assertEqual(compared, 30)  # 5 operations, 6 pairs of 4 tables


if __name__ == "__main__":
    unittest.main()
