"""Claims and what they rest on: verdicts worked out by hand, and both programs run for real."""

import json
import os
import pathlib
import sys
import unittest

from sample import ANALYSIS, Case

sys.path.insert(0, str(ANALYSIS))
import claims  # noqa: E402

VCPUSIM = os.environ["VCPUSIM"]
SOURCE = pathlib.Path(os.environ["VCPUSIM_SOURCE"])


def cells(ratios, machine="m", relation="faster"):
    """{cell: (ratio, verdict)} of (vcpus, low, high); the value is the middle of the logarithms."""
    return {claims.Cell(machine, 1, n): (r, claims.verdict(relation, r))
            for n, low, high in ratios for r in [((low * high) ** 0.5, low, high)]}


class Verdicts(unittest.TestCase):
    def test_a_ratio(self):
        for relation, low, high, expected in (
                ("slower", 1.06, 3, "holds"), ("slower", 1.04, 3, "open"), ("slower", 0.5, 1.05, "fails"),
                ("faster", 0.5, 0.95, "holds"), ("faster", 0.9, 0.96, "open"), ("faster", 0.96, 2, "fails"),
                ("alike", 0.96, 1.05, "holds"), ("alike", 1.04, 1.06, "open"), ("alike", 1.06, 2, "fails"),
                ("alike", 0.5, 0.95, "fails"), ("alike", 0.9, 1, "open"), ("less", 0.5, 0.6, "holds"),
                ("more", 0.5, 0.6, "fails")):
            self.assertEqual(claims.verdict(relation, (1, low, high)), expected, (relation, low, high))

    def test_replications_are_paired(self):
        # twice as much in each pair, whatever the pair
        value, low, high = claims.ratio([2, 20, 200], [1, 10, 100])
        for x in (value, low, high):
            self.assertAlmostEqual(x, 2)
        # logs ln 2, ln 8: mean ln 4, deviation ln 4 / sqrt 2, so +- 12.706 ln 4 / 2
        value, low, high = claims.ratio([2, 8], [1, 1])
        self.assertAlmostEqual(value, 4)
        self.assertAlmostEqual(high / 4 ** (1 + 12.7062 / 2), 1, places=3)
        self.assertIsNone(claims.ratio([2], [1]))

    def test_words(self):
        holds, fails = (0.5, 0.6), (2, 3)
        for ratios, expected in (
                ([(16, *holds), (64, *holds)], "holds"),
                ([(16, *fails), (64, *fails)], "does not hold"),
                ([(16, *fails), (64, *holds), (256, *holds), (1024, 0.9, 1.1), (4096, *holds)],
                 "holds at 64 to 256, 4,096; does not hold at 16; open at 1,024")):
            self.assertEqual(claims.in_words(cells(ratios)), expected)
        both = {**cells([(16, *holds), (64, *holds)]), **cells([(16, *fails), (64, *holds)], "n")}
        self.assertEqual(claims.in_words(both), "holds at 64; flips at 16 (holds on m, mlp 1)")
        seed = {c._replace(seed=2): v for c, v in cells([(16, *fails), (64, *holds)], "m").items()}
        self.assertEqual(claims.in_words({**both, **seed}),
                         "holds at 64; flips at 16 (holds on m, mlp 1, seed 1)")

    def test_crossover(self):
        # ln 2 above at 16, ln 2 below at 64: half-way between their logarithms, at 32
        self.assertEqual(claims.crossover(cells([(16, 2, 2), (64, 0.5, 0.5)])), "32")
        self.assertIsNone(claims.crossover(cells([(16, 2, 2), (64, 1.5, 1.5)])))
        # an interval around 1 is on neither side; from 16 to 256, half-way is 64
        self.assertEqual(claims.crossover(cells([(16, 2, 2), (64, 0.4, 1.1), (256, 0.5, 0.5)])), "64")
        # alike from 64 to 256: there
        self.assertEqual(claims.crossover(cells([(16, 2, 2), (64, 1, 1.01), (256, 0.99, 1), (1024, 0.1, 0.2)])),
                         "64 to 256")

    def test_every_claim_is_of_tables_that_are_run(self):
        tables = {kind: json.loads((SOURCE / f"scenarios/claims/{kind}.json").read_text())["tables"]
                  for kind in claims.SCENARIOS}
        named = {kind: {t if isinstance(t, str) else f"{t['table']}(chunk={t['chunk']})" for t in ts}
                 for kind, ts in tables.items()}
        named["count"] = {f"{table} by {how}" for table in named["count"] for how in claims.COUNTED_BY}
        for claim in claims.CLAIMS:
            kind = {claims.CREATE: "create", claims.COUNT: "count"}.get(claim.what, "read")
            self.assertLessEqual({claim.a, claim.b}, named[kind], claim)


class Programs(Case):
    def test_claims_runs_what_is_missing(self):
        args = ["--run", str(self.dir / "c"), "--vcpusim", VCPUSIM, "--machines", "xeon-8375c", "--sizes", "16",
                "--seeds", "1"]
        out = self.works("claims.py", *args)
        self.assertEqual(len(list((self.dir / "c").iterdir())), 10)
        # 36,864 bytes against 2,304: docs/tables.md
        self.assertRegex(out, r"fixed against chunked, more\?\n +16 vCPUs +16\n +holds")
        again = self.works("claims.py", *args)
        self.assertNotIn(".json", again)
        self.assertEqual(*(text[text.index("a fixed array"):] for text in (out, again)))
        table = self.works("claims.py", "--markdown", *map(str, sorted((self.dir / "c").iterdir())))
        self.assertEqual(table.count("\n"), len(claims.CLAIMS) + 2)

    def test_what_rests_on_a_guess(self):
        sets = [a for s in ("/vm/boot_vcpus=16", "/streams/0/count=20", "/streams/1/count=2") for a in ("--set", s)]
        out = self.works("sensitivity.py", str(SOURCE / "scenarios/claims/read.json"), "--vcpusim", VCPUSIM, *sets,
                         "--table", "fixed", "--table", "list", "--only", "/l3_ns", "--only", "/mlp")
        self.assertIn("not possible alone: /l3_ns halved", out)
        self.assertRegex(out, r"of the 2 assumed numbers' halvings and doublings change nothing")
        # fixed and list decide two: look-ups are slower, walks are not alike
        self.assertRegex(out, r"(?m)^[12] of 2 claims decided on xeon-8375c")

    def test_no_simulator(self):
        says = ("/none/vcpusim: No such file or directory", "./bootstrap.sh", "--vcpusim")
        self.refused("claims.py", "--run", str(self.dir), "--vcpusim", "/none/vcpusim", says=says)
        self.refused("sensitivity.py", "--vcpusim", "/none/vcpusim",
                     str(SOURCE / "scenarios/claims/read.json"), says=says)


if __name__ == "__main__":
    unittest.main()
