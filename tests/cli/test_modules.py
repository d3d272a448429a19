"""Modules' operations: what the examples measure, that broken ones are caught, and that a module with
something wrong is named."""

import os
import pathlib
import shutil
import subprocess
import unittest

from cli import BUILD, EXECUTABLE, PLANTED, QUICK, SANITIZED, SOURCE, Case, vcpusim
from test_same import result, window_ps

EXAMPLES = BUILD / "examples"
OK, CHECK, USAGE, RUN = 0, 1, 2, 3


def streams(op, count, threads, **more):
    import json
    stream = {"name": "s", "op": op, "count": count, "from": {"host_threads": threads},
              "start_ms": 1, **more}
    return "--set", "/streams=" + json.dumps([stream])


class Base(Case):
    def measured(self, *args, status=OK):
        done = self.run_here("-o", "out.json", *args)
        self.ends(done, status)
        return self.read("out.json")


class Examples(Base):
    def test_each_runs_and_checks_what_it_has_done(self):
        counts = {"counter": {"counter:add": 8000, "counter:cas": 8000}, "ticket": {"ticket:lock": 8000},
                  "rwlock": {"rwlock:write": 2000}, "seqlock": {"seqlock:write": 2000}}
        for name, ops in counts.items():
            out = self.measured(EXAMPLES / f"{name}.json")
            self.assertEqual(len(out["runs"]), 3)
            for run in out["runs"]:
                self.assertEqual((run["table"], run["status"]), ("none", "ok"), name)
                for op, count in ops.items():
                    self.assertEqual((run["ops"][op]["count"], run["ops"][op]["errors"]), (count, 0))
            self.assertEqual([m["name"] for m in out["provenance"]["modules"]], [name])
            self.assertNotIn("vm", out["scenario"])

    def test_the_table_holds_beside_shipped_ones(self):
        out = self.measured(EXAMPLES / "blocks.json")
        self.assertEqual({(r["table"], r["status"]) for r in out["runs"]},
                         {("blocks", "ok"), ("chunked", "ok"), ("fixed", "ok")})
        # 64 slots: blocks of 8, 8, 16 and 32 pointers, in sizes that the allocator has; the 10
        # words in struct kvm make it no larger than chunked's is without its tail of 128 words
        peak = {r["table"]: r["memory_bytes"]["peak"] for r in out["runs"]}
        self.assertLess(peak["blocks"], peak["chunked"])
        self.assertLess(peak["chunked"], peak["fixed"])

    def test_tables_and_operations_run_beside_each_other(self):
        """Also from a guest, where an operation costs an exit (toy-4: 300 + 200 + 300 ns at least)."""
        more = ("--module", EXAMPLES / "counter.so", "--set", "/modules/1=counter.so", "--set",
                '/streams/-={"name": "host", "op": "counter:add", "count": 30, "from": {"control_threads": 2}}',
                "--set", '/streams/-={"name": "guest", "op": "counter:cas", "count": 20, "from": {"vcpus": 2}}')
        out = self.measured(*more, EXAMPLES / "blocks.json")
        for run in out["runs"]:
            self.assertEqual(run["status"], "ok")
            self.assertEqual(run["ops"]["counter:add"]["count"], 30)
            self.assertEqual(run["ops"]["counter:cas"]["count"], 20)
            self.assertGreaterEqual(run["ops"]["counter:cas"]["latency_ns"]["min"], 800)
            self.assertEqual(run["ops"]["hotplug"]["count"], 60)

    def test_what_is_not_atomic_loses(self):
        done = self.run_here("-o", "out.json", *streams("counter:hope", 100, 4), "--set", "/host/cpus=4",
                             EXAMPLES / "counter.json")
        self.ends(done, CHECK)
        self.assertRegex(done.out, r"the counter of hope: found \d+, expected 100\n")

    def test_broken_locks_are_caught(self):
        for name, text in (("ticket", r"others who hold the ticket lock: found [1-9], expected 0"),
                           ("rwlock", r"b as a reader sees it beside a: found (\d+), expected \d+"),
                           ("seqlock", r"b as a reader sees it beside a: found (\d+), expected \d+")):
            shutil.copy(EXAMPLES / f"{name}.json", self.dir)
            shutil.copy(PLANTED / f"broken-{name}.so", self.dir / f"{name}.so")
            out = self.measured(f"{name}.json", status=CHECK)
            for run in out["runs"]:
                self.assertEqual(run["status"], "check_failed")
                self.assertEqual({v["check"] for v in run["violations"]}, {"expectation"})
                self.assertRegex(run["violations"][0]["message"], text)

    def test_either_compiler_builds_them(self):
        for cc in "gcc", "clang":
            for name, sources in (("counter", ["counter.c", "counter-module.c"]), ("ticket", ["ticket.c"]),
                                  ("rwlock", ["rwlock.c"]), ("seqlock", ["seqlock.c"]),
                                  ("blocks", ["blocks.c"])):
                built = subprocess.run([SOURCE / "vcpusim-cc", f"--cc={cc}", "-Wall", "-Wextra", "-Werror",
                                        "-o", f"{name}.so", *(SOURCE / "examples" / s for s in sources)],
                                       cwd=self.dir, check=False, stderr=subprocess.PIPE)
                self.assertEqual((built.returncode, built.stderr), (0, b""), f"{cc} {name}")
                shutil.copy(SOURCE / f"examples/{name}.json", self.dir)
                out = self.measured("--reps", 1, f"{name}.json")
                built_by = {m["name"]: m["compiler"] for m in out["provenance"]["modules"]}
                self.assertTrue(built_by[name].startswith(f"{cc} "), built_by)


class ByHand(Base):
    """
    Atomic adds to one line on toy-4: issue 1 ns, legs 10, memory 100, an atomic's own work 5, and per
    hand-over a hop of 20 within a socket (its two cores share an L3) or 60 across. All begin at T, ask
    at T + 1, and the first, in key order CPU 0, has the line at T + 101 and is done at T + 106. From
    then on somebody waits whenever the line could go: who is done at t asks again at t + 1, which is at
    the home at t + 11, and the next but one is decided a leg before the next is done, at t + 15. So
    each further operation ends 25 ns after the one before on the same socket, 65 across.
    """

    def one(self, cpus, count):
        out = self.measured("--reps", 1, "--set", "/machine=toy-4", "--set", f"/host/cpus={cpus}",
                            *streams("counter:add", count, cpus), EXAMPLES / "counter.json")
        return out["runs"][0]["ops"]["counter:add"]

    def test_alone(self):
        """106 from memory; then each is in L1: 1 to issue, 1 of L1, 5."""
        op = self.one(1, 11)
        self.assertEqual(op["span_ns"], 106 + 10 * 7)
        self.assertEqual((op["latency_ns"]["max"], op["latency_ns"]["min"]), (106, 7))

    def test_two_of_a_socket(self):
        """106, and 7 more times 25: 8 operations in 281 ns. CPU 1's first takes 101 + 5 + 20 + 5."""
        op = self.one(2, 8)
        self.assertEqual(op["span_ns"], 106 + 7 * 25)
        self.assertAlmostEqual(op["throughput_per_s"] * 281e-9, 8, places=9)
        self.assertEqual((op["latency_ns"]["max"], op["latency_ns"]["min"]), (131, 50))

    def test_two_on_each_socket(self):
        """
        Five each. local_burst is 4, and arriving counts; the line's first grant from memory does not.
        On socket 0: 0 1 0 1 0; then 2 3 2 3; 1 0 1 0 (CPU 1 waits longer); 2 3 2 3; all that is left
        there is the fifth of CPU 1; and of 2 and 3. Five times across, 14 times within a socket.
        """
        op = self.one(4, 20)
        self.assertEqual(op["span_ns"], 106 + 14 * 25 + 5 * 65)


class Same(Base):
    """Strict, in windows and host orders: operations of modules are exact like everything else."""

    def test_examples(self):
        w = window_ps("xeon-8375c")
        for name in "counter", "ticket", "rwlock", "seqlock":
            scenario = EXAMPLES / f"{name}.json"
            few = ("--reps", 1, "--set", "/streams/0/count=400")
            reference = result("--strict", "--paranoid", *few, scenario=scenario)
            for window in (0, 1, w // 2 + 1, w):
                for order in ("up", "down", "shuffled"):
                    how = ("--window-ps", window, "--host-order", order, *few)
                    self.assertTrue(result(*how, scenario=scenario) == reference, f"{name} {how}")

    def test_modules_that_are_not_used_change_nothing(self):
        self.assertTrue(result(scenario=EXAMPLES / "ticket.json") ==
                        result("--module", EXAMPLES / "counter.so", scenario=EXAMPLES / "ticket.json"))


class Faults(Base):
    """tests/cli/modules/operation.c, which has one thing wrong at a time."""

    def scenario(self, fault):
        return self.write("s.json", f"""{{
            "schema": "vcpusim-scenario/1", "name": "s", "machine": "toy-4", "replications": 1,
            "modules": ["{PLANTED}/operation-{fault}.so"],
            "streams": [{{"name": "s", "op": "fault:run", "count": 100, "from": {{"host_threads": 3}}}}]
            }}""")

    def refused(self, fault, text):
        path = self.scenario(fault)
        done = self.run_here(path)
        self.ends(done, USAGE)
        place = f"{path}:3:25: /modules/0: cannot use module {PLANTED}/operation-{fault}.so: {text}"
        self.assertIn(place, done.err)
        self.assertEqual([p.name for p in self.dir.iterdir()], ["s.json"])

    def refused_by_option(self, fault, text):
        done = self.run_here("--module", PLANTED / f"operation-{fault}.so", QUICK)
        self.ends(done, USAGE)
        self.assertIn(f"operation-{fault}.so: {text}", done.err)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_nothing_wrong(self):
        """The module itself checks that it got each number below that of all issuers, once."""
        second = '/streams/-={"name": "t", "op": "fault:run", "count": 20, "from": {"control_threads": 2}}'
        run = self.measured(self.scenario("none"), "--set", second)["runs"][0]
        self.assertEqual((run["status"], run["ops"]["fault:run"]["count"]), ("ok", 120))

    def test_refused(self):
        for refused in (self.refused_by_option, self.refused):
            refused("load-crashes", "crashes when it is loaded: Segmentation fault")
            refused("no-run", "its operation 0 lacks run")
            refused("no-name", "its operation 0 has no name that fits")
            refused("wrong-count", "its operation 0 lacks everything")

    def test_one_that_hangs(self):
        self.refused("load-hangs", "takes longer than 10 s to load")

    def test_another_abi(self):
        path = self.write("abi.json", self.scenario("none").read_text().replace("operation-none",
                                                                               "wrong-abi"))
        done = self.run_here(path)
        self.ends(done, USAGE)
        self.assertIn("/modules/0: cannot use module", done.err)
        self.assertIn("built for module ABI 10, this vcpusim has 9: build it again", done.err)

    def crashed(self, fault, *texts):
        run = self.measured(self.scenario(fault), status=RUN)["runs"][0]
        self.assertEqual(run["status"], "crashed")
        for text in texts:
            self.assertRegex(run["message"], text)

    def test_crashes(self):
        self.crashed("crashes", r'"s/\d" on CPU \d writes 8 bytes of .*\(operation\.c:\d+\)')
        self.crashed("check-crashes", r'"conductor" on CPU 0 writes 8 bytes of .*\(operation\.c:\d+\)')
        self.crashed("init-crashes", r'null pointer .* in init \(operation\.c:\d+\): thread \d+ "conductor"')

    def test_an_init_that_fails(self):
        self.crashed("init-fails", r"^fault did not boot: Cannot allocate memory$")

    def test_a_stack_that_is_lent(self):
        """The owner's place is named too: where it sleeps, or where it was seen when it spins on another CPU.
        The same in every window and host order."""
        why = r"reads 4 bytes of another thread's stack \(thread \d+ \"s/\d\", which {}\) in run \(operation\.c:\d+\)"
        self.crashed("asleep", why.format(r"sleeps in run \(delay\.h:\d+\)"))
        self.crashed("awake", why.format(r"is not asleep, last seen in run \(operation\.c:\d+\)"))
        for fault in "asleep", "awake":
            ways = [("--strict",), *(("--host-order", order) for order in ("up", "down", "shuffled"))]
            texts = {self.measured(*how, self.scenario(fault), status=RUN)["runs"][0]["message"] for how in ways}
            self.assertEqual(len(texts), 1)

    def test_abort_and_exit(self):
        who = r'in run \(operation\.c:\d+\): thread \d+ "s/\d" on CPU \d at \d+\.\d+ ms'
        self.crashed("aborts", "^crashed: Aborted " + who)
        self.crashed("exits", r"^crashed: exit\(5\) is called " + who)

    @unittest.skipIf(SANITIZED, "its handler takes another place on the stack for the fault")
    def test_a_local_object_larger_than_the_stack(self):
        self.crashed("big", r"stack of 64 KiB is used up in use_much_stack \(operation\.c:\d+\): thread")

    def test_a_malloc_that_is_overrun(self):
        """64 bytes were asked for, and that is what is said, whatever the allocator keeps before them."""
        found = self.measured(self.scenario("overruns"), status=CHECK)["runs"][0]["violations"][0]
        self.assertEqual(found["check"], "out-of-bounds")
        self.assertIn("write of 1 bytes at offset 64, past the end of an object of 64 bytes;", found["message"])

    def test_operations_that_fail_are_counted(self):
        op = self.measured(self.scenario("fails"))["runs"][0]["ops"]["fault:run"]
        self.assertEqual((op["count"], op["errors"]), (100, 25))

    def test_a_check_that_fails(self):
        run = self.measured(self.scenario("miscounts"), status=CHECK)["runs"][0]
        self.assertEqual([(v["check"], v["message"], v["count"]) for v in run["violations"]],
                         [("expectation", "operations that succeeded: found 100, expected 1", 1)])

    def test_more_operations_than_there_may_be(self):
        """Of one module that is given twice: by the scenario, and as it is loaded already."""
        path = self.scenario("none")
        self.ends(self.run_here("--module", PLANTED / "operation-none.so", "-q", "-o", "x.json", path), OK)


if __name__ == "__main__":
    unittest.main()
