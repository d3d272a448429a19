"""docs/validation.md says what the simulator says."""

import subprocess
import unittest

from cli import SOURCE, Case

SCENARIO = SOURCE / "scenarios/validation/ipi-skylake-80.json"
EXIT = SOURCE / "scenarios/validation/interrupt-exit.json"
SECOND = SOURCE / "scenarios/validation/create-second.json"
SCRIPT = SOURCE / "analysis/validation.py"
DOCUMENT = SOURCE / "docs/validation.md"


class Validation(Case):
    def setUp(self):
        super().setUp()
        self.results = []
        for how in ("physical", "cluster", "pv"):
            self.ends(self.run_here("-q", "-o", f"{how}.json", "--set", f"/host/ipi_send={how}",
                                    SCENARIO), 0)
            self.results.append(self.dir / f"{how}.json")
        self.ends(self.run_here("-q", "-o", "exit.json", EXIT), 0)
        self.results.append(self.dir / "exit.json")

    def script(self, *args):
        return subprocess.run(["/usr/bin/python3", "-B", SCRIPT, *args, *self.results],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def test_the_document_is_up_to_date(self):
        done = self.script("--check", DOCUMENT)
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))

    def test_a_wrong_document_is_noticed(self):
        text = DOCUMENT.read_text()
        row = next(line for line in text.split("\n") if line.startswith("| normal, total"))
        for wrong in (text.replace(row, row.replace(" 2.87 ", " 2.97 ")), text.replace(row, "")):
            self.assertNotEqual(wrong, text)
            done = self.script("--check", self.write("wrong.md", wrong))
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"normal, total", done.stderr)


class Create(Case):
    def test_the_second_vcpu(self):
        """arch_create_ns was chosen for that: within 2 % of 46 us."""
        rows = [line.split("|") for line in DOCUMENT.read_text().split("\n") if line.count("| fitted |") == 1]
        rows = [(c[1].strip(), float(c[2]), float(c[3])) for c in rows if c[2].strip() == "46"]
        self.assertEqual({machine for machine, _, _ in rows},
                         {p.stem for p in (SOURCE / "models/machines").glob("*.json")} - {"toy-4"})
        for machine, published, stated in rows:
            self.ends(self.run_here("-q", "-o", "out.json", "--set", f"/machine={machine}", SECOND), 0)
            took = self.read("out.json")["runs"][0]["ops"]["hotplug"]["latency_ns"]["max"] / 1000
            self.assertLess(abs(took - stated), 0.1, machine) # compilers differ by some accesses
            self.assertLess(abs(took / published - 1), 0.02, machine)


if __name__ == "__main__":
    unittest.main()
