"""scenarios/torture.json and torture-unplug.json: by their own seeds they find the fault of each mutant,
and none in what is shipped."""

import json
import re
import unittest

from cli import BROKEN, SANITIZED, SOURCE, Case

TORTURE = SOURCE / "scenarios/torture.json"
UNPLUG = SOURCE / "scenarios/torture-unplug.json"
TABLES = {p.stem for p in (SOURCE / "models/tables").glob("*.c")}
CHECK, RUN = 1, 3

# What must be found, and the parameters that the scenario gives the shipped table
MUTANTS = {"free-early": (CHECK, "use-after-free", {}),
           "call-early": (CHECK, "use-after-free", {}),
           "no-lock": (CHECK, "use-after-free", {}),
           "online-early": (RUN, "reads 8 bytes", {"chunk": 2}),
           "zero-late": (CHECK, "vcpu-lost", {"chunk": 8}),
           "created-bound": (RUN, "vcpu-not-ready", {}),
           "move-early": (CHECK, "use-after-free", {}),
           "srcu-index": (RUN, "unbalanced-reader", {}),
           "entry-behind": (CHECK, "double-free", {}),
           "cancel-leaks": (CHECK, "leak", {}),
           "copy-short": (CHECK, "walk-missed", {}),
           "wrong-id": (CHECK, "the look-up of id", {"chunk": 8})}
UNPLUG_MUTANTS = {"unplug-early": (CHECK, "use-after-free", {})}


class Torture(Case):
    def caught(self, scenario, name, status, found, params):
        tables = json.dumps([{"table": f"mutant-{name}", **params}])
        # what waits for itself for ever need not be watched for long
        done = self.run_here("-q", "--silent-s", 2, "--set", f"/tables={tables}",
                             "--set", "/limits/simulated_ms=600",
                             "--module", BROKEN / f"mutants/mutant-{name}.so",
                             "-o", "out.json", scenario)
        self.assertEqual(done.status, status, done.err)
        runs = self.read("out.json")["runs"]
        said = [v["check"] + ": " + v["message"] for run in runs for v in run["violations"]]
        said += [run["message"] or "" for run in runs]
        self.assertTrue(any(found in text for text in said), said)

    def test_what_is_shipped_stands(self):
        done = self.run_here("-q", "-o", "out.json", TORTURE)
        self.assertEqual(done.status, 0, done.err)
        runs = self.read("out.json")["runs"]
        tables = {run["table"].split("(")[0] for run in runs}
        self.assertEqual(tables, TABLES)
        for run in runs:
            self.assertGreater(run["ops"]["hotplug"]["errors"], 10, run["table"])
            self.assertGreater(run["ops"]["hotplug"]["count"] - run["ops"]["hotplug"]["errors"], 30)

    def test_what_can_unplug_stands(self):
        done = self.run_here("-q", "--set", "/tables=" + json.dumps(sorted(TABLES)), UNPLUG)
        cannot = set(re.findall(r'found "([^"]*)", expected a table that stream "unplug" can unplug', done.err))
        done = self.run_here("-q", "-o", "out.json", UNPLUG)
        self.assertEqual(done.status, 0, done.err)
        runs = self.read("out.json")["runs"]
        self.assertEqual({run["table"] for run in runs}, TABLES - cannot)
        for run in runs:
            self.assertEqual((run["ops"]["unplug"]["count"], run["ops"]["unplug"]["errors"]), (28, 0))

    def test_every_mutant_is_listed(self):
        sources = (SOURCE / "tests/broken/mutants").glob("*.c")
        self.assertEqual({p.stem for p in sources}, set(MUTANTS) | set(UNPLUG_MUTANTS))

    @unittest.skipIf(SANITIZED, "uses after free are to be the simulator's to find")
    def test_every_mutant_is_caught(self):
        for scenario, mutants in ((TORTURE, MUTANTS), (UNPLUG, UNPLUG_MUTANTS)):
            for name, expected in mutants.items():
                with self.subTest(name):
                    self.caught(scenario, name, *expected)


if __name__ == "__main__":
    unittest.main()
