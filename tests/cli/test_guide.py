"""Every command of docs/writing-a-table.md, in order, in a tree like a fresh clone after bootstrap.sh."""

import os
import re
import subprocess
import unittest

from cli import ALWAYS, EXECUTABLE, SOURCE, Case

GUIDE = SOURCE / "docs/writing-a-table.md"
COMMAND = re.compile(r"^    \$ (.*?)(?: {4}# status (\d+))?$", re.M)


class Guide(Case):
    def setUp(self):
        super().setUp()
        for name in "analysis", "examples", "include", "models", "scenarios", "sim", "vcpusim-cc":
            os.symlink(SOURCE / name, self.dir / name)
        self.write("vcpusim", f'#!/bin/sh\nexec "{EXECUTABLE}" {" ".join(ALWAYS)} "$@"\n').chmod(0o755)

    def test_commands(self):
        commands = COMMAND.findall(GUIDE.read_text())
        self.assertGreater(len(commands), 20)
        said = ""
        for command, status in commands:
            done = subprocess.run(["/bin/sh", "-c", command], cwd=self.dir, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
            out = done.stdout.decode()
            self.assertEqual(done.returncode, int(status or 0), f"{command}\n{out}")
            said += out
        for promised in ('found "blocks", expected a table that stream "unplug" can unplug from: its readers hold no section,',
                         "leak (2 times)", "an object of 256 bytes (table) is left although the VM is gone",
                         "the counter of hope: found", "b as a reader sees it beside a: found"):
            self.assertIn(promised, said)

    def test_what_is_quoted_stands_in_the_examples(self):
        guide = GUIDE.read_text()
        for text, file in (("atomic_fetch_add(&by_add, 1);", "counter.c"),
                           ('vs_expect("the counter of add", counter_added(), done);', "counter-module.c"),
                           ('{"add", "count by an atomic add", add, check_add}', "counter-module.c"),
                           ('#define KVM_TABLE_SUMMARY "blocks of pointers, each as long as all before it"',
                            "blocks.c"), ('"op": "counter:add", "count": 8000', "counter.json")):
            self.assertIn(text, guide)
            self.assertIn(text, (SOURCE / "examples" / file).read_text())


if __name__ == "__main__":
    unittest.main()
