#!/usr/bin/python3
"""Each rule of tidy.py against a small tree with one thing wrong, and against its nearest sound
neighbour. A rule that finds nothing in the bad tree is broken."""

import os
import shutil
import tempfile
import unittest

import tidy

HERE = os.path.dirname(os.path.abspath(__file__))
GOOD_C = "int f(void)\n{\n\treturn 0;\n}\n"


class Rules(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copy(os.path.join(HERE, "../../.clang-format"), self.root)

    def plant(self, name, text, mode=0o644):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)

    def found(self, rule, build=None):
        return [(name, line) for name, line, _ in rule(tidy.Tree(self.root, build))]

    def expect(self, rule, *places):
        self.assertEqual(self.found(rule), list(places))

    # arrows

    def test_upward_include(self):
        self.plant("sim/host/host.h", "")
        self.plant("sim/hw/a.c", '#include <stdio.h>\n#include "sim/host/host.h"\n')
        self.expect(tidy.check_arrows, ("sim/hw/a.c", 2))

    def test_upward_include_of_a_file_that_is_not_there(self):
        self.plant("sim/engine/a.c", '#include "sim/hw/gone.h"\n')
        self.expect(tidy.check_arrows, ("sim/engine/a.c", 1))

    def test_upward_include_by_way_of_a_folder(self):
        self.plant("sim/host/host.h", "")
        self.plant("sim/hw/a.c", '#include "../host/host.h"\n')
        self.expect(tidy.check_arrows, ("sim/hw/a.c", 1))

    def test_sideward_include(self):
        self.plant("sim/check/a.c", '#include "sim/measure/histogram.h"\n')
        self.expect(tidy.check_arrows, ("sim/check/a.c", 1))

    def test_downward_includes(self):
        self.plant("sim/check/a.c", '#include "sim/hw/hw.h"\n#include "models/kernel/rcu.h"\n')
        self.plant("sim/cli/a.c", '#include "sim/check/check.h"\n#include <vcpusim/port.h>\n')
        self.plant("models/tables/a.c", '#include <linux/slab.h>\n#include "../callsites/m.h"\n')
        self.plant("models/callsites/m.h", "")
        self.plant("tests/x/a.c", '#include "sim/hw/private.h"\n#include <jansson.h>\n')
        self.expect(tidy.check_arrows)

    def test_tables_see_only_include(self):
        self.plant("models/tables/a.c", '#include "sim/hw/hw.h"\n')
        self.plant("models/callsites/m.h", '#include "models/tables/a.h"\n')
        self.expect(tidy.check_arrows, ("models/callsites/m.h", 1), ("models/tables/a.c", 1))

    def test_the_simulator_names_no_table(self):
        self.plant("sim/cli/a.c", '#include "models/tables/fixed.h"\n')
        self.expect(tidy.check_arrows, ("sim/cli/a.c", 1))

    def test_public_headers_see_no_room(self):
        self.plant("include/vcpusim/a.h", '#include "sim/hw/hw.h"\n')
        self.expect(tidy.check_arrows, ("include/vcpusim/a.h", 1))

    def test_libraries_stay_in_their_rooms(self):
        bad = {"jansson.h": "sim/check", "simgrid/s4u.hpp": "sim/hw", "gsl/gsl_rng.h": "sim/host",
               "elfutils/libdwfl.h": "sim/io", "linux/slab.h": "sim/host"}
        good = {"jansson.h": "sim/io", "simgrid/s4u.hpp": "sim/engine",
                "gsl/gsl_rng.h": "sim/workload", "elfutils/libdwfl.h": "sim/check",
                "linux/slab.h": "models/kernel"}
        for library, room in good.items():
            self.plant(f"{room}/good.c", f"#include <{library}>\n")
        self.expect(tidy.check_arrows)
        for i, (library, room) in enumerate(bad.items()):
            self.plant(f"{room}/bad{i}.c", f"#include <{library}>\n")
        self.assertEqual(len(self.found(tidy.check_arrows)), len(bad))

    def test_includes_in_comments_are_none(self):
        self.plant("sim/hw/a.c", '/*\n#include "sim/host/host.h"\n*/\n')
        self.expect(tidy.check_arrows)

    # private headers

    def test_private_header_of_another_room(self):
        self.plant("sim/engine/private.h", "")
        self.plant("sim/engine/a.c", '#include "sim/engine/private.h"\n')
        self.expect(tidy.check_private)
        self.plant("sim/hw/a.c", '#include "sim/engine/private.h"\n')
        self.expect(tidy.check_private, ("sim/hw/a.c", 1))

    # length

    def function_of(self, lines):
        return "int f(int a,\n      int b)\n{\n" + "\ta++;\n" * (lines - 4) + "}\n"

    def test_long_function(self):
        self.plant("sim/hw/a.c", "int g;\n\n" + self.function_of(70))
        self.expect(tidy.check_length)
        self.plant("sim/hw/a.c", "int g;\n\n" + self.function_of(71))
        self.expect(tidy.check_length, ("sim/hw/a.c", 3))

    def test_long_file(self):
        self.plant("sim/hw/a.c", "int a;\n" * 600)
        self.plant("analysis/a.py", "a = 1\n" * 600)
        self.expect(tidy.check_length)
        self.plant("sim/hw/a.c", "int a;\n" * 601)
        self.plant("analysis/a.py", "a = 1\n" * 601)
        self.expect(tidy.check_length, ("analysis/a.py", 601), ("sim/hw/a.c", 601))

    # banned calls

    def test_banned_calls(self):
        calls = ["sprintf(b, c)", "vsprintf(b, c, d)", "strcpy(b, c)", "strcat (b, c)", "rand()",
                 "srand(1)", "time(NULL)", "gettimeofday(&t, 0)", "clock_gettime(C, &t)"]
        self.plant("sim/hw/a.c", "".join(f"\tx = {c};\n" for c in calls))
        self.expect(tidy.check_banned, *[("sim/hw/a.c", i + 1) for i in range(len(calls))])

    def test_calls_that_only_look_so(self):
        self.plant("sim/hw/a.c", 'snprintf(b, n, c);\nsim_time(1);\ne->time(2);\nvs_rand(3);\n'
                                 '/* time(NULL) */\nputs("strcpy(a, b)");\nint time = (1);\n')
        self.plant("sim/cli/a.c", "clock_gettime(C, &t);\n")
        self.plant("tests/x/a.c", "clock_gettime(C, &t);\nstrcpy(a, b);\n")
        self.expect(tidy.check_banned)

    def test_no_random_seeds_in_tests(self):
        self.plant("tests/x/a.c", "int i = rand();\n")
        self.expect(tidy.check_banned, ("tests/x/a.c", 1))

    # unbuilt files

    def test_unbuilt(self):
        self.plant("sim/hw/CMakeLists.txt", "vs_room(vs_hw SOURCES a.c) # b.c some day\n")
        self.plant("sim/hw/a.c", GOOD_C)
        self.plant("sim/hw/b.c", GOOD_C)
        self.expect(tidy.check_unbuilt, ("sim/hw/b.c", 1))

    def test_same_name_elsewhere_does_not_count(self):
        self.plant("sim/hw/CMakeLists.txt", "vs_room(vs_hw SOURCES a.c)\n")
        self.plant("sim/hw/a.c", GOOD_C)
        self.plant("sim/host/a.c", GOOD_C)
        self.expect(tidy.check_unbuilt, ("sim/host/a.c", 1))

    def test_built_by_the_build_directory(self):
        build = os.path.join(self.root, "build")
        self.plant("tests/x/test_a.c", GOOD_C)
        self.plant("build/build.ninja", f"build a.o: C {self.root}/tests/x/test_a.c | b\n")
        self.assertEqual(self.found(tidy.check_unbuilt), [("tests/x/test_a.c", 1)])
        self.assertEqual(self.found(tidy.check_unbuilt, build), [])

    # format

    def test_format(self):
        self.plant("sim/hw/a.c", GOOD_C)
        self.expect(tidy.check_format)
        self.plant("sim/hw/a.c", GOOD_C.replace("\t", "    "))
        self.expect(tidy.check_format, ("sim/hw/a.c", 2))  # where what is wrong begins

    # shebang

    def test_shebang(self):
        self.plant("a.py", "#!/usr/bin/python3\n", 0o755)
        self.plant("module.py", "import os\n")
        self.plant("b.sh", "#!/bin/sh\n", 0o755)
        self.plant("tool", "#!/bin/bash\n", 0o755)
        self.expect(tidy.check_shebang)
        self.plant("a.py", "#!/usr/bin/env python3\n", 0o755)
        self.plant("b.sh", "echo\n", 0o755)
        self.plant("tool", "#!/usr/bin/env bash\n", 0o755)
        self.expect(tidy.check_shebang, ("a.py", 1), ("b.sh", 1), ("tool", 1))

    # unfinished work

    def test_unfinished(self):
        self.plant("sim/hw/a.c", "int a; /* mkstemp: XXXXXX */\n")
        self.expect(tidy.check_unfinished)
        self.plant("sim/hw/a.c", "int a;\n/* TODO: more */\n")
        self.plant("docs/a.md", "FIXME\n")
        self.expect(tidy.check_unfinished, ("docs/a.md", 1), ("sim/hw/a.c", 2))

    # all of them

    def test_every_rule_is_run(self):
        rules = [f for n, f in vars(tidy).items() if n.startswith("check_")]
        self.assertEqual(rules, tidy.RULES)


if __name__ == "__main__":
    unittest.main()
