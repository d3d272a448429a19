"""Exit status and message of everything that can be asked wrongly, and of what can be asked."""

import os
import pathlib
import re
import resource
import signal
import stat
import time
import unittest

from cli import (PLANTED, QUICK, SMOKE, SOURCE, Case, children_of, end, parent_of, processor_s,
                 start)

OK, USAGE, RUN, INTERRUPTED = 0, 2, 3, 130


class Usage(Case):
    def refused(self, *args, says, **how):
        """Status 2, every text of `says` on stderr, nothing on stdout, nothing left behind."""
        done = self.run_here(*args, **how)
        self.ends(done, USAGE)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, done.err)
        self.assertEqual(done.out, "")
        self.assertFalse((self.dir / "results").exists())
        return done

    def test_no_file(self):
        self.refused("nowhere.json", says=["nowhere.json", "No such file"])

    def test_no_argument_and_two(self):
        self.refused(says=["found 0 scenario files", "expected one"])
        self.refused(SMOKE, SMOKE, says="found 2 scenario files")

    def test_a_directory(self):
        self.refused("/tmp", says=["/tmp", "directory"])

    def test_an_empty_file(self):
        self.write("empty.json", "")
        self.refused("empty.json", says="empty.json: found an empty file")

    def test_a_truncated_file(self):
        self.write("cut.json", SMOKE.read_text()[:700])
        self.refused("cut.json", says="cut.json:")

    def test_not_a_number(self):
        self.write("nan.json", SMOKE.read_text().replace('"seed": 1', '"seed": NaN'))
        self.refused("nan.json", says="nan.json:5:")

    def test_a_hundred_megabytes(self):
        with open(self.dir / "big.json", "wb") as big:
            for _ in range(100):
                big.write(b" " * 1000000)
        began = time.monotonic()
        self.refused("big.json", says="big.json")
        self.assertLess(time.monotonic() - began, 30)

    def test_binary(self):
        self.write("binary.json", bytes(range(256)) * 16)
        self.refused("binary.json", says="binary.json:1:")

    def test_names_that_are_nearly_right(self):
        self.refused("--set", "/machine=toy-5", SMOKE, says=["toy-5", "toy-4"])
        self.refused("--table", "chunkd", SMOKE, says=["chunkd", "chunked"])
        self.refused("--set", "/streams/0/op=hotplugg", SMOKE, says=["hotplugg", '"hotplug"'])
        self.refused("--list", "table", says=["table", "tables"])
        self.refused("--host-order", "upp", SMOKE, says=["upp", "up, down, shuffled"])

    def test_more_at_boot_than_at_most(self):
        self.refused("--set", "/vm/boot_vcpus=17", SMOKE, says=["/vm/boot_vcpus", "17", "16"])

    def test_counts(self):
        for value in ("0", "-3", "1.5", "1e99", "many"):
            self.refused("--set", f"/streams/0/count={value}", SMOKE, says="/streams/0/count")

    def test_all_errors_at_once(self):
        self.refused("--set", "/vm/boot_vcpus=17", "--set", "/host/hz=-1", "--table", "nix", SMOKE,
                     says=["/vm/boot_vcpus", "/host/hz", "nix"])

    def test_bad_options(self):
        self.refused("--set", "host=1", SMOKE, says=["--set", "host=1", "expected /json/pointer"])
        self.refused("--set", "/host/cpus=64", SMOKE, says=["/host/cpus", "64"])
        for jobs in ("0", "-1", "x", "", "4097", "1.5"):
            self.refused("--jobs", jobs, SMOKE, says=["--jobs", "from 1 to 4096"])
        self.refused("--seed", "-1", SMOKE, says="--seed")
        for reps in ("0", "x", "-1", "1.5", "1001"):
            self.refused("--reps", reps, SMOKE, says=["/replications", "from 1 to 1000"])
        self.refused("--window-ps", "99999999999999999999", SMOKE, says="--window-ps")
        self.refused("--tabel", "fixed", SMOKE, says=["--tabel: unknown", "mean --table?", "--help"])
        self.refused("--host-ordre=up", SMOKE, says=["--host-ordre: unknown", "mean --host-order?"])
        self.refused("--nothing-like-it", SMOKE, says="--nothing-like-it: unknown option\n")
        self.refused("-x", SMOKE, says="-x: unknown option\n")
        self.refused("--quiet=3", SMOKE, says=["--quiet: found", "without a value"])
        self.refused("--table", 'a"b', SMOKE, says='a"b')
        self.refused("-o", says="-o: found nothing after it, expected a value")
        self.refused("--list", says="--list: found nothing after it, expected a value")

    def test_places_in_what_has_none(self):
        """A table that is a mere name has no parameters to set: what is there is told, and what to set."""
        tables = ("--set", '/tables=["fixed","chunked"]')
        for value, shown in (("64", "64"), ("many", '"many"')):
            self.refused(*tables, "--set", f"/tables/1/chunk={value}", SMOKE,
                         says=f"""smoke.json has "chunked" at /tables/1, expected an object or an array to set """
                              f"""something in; set '/tables/1={{"table":"chunked","chunk":{shown}}}'\n""")
        self.ends(self.run_here(*tables, "--set", '/tables/1={"table":"chunked","chunk":64}', "--reps", 1, "-q",
                                "-o", "out.json", SMOKE), OK)
        self.refused("--set", "/seed/0/x=1", SMOKE, says="smoke.json has 1 at /seed, expected an object or an")
        self.refused("--set", "/tables/1/a/b=1", SMOKE, says='"rcu-array" at /tables/1, expected an object or '
                                                             'an array to set something in\n')
        self.refused("--set", '/tables/1={"table":"chunked"}', "--set", "/tables/1/table/chunk=1", SMOKE,
                     says='"chunked" at /tables/1/table, expected an object or an array to set something in\n')
        self.refused("--set", "/streams/99=1", SMOKE, says="smoke.json has no such place, expected /key or")

    def test_windows_too_long_to_be_exact(self):
        """toy-4's is 20 ns or less; a second holds the whole run."""
        done = self.run_here("-q", "-o", "-", "--window-ps", 10**12, QUICK)
        self.assertIn("--window-ps: found 1000000000000, but only windows of at most", done.err)
        self.assertNotIn("--window-ps", self.run_here("-q", "-o", "-", "--window-ps", 1, QUICK).err)

    def test_files_that_are_not_there(self):
        for name in "smoke.json", "torture.json":
            self.write(name, SMOKE.read_text())
        self.refused("smok.json", says='smok.json: cannot open: No such file or directory; did you mean '
                                       '"smoke.json"?')
        self.refused("./tortrue.json", says='mean "./torture.json"?')
        self.refused("smoke", says='mean "smoke.json"?')
        self.refused("nix.json", says="nix.json: cannot open: No such file or directory\n")
        self.refused("no/such/smoke.json", says="smoke.json: cannot open: No such file or directory\n")
        (self.dir / "scenarios").mkdir()
        (self.dir / "smoke.json").rename(self.dir / "scenarios/smoke.json")
        self.refused("smoke.json", says='mean "scenarios/smoke.json"?')

    def test_modules(self):
        cases = {PLANTED / "wrong-abi.so": "module ABI 10",
                 PLANTED / "half-a-table.so": "lacks vm_create",
                 PLANTED / "no-module.so": "no symbol vs_module",
                 PLANTED / "unresolved.so": "nobody_has_this",
                 PLANTED / "plain.so": "not built by vcpusim-cc",
                 self.write("text.so", "no ELF at all"): "not an x86-64 ELF file",
                 self.write("cut.so", (PLANTED / "trap.so").read_bytes()[:5000]): "cut.so",
                 self.dir / "missing.so": "No such file",
                 self.dir: "not a file",
                 pathlib.Path("/dev/zero"): "/dev/zero"}
        for path, text in cases.items():
            self.refused("--module", path, QUICK, says=[str(path), text])

    def test_tables_that_lack_one_member(self):
        """Each pointer of struct vs_table in turn. One that nobody asks for would be called later."""
        header = (SOURCE / "include/vcpusim/module.h").read_text()
        table = header[header.index("struct vs_table {"):]
        calls = re.findall(r"\(\*(\w+)\)\(", table[:table.index("};")])
        self.assertIn("on_spin", calls)
        for member in ["name", "summary", *calls]:
            name = "unnamed" if member == "name" else "chosen"
            self.refused("--module", PLANTED / "chosen.so", QUICK, env={**os.environ, "CHOSEN_LACKS": member},
                         says=f"chosen.so: its table 0 ({name}) lacks {member}")
        self.ends(self.run_here("--module", PLANTED / "chosen.so", "--list", "tables"), OK)

    def test_tables_that_nobody_could_ask_for(self):
        """What a scenario would not take for a table's name is none, and the module is what is wrong."""
        def called(name):
            return {"env": {**os.environ, "CHOSEN_NAME": name}}
        for name in ("", "my blocks", "a=b", "../x", "-x", "a(b=1)", "x" * 64):
            done = self.refused("--module", PLANTED / "chosen.so", QUICK, **called(name),
                                says=f'chosen.so: its table 0 is called "{name}", expected a name of 1 to 63')
            self.assertNotIn("/tables", done.err)
        for name in ("a", "9", "my-blocks_2.0", "x" * 63):
            done = self.run_here("--module", PLANTED / "chosen.so", "--list", "tables", **called(name))
            self.ends(done, OK)
            self.assertIn(name, done.out)

    def test_the_same_table_twice(self):
        twice = ("--module", PLANTED / "trap.so") * 2
        self.refused(*twice, QUICK, says='there is a table "planted-trap" already')


class Output(Case):
    def test_standard_output_has_the_json_and_nothing_else(self):
        done = self.run_here("-o", "-", QUICK)
        self.ends(done, OK)
        self.write("out.json", done.out)
        self.assertEqual(self.read("out.json")["schema"], "vcpusim-result/1")
        self.assertIn("lookup", done.err)
        self.assertEqual([p.name for p in self.dir.iterdir()], ["out.json"])

    def test_default_place(self):
        done = self.run_here(QUICK)
        self.ends(done, OK)
        self.assertEqual(self.read("results/quick.json")["schema"], "vcpusim-result/1")
        self.assertTrue(done.out.endswith("\nresults/quick.json\n"))
        self.assertEqual(done.err, "")

    def test_the_same_bytes_wherever_they_go(self):
        self.run_here("-q", "-o", "file.json", QUICK)
        straight = self.run_here("-q", "-o", "-", QUICK)
        self.assertEqual((self.dir / "file.json").read_text(), straight.out)

    def cannot(self, *args, says, **how):
        done = self.run_here(*args, QUICK, **how)
        self.ends(done, USAGE)
        self.assertIn(says, done.err)

    def test_places_that_cannot_be_written(self):
        self.cannot("-o", "no/such/folder.json", says="no/such/folder.json: cannot write")
        self.cannot("-o", ".", says="Is a directory")
        self.cannot("-o", "/dev/full", says="/dev/full: cannot write: No space left")
        self.cannot("-o", "", says="cannot write")
        self.cannot("-q", "-o", "/dev/null", "--profile", "/dev/full", says="/dev/full")
        self.is_empty()
        self.write("results", "a file where the folder should be")
        self.cannot(says="results")

    def test_a_full_standard_output(self):
        with open("/dev/full", "wb") as full:
            self.cannot("-o", "-", says="standard output", stdout=full)
            self.cannot("-o", "x.json", says="standard output", stdout=full)

    def test_nothing_half_written_stays(self):
        """A file that may not grow beyond 2,000 bytes; the old one must survive."""
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        self.write("old.json", "the old one")
        self.cannot("-q", "-o", "old.json", says="File too large", preexec_fn=small_files,
                    restore_signals=False)
        self.assertEqual([p.name for p in self.dir.iterdir()], ["old.json"])
        self.assertEqual((self.dir / "old.json").read_text(), "the old one")

    def test_devices_stay_devices(self):
        self.ends(self.run_here("-q", "-o", "/dev/null", QUICK), OK)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def refused(self, *args, says):
        """Before anything runs: the table would loop for ever. Nothing is changed, nothing comes."""
        before = {p.name: p.read_bytes() for p in self.dir.iterdir()}
        done = self.run_here("--module", PLANTED / "endless.so", "--table", "planted-endless", "--silent-s", 0,
                             *args, timeout=20)
        self.ends(done, USAGE)
        self.assertEqual(done.err, f"{says}\n")
        self.assertEqual(before, {p.name: p.read_bytes() for p in self.dir.iterdir()})

    def test_what_it_is_made_from_is_not_overwritten(self):
        machine, scenario = SOURCE / "models/machines/toy-4.json", "over.json"
        self.write("over.json", QUICK.read_text())
        (self.dir / "link.json").symlink_to("over.json")
        (self.dir / "hard.json").hardlink_to(self.dir / "over.json")
        self.write("mine.json", machine.read_text())
        self.write("mine.so", (PLANTED / "trap.so").read_bytes())
        for path in "over.json", "./over.json", self.dir / "over.json", "link.json", "hard.json":
            self.refused("-o", path, scenario,
                         says=f"{path}: the result (-o) would overwrite the scenario, over.json")
        self.refused("-o", "over.json", "link.json",
                     says="over.json: the result (-o) would overwrite the scenario, link.json")
        self.refused("--trace", "over.json", "-o", "-", scenario,
                     says="over.json: the trace (--trace) would overwrite the scenario, over.json")
        self.refused("--profile", "over.json", "-o", "-", scenario,
                     says="over.json: the profile (--profile) would overwrite the scenario, over.json")
        self.refused("-o", "mine.json", "--set", "/machine=./mine.json", scenario,
                     says="mine.json: the result (-o) would overwrite its machine, ./mine.json")
        self.refused("-o", "mine.so", "--module", "mine.so", scenario,
                     says="mine.so: the result (-o) would overwrite a module, ./mine.so")

    def test_outputs_do_not_overwrite_each_other(self):
        new = "./new.json: the trace (--trace) would overwrite the result (-o), new.json"
        self.refused("-o", "new.json", "--trace", "./new.json", QUICK, says=new)
        self.write("new.json", "an old one")
        self.refused("-o", "new.json", "--trace", "./new.json", QUICK, says=new)
        self.refused("-o", "-", "--trace", "t", "--profile", self.dir / "t", QUICK,
                     says=f"{self.dir}/t: the profile (--profile) would overwrite the trace (--trace), t")

    def test_devices_are_shared(self):
        null = "-o", "/dev/null", "--trace", "/dev/null", "--profile", "/dev/null"
        self.ends(self.run_here("-q", *null, QUICK), OK)
        self.ends(self.run_here("-q", "-o", "-", "--profile", "-", QUICK), OK)

    def test_unwritable_is_said_before_anything_runs(self):
        """The table would loop for ever."""
        done = self.run_here("--module", PLANTED / "endless.so", "--table", "planted-endless",
                             "--silent-s", 0, "-o", "no/such", QUICK, timeout=20)
        self.ends(done, USAGE)

    def test_profile(self):
        self.ends(self.run_here("-q", "-o", "x.json", "--profile", "speed", QUICK), OK)
        self.assertIn("ns per access", (self.dir / "speed").read_text())
        self.assertNotIn("wall_ns", (self.dir / "x.json").read_text())


class Questions(Case):
    def test_lists(self):
        tables = self.run_here("--list", "tables")
        source = pathlib.Path(os.environ["VCPUSIM_SOURCE"])
        shipped = sorted(f"{p.stem}.so" for p in (source / "models/tables").glob("*.c"))
        self.assertEqual([f"{line.split()[0]}.so" for line in tables.out.splitlines()
                          if not line.startswith(" ")], shipped)
        self.assertRegex(tables.out, r"(?m)^chunked  .*\n +chunk = 32 \(8 to 1024, a power of two\)")
        machines = self.run_here("--list", "machines").out
        for name in ("epyc-7773x", "skylake-2x20", "toy-4", "xeon-8375c", "xeon-platinum-8176"):
            self.assertRegex(machines, rf"(?m)^{name} .*; W = \d+ ps$")
        operations = self.run_here("--list", "operations").out.splitlines()
        self.assertEqual([line.split()[0] for line in operations],
                         ["hotplug", "ipi_broadcast", "request_all", "lookup", "lookup_by_id", "unplug",
                          "on_spin", "ipi_unicast", "index_of",
                          "kick", "start_stop", "vp_flush", "vm_create", "vm_destroy",
                          "memslot_read", "memslot_update", "create_failing"])

    def test_a_module_is_listed(self):
        listed = self.run_here("--module", PLANTED / "trap.so", "--list", "tables").out
        self.assertIn("planted-trap", listed)

    def test_validate_writes_nothing(self):
        done = self.run_here("--validate", SMOKE)
        self.ends(done, OK)
        self.assertIn("ok", done.out)
        self.is_empty()

    def test_help_and_version(self):
        done = self.run_here("--help")
        self.ends(done, OK)
        for option in ("--table", "--seed", "--set", "--module", "--list", "Exit status"):
            self.assertIn(option, done.out)
        self.assertRegex(self.run_here("--version").out, r"^vcpusim \d+\.\d+\.\d+ \(SimGrid 3\.")

    def test_a_bare_name_is_a_file_of_this_folder(self):
        (self.dir / "mine.so").symlink_to(PLANTED / "trap.so")
        self.ends(self.run_here("--module", "mine.so", "--list", "tables"), OK)


class Signals(Case):
    """Two runs, one after the other: the first ends, the second never would."""

    def start_endless(self, *more):
        p = start("--module", PLANTED / "endless.so", "--table", "fixed", "--table",
                  "planted-endless", "--silent-s", 0, "--jobs", 1, "-o", "out.json", *more, QUICK,
                  cwd=self.dir)
        self.addCleanup(end, p)
        return p

    def second_child(self, p):
        """The one that computes for seconds; the first takes a twentieth of one."""
        until = time.monotonic() + 100
        while True:
            self.assertIsNone(p.poll(), "ended by itself")
            self.assertLess(time.monotonic(), until, "no second run")
            for child in children_of(p.pid):
                if processor_s(child) > 1:
                    return child
            time.sleep(0.05)

    def gone(self, child):
        until = time.monotonic() + 20
        while parent_of(child) is not None:
            self.assertLess(time.monotonic(), until, f"process {child} is left")
            time.sleep(0.02)

    def interrupted(self, send):
        p = self.start_endless()
        child = self.second_child(p)
        send(p)
        out, err = p.communicate(timeout=60)
        self.assertEqual(p.returncode, INTERRUPTED, err)
        self.gone(child)
        result = self.read("out.json")
        self.assertTrue(result["partial"])
        self.assertEqual([r["table"] for r in result["runs"]], ["fixed"])
        self.assertIn("partial", out.decode())
        self.assertEqual([x.name for x in self.dir.iterdir()], ["out.json"])

    def test_interrupt_of_the_parent(self):
        self.interrupted(lambda p: p.send_signal(signal.SIGINT))

    def test_control_c_on_a_terminal(self):
        """It reaches every process of the group."""
        self.interrupted(lambda p: os.killpg(p.pid, signal.SIGINT))

    def test_termination(self):
        self.interrupted(lambda p: p.send_signal(signal.SIGTERM))

    def test_no_orphans(self):
        p = self.start_endless()
        child = self.second_child(p)
        p.kill()
        p.wait()
        self.gone(child)

    def test_a_killed_run_is_a_crashed_run(self):
        p = self.start_endless()
        os.kill(self.second_child(p), signal.SIGKILL)
        out, err = p.communicate(timeout=60)
        self.assertEqual(p.returncode, RUN, err)
        self.assertIn("ended by signal 9", out.decode())
        self.assertEqual([r["status"] for r in self.read("out.json")["runs"]], ["ok", "crashed"])

    def test_wall_clock_limit(self):
        p = self.start_endless("--set", "/limits/wall_s=2")
        out, err = p.communicate(timeout=60)
        self.assertEqual(p.returncode, RUN, err)
        self.assertIn("limits.wall_s = 2 s", out.decode())
        self.assertEqual([r["status"] for r in self.read("out.json")["runs"]], ["ok", "limit"])


if __name__ == "__main__":
    unittest.main()
