"""--trace: valid for the viewers, the same however it is run, and without influence on results."""

import bisect
import collections
import gzip
import json
import os
import stat
import unittest

from cli import HERE, PLANTED, QUICK, SMOKE, SOURCE, Case, vcpusim

FULL = HERE / "full.json"
IPI = HERE / "ipi.json"
PATIENT = ("--set", "/limits/wall_s=900")
FEW = ("--set", "/streams/0/count=3")  # of FULL's creates: each waits for milliseconds
CPUS, VCPUS, THREADS, OPS, GRACE_PERIODS = range(1, 6)


def strict(text):
    """JSON, with nothing that is none, and no key twice."""
    def pairs(found):
        keys = [k for k, _ in found]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a key twice: {keys}")
        return dict(found)

    def constant(name):
        raise ValueError(name)
    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)


def ns(us):
    return round(us * 1000)


class Traced(Case):
    FOUR = ((SMOKE, "srcu-array"), (SMOKE, "rcu-array-expedited"), (FULL, "rcu-array", *FEW), (IPI, "chunked"))

    def trace(self, *args, scenario=SMOKE, name="t.json", **how):
        done = self.run_here("-q", "-o", "r.json", "--reps", 1, "--trace", name, *PATIENT, *args,
                             scenario, **how)
        self.assertEqual((done.status, done.err), (0, ""))
        data = (self.dir / name).read_bytes()
        return gzip.decompress(data) if name.endswith(".gz") else data

    def events(self, *args, **how):
        document = strict(self.trace(*args, **how))
        self.assertEqual(set(document), {"displayTimeUnit", "traceEvents"})
        return document["traceEvents"]

    def check(self, events):
        """As the viewers want it."""
        named, processes = set(), set()
        ends, flows = {}, collections.defaultdict(list)
        last = 0
        slices = collections.defaultdict(list)
        self.instants = []
        for e in events:
            track = e["pid"], e["tid"]
            if e["ph"] == "M":
                self.assertIn(e["name"], ("process_name", "thread_name"))
                self.assertTrue(e["args"]["name"])
                (processes if e["name"] == "process_name" else named).add(
                    e["pid"] if e["name"] == "process_name" else track)
                continue
            self.assertIn(e["ph"], "Xsfi")
            self.assertIn(track, named)
            self.assertIn(e["pid"], processes)
            self.assertGreaterEqual(ns(e["ts"]), last)  # in order of time ...
            last = ns(e["ts"])
            if e["ph"] == "X":
                self.assertGreaterEqual(e["dur"], 0)
                self.assertGreaterEqual(last, ends.get(track, 0), e)  # ... and one after the other
                ends[track] = last + ns(e["dur"])
                slices[track].append((last, ends[track], e))
            elif e["ph"] == "i":
                self.assertEqual((e["s"], e["pid"]), ("t", GRACE_PERIODS))
                self.instants.append((last, e))
            else:
                flows[e["id"]].append((e, track))
        for (begin, sender), (end, taker) in flows.values():
            self.assertEqual((begin["ph"], end["ph"]), ("s", "f"))
            self.assertLess(begin["ts"], end["ts"])
            for e, track in (begin, sender), (end, taker):  # each is in a slice
                at = bisect.bisect_right(slices[track], ns(e["ts"]), key=lambda s: s[0]) - 1
                self.assertGreaterEqual(at, 0, e)
                self.assertLessEqual(ns(e["ts"]), slices[track][at][1], e)
        return slices, flows

    def test_every_part_is_there(self):
        slices, flows = self.check(self.events("--table", "srcu-array"))
        by_pid = collections.defaultdict(set)
        for (pid, _), of_it in slices.items():
            by_pid[pid] |= {e["name"] for _, _, e in of_it}
        self.assertLessEqual({"idle", "switching", "vcpu0"}, by_pid[CPUS])
        self.assertLessEqual({"tick", "kick"}, by_pid[CPUS])
        self.assertEqual(by_pid[VCPUS] - {"lock", "grace period"}, {"guest", "host", "runnable", "halted"})
        self.assertLessEqual({"running", "grace period"}, by_pid[THREADS])
        self.assertEqual(by_pid[OPS], {"hotplug", "ipi_broadcast", "request_all", "lookup",
                                       "lookup_by_id"})
        self.assertEqual(by_pid[GRACE_PERIODS], {"SRCU"})
        self.assertTrue(flows)

    def test_each_kind_of_arrow_grace_period_and_lock(self):
        """In two scenarios that users have. A kick, a notification or a call was sent by somebody, so each
        slice of one has an arrow that ends where it begins; ticks, timers and what a CPU tells itself
        have none. A table behind a mutex waits for holders, the others for their kind of grace period."""
        callsites = SOURCE / "scenarios/callsites.json"
        posted = "--set", "/host/ipi_delivery=posted"
        for scenario, table, args, irqs, kind in (
                (SMOKE, "rcu-array", (), {"kick"}, "RCU"),
                (SMOKE, "srcu-array", posted, {"kick", "notification"}, "SRCU"),
                (SMOKE, "rcu-array-expedited", (), {"kick", "call"}, "RCU expedited"),
                (callsites, "rcu-array-expedited", (), {"kick", "call"}, "RCU expedited"),
                (callsites, "rcu-array", posted, {"kick", "notification"}, "RCU"),
                (callsites, "mutex-array", (), {"kick"}, None)):
            with self.subTest(scenario=scenario.name, table=table):
                slices, flows = self.check(self.events("--table", table, *args, scenario=scenario))
                handled = {e["name"] for (pid, tid), of_it in slices.items() for _, _, e in of_it
                           if pid == CPUS and tid % 2}
                self.assertLessEqual(irqs | {"tick"}, handled)
                self.assertLessEqual(handled, irqs | {"tick", "timer", "resched"})
                ends = collections.Counter((track, ns(f["ts"])) for _, (f, track) in flows.values())
                taken = collections.Counter(
                    (track, begin) for track, of_it in slices.items() for begin, _, e in of_it
                    if track[0] == CPUS and track[1] % 2 and e["name"] in irqs)
                self.assertEqual(ends, taken)
                found = {e["name"] for (pid, _), of_it in slices.items() for _, _, e in of_it
                         if pid == GRACE_PERIODS}
                slots = {"SRCU"} if scenario == callsites else set() # their updates wait, whatever the table is
                self.assertEqual(found, slots | {kind} if kind else slots)
                locks = [e for (pid, _), of_it in slices.items() for _, _, e in of_it
                         if pid in (VCPUS, THREADS) and e["name"] == "lock"]
                if not kind:
                    self.assertTrue(locks)
                    self.assertLessEqual({"holder"}, set(locks[0]["args"]))

    def test_cpus_and_vcpus_have_no_gaps(self):
        slices, _ = self.check(self.events("--table", "fixed"))
        for (pid, tid), of_it in slices.items():
            if pid == VCPUS or (pid == CPUS and tid % 2 == 0):
                for (_, end, _), (begin, _, _) in zip(of_it, of_it[1:]):
                    self.assertEqual(end, begin, (pid, tid))

    def test_vcpus_were_in_what_the_result_says(self):
        """Rounded to whole nanoseconds at each end of each slice."""
        slices, _ = self.check(self.events("--table", "fixed"))
        run = json.loads((self.dir / "r.json").read_text())["runs"][0]
        spent, n = collections.Counter(), collections.Counter()
        for (pid, _), of_it in slices.items():
            for begin, end, e in of_it if pid == VCPUS else ():
                spent[e["name"]] += end - begin
                n[e["name"]] += 1
        for name, key in (("guest", "guest"), ("runnable", "steal"), ("halted", "halted")):
            # slices end with the last stream; then the VM is stopped and taken down
            self.assertLessEqual(spent[name], run["vcpu_time_ns"][key] + n[name])
            self.assertGreater(spent[name], 0.9 * run["vcpu_time_ns"][key] - n[name])

    def test_operations_are_those_of_the_result(self):
        slices, _ = self.check(self.events("--table", "chunked"))
        ops = json.loads((self.dir / "r.json").read_text())["runs"][0]["ops"]
        counts, parts = collections.Counter(), collections.defaultdict(collections.Counter)
        for (pid, _), of_it in slices.items():
            for begin, end, e in of_it if pid == OPS else ():
                counts[e["name"]] += 1
                for key, value in e["args"].items():
                    parts[e["name"]][key] += round(value * 1000)
        for name, op in ops.items():
            self.assertEqual(counts[name], op["count"])
            for cause, mean in op["breakdown_ns"]["mean"].items():
                self.assertAlmostEqual(parts[name][f"{cause}_ns"] / op["count"], mean * 1000, delta=0.51)

    def test_grace_periods_of_rcu(self):
        slices, _ = self.check(self.events("--table", "rcu-array"))
        of_rcu = [s for (pid, _), of_it in slices.items() for s in of_it if pid == GRACE_PERIODS]
        numbers = [e["args"]["number"] for _, _, e in of_rcu]
        self.assertGreater(len(numbers), 5)
        self.assertEqual(numbers, sorted(set(numbers)))
        self.check(self.events("--table", "rcu-array", *FEW, scenario=FULL))

    def instants_of(self, begin, end, e):
        """Of a whole grace period: times and names of the steps, CPUs that were quiescent."""
        mine = [(at, i["name"], i["args"]) for at, i in self.instants
                if i["tid"] == e["tid"] and i["args"]["number"] == e["args"]["number"]]
        quiet = [(at, args) for at, name, args in mine if name == "quiescent"]
        for at, _ in quiet:
            self.assertLessEqual(begin, at)
            self.assertLessEqual(at, end)
        return [(at, name) for at, name, _ in mine if name != "quiescent"], [args for _, args in quiet]

    def test_steps_of_rcu(self):
        """A grace period is started where its slice begins, is initialised, looks at CPUs as often as it takes, is
        clear where the slice ends, and has ended once its node knows. Meanwhile each of the four CPUs was
        quiescent, by its own word or by that of a scan, which is CPU 0's."""
        slices, _ = self.check(self.events("--table", "rcu-array"))
        whole = [s for s in slices[GRACE_PERIODS, 0] if s is not slices[GRACE_PERIODS, 0][-1]]
        self.assertGreater(len(whole), 5)
        by = collections.Counter()
        for begin, end, e in whole:
            steps, quiet = self.instants_of(begin, end, e)
            names = [name for _, name in steps]
            self.assertEqual(names, ["started", "initialised", *["scan"] * (len(names) - 4), "clear", "ended"])
            self.assertEqual((steps[0][0], steps[-2][0]), (begin, end))
            self.assertEqual([at for at, _ in steps], sorted(at for at, _ in steps))
            self.assertGreater(steps[-1][0], end)
            self.assertEqual({args["cpu"] for args in quiet}, {0, 1, 2, 3})
            by.update((args["by"] == args["cpu"], args["by"] == 0) for args in quiet)
            if any(args["by"] != args["cpu"] for args in quiet):
                self.assertIn("scan", names)
        self.assertEqual(by[False, False], 0)
        self.assertTrue(by[False, True])
        self.assertTrue(by[True, False])

    def test_quiescent_states_of_expedited_grace_periods(self):
        """Each CPU that was asked tells of itself; idle ones are not asked."""
        slices, _ = self.check(self.events("--table", "rcu-array-expedited"))
        told = 0
        for begin, end, e in slices[GRACE_PERIODS, 8]:
            steps, quiet = self.instants_of(begin, end, e)
            self.assertEqual(steps, [])
            self.assertEqual([args["by"] for args in quiet], [args["cpu"] for args in quiet])
            told += len(quiet)
        self.assertTrue(told)
        self.assertEqual(told, len(self.instants))

    def test_a_part_of_it(self):
        whole, _ = self.check(self.events("--table", "fixed"))
        part, _ = self.check(self.events("--table", "fixed", "--trace-from", "1.5ms", "--trace-for",
                                         "500us"))

        def cut(slices):
            return {(track, max(b, 1500000), min(e, 2000000), x["name"]) for track, of_it in
                    slices.items() for b, e, x in of_it if b < 2000000 and e > 1500000 and e > b}
        self.assertEqual(cut(part), cut(whole))
        self.assertTrue(part)
        for of_it in part.values():
            for begin, end, _ in of_it:
                self.assertGreaterEqual(begin, 1500000)
                self.assertLessEqual(end, 2000000)

    def test_the_result_is_the_same(self):
        for scenario, *args in self.FOUR:
            self.trace("--table", *args, scenario=scenario)
            traced = (self.dir / "r.json").read_bytes()
            self.run_here("-q", "-o", "plain.json", "--reps", 1, *PATIENT, "--table", *args, scenario)
            self.assertEqual(traced, (self.dir / "plain.json").read_bytes())

    def test_the_same_however_it_is_run(self):
        for scenario, *args in self.FOUR:
            args = ("--table", *args, "--trace-from", "800us")
            reference = self.trace("--strict", *args, scenario=scenario)
            self.assertGreater(len(reference), 10000)
            for how in ([], ["--window-ps", 0, "--host-order", "down"], ["--bare"],
                        ["--window-ps", 1, "--host-order", "shuffled"], ["--window-ps", 7919],
                        ["--jobs", 1, "--host-order", "shuffled"]):
                found = self.trace(*args, *how, scenario=scenario)
                self.assertTrue(found == reference, f"{scenario.name} {how} differs")

    def test_gzip(self):
        plain = self.trace("--table", "fixed")
        self.assertEqual(self.trace("--table", "fixed", name="t.json.gz"), plain)
        packed = (self.dir / "t.json.gz").read_bytes()
        self.trace("--table", "fixed", name="t.json.gz")
        self.assertEqual((self.dir / "t.json.gz").read_bytes(), packed)  # no time in it
        self.assertLess(len(packed), len(plain) / 4)

    def test_size(self):
        """4,096 vCPUs on 224 busy CPUs for 10 ms are to stay under 200 MB: so an eighth of them for a
        tenth of the time under 2.5 MB. Busy: each guest runs for 20 us and halts for 20 us, and there
        are 18 to a CPU. So a CPU has at least an exit in 100 us, with a slice of the CPU, one of the
        guest and one of the halt each: 28 * 10 * 3 in that millisecond."""
        sets = ("/vm/boot_vcpus=512", "/vm/max_vcpus=512", "/host/cpus=28", "/guest/halt_us/mean=20",
                "/streams/0/count=1", "/streams/0/from/vcpus=1", "/streams/0/start_ms=2")
        data = self.trace("--table", "chunked", "--trace-from", "1ms", "--trace-for", "1ms",
                          *(word for s in sets for word in ("--set", s)),
                          scenario=SOURCE / "scenarios/ipi-storm-4096.json")
        slices, _ = self.check(strict(data)["traceEvents"])
        self.assertGreater(sum(map(len, slices.values())), 28 * 10 * 3)
        self.assertLess(len(data), 2500000)

    def test_the_first_of_several_runs(self):
        done = self.run_here("--table", "chunked", "--table", "fixed", "--reps", 2, "--trace", "two.json",
                             "-o", "r.json", SMOKE)
        self.assertIn("two.json: chunked, replication 1", done.err)
        self.assertEqual(self.trace("--table", "chunked", name="one.json"), (self.dir / "two.json").read_bytes())

    def test_a_run_that_dies_has_none(self):
        """Its process executes what is no instruction. Which is also said when quiet, and of the first only."""
        def run(*tables):
            words = (word for table in tables for word in ("--table", table))
            return self.run_here("-o", "r.json", "--module", PLANTED / "trap.so", *words, "--trace", "t.json", QUICK)

        none = "vcpusim: t.json: no trace: the run crashed"
        self.assertEqual(run("planted-trap", "fixed").err, f"{none}\n")
        self.assertEqual([p.name for p in self.dir.iterdir()], ["r.json"])
        self.assertEqual(run("fixed", "planted-trap").err, "vcpusim: t.json: fixed, replication 1\n")
        drawn = (self.dir / "t.json").read_bytes()
        done = self.run_here("-q", "-o", "r.json", "--module", PLANTED / "trap.so", "--table", "planted-trap",
                             "--trace", "t.json", QUICK)
        self.assertEqual((done.status, done.err), (3, f"{none}; the file is an older one\n"))
        self.assertEqual((self.dir / "t.json").read_bytes(), drawn)

    def test_a_run_that_is_cut_short_has_none(self):
        done = self.run_here("-q", "-o", "r.json", "--module", PLANTED / "endless.so", "--table", "planted-endless",
                             "--silent-s", 0, "--set", "/limits/wall_s=1", "--trace", "t.json", QUICK)
        self.assertEqual((done.status, done.err), (3, "vcpusim: t.json: no trace: the run was cut short\n"))

    def test_a_run_that_the_simulator_stops_is_drawn(self):
        """A read through a null pointer is refused; what came before is drawn."""
        done = self.run_here("-o", "r.json", "--module", PLANTED / "null-read.so", "--table", "planted-null-read",
                             "--trace", "t.json", QUICK)
        self.assertEqual((done.status, done.err), (3, "vcpusim: t.json: planted-null-read, replication 1\n"))
        self.assertEqual(self.read("r.json")["runs"][0]["status"], "crashed")
        self.check(strict((self.dir / "t.json").read_text())["traceEvents"])

    def test_where_it_goes(self):
        (self.dir / "old.json").write_text("old")
        os.mkfifo(self.dir / "pipe")
        self.trace("--table", "fixed", name="old.json")
        self.assertEqual([p.name for p in self.dir.glob("*.part")], [])
        reader = os.open(self.dir / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.run_here("-q", "-o", "r.json", "--reps", 1, "--table", "fixed", "--trace", "pipe",
                      "--trace-for", "1us", SMOKE)
        self.assertTrue(stat.S_ISFIFO(os.stat(self.dir / "pipe").st_mode))
        self.assertIn(b"traceEvents", os.read(reader, 65536))
        full = self.run_here("-q", "-o", "r.json", "--reps", 1, "--trace", "/dev/full", SMOKE)
        self.assertEqual(full.status, 2)
        self.assertIn("/dev/full: cannot write: No space left", full.err)

    def test_refused(self):
        for args, says in ((["--trace", "-"], '--trace: found "-", expected a file'),
                           (["--trace", "no/folder.json"], "no/folder.json: cannot write"),
                           (["--trace-for", "5ms"], "of --trace FILE"),
                           (["--trace", "t", "--trace-from", "5"], 'found "5", expected a time'),
                           (["--trace", "t", "--trace-for", "5 ms"], 'found "5 ms"'),
                           (["--trace", "t", "--trace-for", "-1ms"], 'found "-1ms"'),
                           (["--trace", "t", "--trace-for", "9000000s"], 'found "9000000s"')):
            done = self.run_here("-o", "r.json", *args, SMOKE)
            self.assertEqual(done.status, 2, args)
            self.assertIn(says, done.err)
        self.assertEqual(list(self.dir.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
