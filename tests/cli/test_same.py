"""One scenario, one result: whatever the order, window, processes, place, processor or build."""

import json
import os
import re
import shutil
import subprocess
import unittest

from cli import BUILD, EXECUTABLE, HERE, SANITIZED, SMOKE, SOURCE, Case, vcpusim

IPI = HERE / "ipi.json"
TUNABLES = "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4,-AVX,-BMI2,-ERMS,-FSRM"


def window_ps(machine):
    listed = vcpusim("--list", "machines").out
    return int(re.search(rf"^{machine} .*W = (\d+) ps$", listed, re.M).group(1))


FULL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "full.json")


def windows(w):
    """Windows in ps and host orders, a few of those that test_every_window_in_every_host_order has"""
    return ((0, "shuffled"), (w // 2 + 1, "up"), (w, "down"), (w, "shuffled"))


def result(*args, scenario=SMOKE, **how):
    """The result as text; tests stop at once if a run went wrong."""
    done = vcpusim("-q", "-o", "-", *args, scenario, **how)
    if done.status:
        raise AssertionError(f"status {done.status} of {args}: {done.err}")
    return done.out


class Same(Case):
    @classmethod
    def setUpClass(cls):
        cls.reference = result()
        cls.w = window_ps("toy-4")

    def is_same(self, *args, **how):
        self.assertTrue(result(*args, **how) == self.reference, f"{args} {how} differs")

    def test_the_reference_is_the_whole_of_smoke(self):
        for table in ("fixed", "rcu-array", "chunked", "srcu-array"):
            self.assertEqual(self.reference.count(f'"table": "{table}", "replication":'), 2, table)

    def test_another_seed_differs(self):
        self.assertNotEqual(result("--seed", 2), self.reference)

    def test_strict_order(self):
        self.is_same("--strict")
        self.is_same("--strict", "--paranoid")

    def test_every_window_in_every_host_order(self):
        for window in (0, 1, 7919, self.w // 2 + 1, self.w):
            for order in ("up", "down", "shuffled"):
                self.is_same("--window-ps", window, "--host-order", order, "--paranoid")

    def test_every_table(self):
        listed = vcpusim("--list", "tables").out
        names = re.findall(r"^[a-z][^ ]*", listed, re.M)
        tables = ["--set", "/tables=" + json.dumps(
            names + [{"table": "chunked", "chunk": 8}, {"table": "tree", "fanout": 2}])]
        reference = result("--reps", 1, *tables)
        for name in names + ["chunked(chunk=8)", "tree(fanout=2)"]:
            self.assertEqual(reference.count(f'"table": "{name}", "replication":'), 1, name)
        for how in (["--strict"], ["--window-ps", 0], ["--window-ps", 1], ["--window-ps", 7919],
                    ["--host-order", "down", "--paranoid"], ["--host-order", "shuffled"]):
            self.assertTrue(result("--reps", 1, *tables, *how) == reference, f"{how} differs")

    def test_polling_yields_and_guests_locks(self):
        """Overcommitted, vCPUs spin for preempted holders; with a CPU each, they poll in HLT."""
        scenario = SMOKE.parent / "lock-holder.json"
        alone = ("--set", "/vm/boot_vcpus=4", "--set", "/guest/run_us/mean=50",
                 "--set", "/guest/halt_us/mean=30")
        for how, counted in ((), "boosts"), (alone, "halt_poll_hits"):
            profile = vcpusim("-q", "-o", os.devnull, "--profile", "-", *how, scenario).err
            counts = re.findall(rf"^ +{counted} +(\d+)$", profile, re.M)
            self.assertGreater(sum(map(int, counts)), 0, counted)
            reference = result(*how, "--strict", "--paranoid", scenario=scenario)
            for run in json.loads(reference)["runs"]:
                self.assertGreater(run["exits"]["pause"], 0)
                self.assertGreater(run["ops"]["guest_lock"]["count"], 100)
            for window, order in windows(self.w):
                args = (*how, "--window-ps", window, "--host-order", order)
                self.assertTrue(result(*args, scenario=scenario) == reference, args)

    def test_unplug(self):
        for name, tables in ("unplug", []), ("torture-unplug", ["--table", "rcu-array-section", "--table", "srcu-array"]):
            args = ["--reps", 1, *tables]
            scenario = SOURCE / f"scenarios/{name}.json"
            strict = result(*args, "--strict", "--paranoid", scenario=scenario)
            for window, order in windows(self.w):
                found = result(*args, "--window-ps", window, "--host-order", order, scenario=scenario)
                self.assertTrue(found == strict, f"{name} {window} {order} differs")

    def test_every_call_site(self):
        calls = SOURCE / "scenarios/callsites.json"
        for vp in ("direct", "mismatched"):
            args = ("--reps", 1, "--set", f"/vm/vp_index={vp}")
            reference = result(*args, "--strict", "--paranoid", scenario=calls)
            for run in json.loads(reference)["runs"]:
                self.assertEqual({name: op["errors"] for name, op in run["ops"].items() if op["errors"]},
                                 {"create_failing": 40}, run["table"])
                self.assertEqual(len(run["ops"]), 16, run["table"])
            for window, order in windows(self.w):
                how = (*args, "--window-ps", window, "--host-order", order)
                self.assertTrue(result(*how, scenario=calls) == reference, how)

    def test_preemptible_and_tickless_cpus(self):
        """preempt full, nohz_full, gp_self_report"""
        short = ("--set", "/streams/0/count=5", "--paranoid")
        strict = result("--strict", *short, scenario=FULL)
        for window, order in windows(self.w):
            how = ("--window-ps", window, "--host-order", order, *short)
            self.assertTrue(result(*how, scenario=FULL) == strict, how)

    def test_4096_host_cpus(self):
        """As many as there may be: eight sockets of 512. An RCU of so many looks at CPUs for the first time after
        1 + 4,096 / 256 jiffies of 4 ms, until when idle ones say nothing: a create that waits for a grace period
        takes more than 68 ms. Nearly all vCPUs sleep (they halt for a second and run for 20 us), so a
        broadcast has to wake them one after the other: queue each and send an interrupt, 100 ns."""
        def run(boot, *how):
            sets = ("/machine=xeon-platinum-8176", "/machine_set/topology/cores_per_l3=512", "/host/cpus=4096",
                    f"/vm/boot_vcpus={boot}", "/streams/0/count=2", "/streams/1/count=2")
            return result("--reps", 1, "--table", "rcu-array", *(arg for one in sets for arg in ("--set", one)), *how,
                          scenario=SOURCE / "scenarios/hotplug-4096.json")

        few = run(100, "--host-order", "down")
        self.assertTrue(run(100, "--strict") == few)
        for boot, text in (100, few), (4094, run(4094, "--bare")):
            document = json.loads(text)
            ops = document["runs"][0]["ops"]
            self.assertEqual(document["scenario"]["host"]["cpus"], 4096)
            self.assertEqual({name: (op["count"], op["errors"]) for name, op in ops.items()},
                             {"hotplug": (2, 0), "ipi_broadcast": (2, 0)})
            self.assertGreater(ops["hotplug"]["latency_ns"]["min"], 17 * 4e6)
            self.assertGreater(ops["ipi_broadcast"]["latency_ns"]["min"], 0.9 * boot * 100)

    def test_wider_windows_are_seen_to_break(self):
        """Else the test above could not fail. A broken run ends in an assert or in another result."""
        for window in (self.w + 1, 2 * self.w):
            for seed in range(1, 9):
                wide = vcpusim("-q", "-o", "-", "--seed", seed, "--window-ps", window, SMOKE)
                if wide.status or wide.out != result("--seed", seed):
                    break
            else:
                self.fail(f"no seed breaks at a window of {window} ps")

    def test_every_way_to_send_and_deliver(self):
        for send in ("shorthand", "physical", "cluster", "pv"):
            for delivery in ("exit", "posted"):
                ways = ["--bare", "--set", f"/host/ipi_send={send}",
                        "--set", f"/host/ipi_delivery={delivery}"]
                strict = result(*ways, "--strict", "--paranoid", scenario=IPI)
                for window, order in windows(self.w):
                    found = result(*ways, "--window-ps", window, "--host-order", order,
                                   scenario=IPI)
                    self.assertTrue(found == strict, f"{ways} {window} {order} differs")

    def test_number_of_processes(self):
        self.is_same("--jobs", 1)
        self.is_same("--jobs", 2)
        self.is_same("--jobs", 9)

    def test_working_directory(self):
        self.is_same(cwd="/")
        self.is_same(cwd=self.dir)

    @unittest.skipIf(SANITIZED, "the address sanitizer needs its own layout")
    def test_address_space_layout(self):
        self.is_same(before=["setarch", "-R"])

    def test_library_variants_by_processor(self):
        env = dict(os.environ, GLIBC_TUNABLES=TUNABLES)
        told = ["/lib64/ld-linux-x86-64.so.2", "--list-diagnostics"]
        plain, off = (subprocess.run(told, env=e, check=True, stdout=subprocess.PIPE).stdout
                      for e in (os.environ, env))
        features = [b"x86.cpu_features.features" in line and line for line in plain.split(b"\n")]
        if [f for f in features if f]:
            self.assertNotEqual(plain.replace(b"GLIBC_TUNABLES", b""),
                                off.replace(b"GLIBC_TUNABLES", b""), "the tunable does nothing")
        self.is_same(env=env)

    def test_without_simgrid(self):
        self.is_same("--bare")

    def test_a_simulator_optimised_otherwise(self):
        other = BUILD / "vcpusim-otherwise"
        if not other.exists():
            self.skipTest("not built with sanitizers")
        self.is_same(executable=other)

    def test_an_installed_copy_elsewhere(self):
        """Modules and machines are found beside the executable; where that is changes nothing."""
        shutil.copy(EXECUTABLE, self.dir / "vcpusim")
        shutil.copytree(BUILD / "modules", self.dir / "modules")
        shutil.copytree(SMOKE.parents[1] / "models/machines", self.dir / "models/machines")
        self.is_same(executable=self.dir / "vcpusim")


class Shipped(Case):
    """Scenarios made shorter. A check that fails ends a run with a status, and so the test."""
    SHORTER = {
        "overcommit-4x": ["/streams/0/count=3", "/streams/1/for_ms=20"],
        "guest-resident": ["/streams/0/count=3"],
        "nohz-full": ["/streams/0/count=3"],
        "storm-hz": ["/streams/0/count=2", "/vm/boot_vcpus=96", "/host/hz=1000"],
        "grace-periods": ["/streams/0/count=8", "/streams/1/count=8"],
        "hotplug-4096": ["/vm/max_vcpus=76", "/streams/0/count=12", "/streams/1/count=12"],
        "ipi-storm-4096": ["/vm/max_vcpus=128", "/streams/0/count=12", "/streams/0/from/vcpus=6", "/vm/boot_vcpus=128"],
        "validation/ipi-skylake-80": ["/streams/0/count=4", "/streams/1/count=20", "/streams/1/start_ms=5"],
    }

    def each(self):
        for name, sets in self.SHORTER.items():
            scenario = SOURCE / f"scenarios/{name}.json"
            yield name, scenario, ["--reps", 1, *(arg for one in sets for arg in ("--set", one))]

    def test_windows(self):
        for name, scenario, args in self.each():
            strict = result(*args, "--bare", "--strict", "--paranoid", scenario=scenario)
            machine = json.loads(strict)["provenance"]["machine"]
            w = round(1000 * machine["window_ns"])
            for window, order in windows(w):
                found = result(*args, "--bare", "--window-ps", window, "--host-order", order, scenario=scenario)
                self.assertTrue(found == strict, f"{name} {window} {order} differs")

    @unittest.skipIf(SANITIZED, "the address sanitizer needs its own layout, and there is one build")
    def test_places(self):
        """On SimGrid, elsewhere, in one process at a time, optimised otherwise, with other addresses and another
        library: all at once."""
        env = dict(os.environ, GLIBC_TUNABLES=TUNABLES)
        for name, scenario, args in self.each():
            plain = result(*args, "--bare", scenario=scenario)
            other = result(*args, "--jobs", 1, scenario=scenario, executable=BUILD / "vcpusim-otherwise",
                           before=["setarch", "-R"], env=env, cwd="/")
            self.assertTrue(other == plain, f"{name} differs")


class GracePeriods(Case):
    """SRCU's where they follow each other, so are not all expedited, and with a tree of callbacks."""
    HURRY = ["--table", "srcu-array", "--reps", 1, "--set", "/streams/0/think_us/value=0"]
    TREE = ["--set", "/machine=xeon-platinum-8176", "--set", "/host/cpus=128"]

    def is_same_however_run(self, *args):
        strict = result("--strict", *args)
        for how in (["--paranoid"], ["--window-ps", 0, "--host-order", "down"],
                    ["--window-ps", 1, "--host-order", "shuffled"], ["--window-ps", 7919]):
            self.assertTrue(result(*how, *args) == strict, f"{how} {args} differs")

    def test_few_cpus(self):
        self.is_same_however_run(*self.HURRY)

    def test_many_cpus(self):
        self.is_same_however_run(*self.HURRY, *self.TREE)


if __name__ == "__main__":
    unittest.main()
