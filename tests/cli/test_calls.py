"""
What call sites cost on toy-4 with the table `fixed`, worked out by hand.

Times in ns: 1 to issue an access, then L1 1, L2 4, another core of the socket 40 (a store to a line that
both have waits as long for the other's answer), memory 100; an atomic 5 more, a full fence 8; to send an
interrupt 100. Unless it is said, vCPU 0 runs in its guest on CPU 0, undisturbed; the issuer is on CPU 1
and starts cold. CPU 0 has what its run loop touched: of struct kvm_vcpu the lines of cpu, mode and
requests (V0), of wq and thread (V2), of arch (V8); of struct kvm that of srcu. online_vcpus (N) and the
slot (S) only boot has touched. N, S, V0 and V8 share a set of L1, of which two at a time fit in.

What a compiler keeps on its own stack costs 1 per access, and depends on the compiler: gcc keeps there what
a cmpxchg() compares with, written before and read after.
"""

import json
import unittest

from cli import QUICK, SOURCE, Case


def constant(us):
    return {"dist": "constant", "value": us}


class Calls(Case):
    def run_streams(self, *streams, vcpus=1, max_vcpus=8, run_us=1e6, options=()):
        vm = {"max_vcpus": max_vcpus, "boot_vcpus": vcpus, "placement": "pinned", "memslots": 1,
              "halt_poll": {"max_us": 0}}
        guest = {"run_us": constant(run_us), "halt_us": constant(1e6)}
        done = self.run_here("-q", "-o", "out.json", "--set", "/streams=" + json.dumps(streams), "--set",
                             "/vm=" + json.dumps(vm), "--set", "/guest=" + json.dumps(guest), *options, QUICK)
        self.ends(done, 0)
        out = self.read("out.json")
        return out["runs"][0]["ops"], out["provenance"]["modules"][0]["compiler"].split()[0]

    def measured(self, op, count, vcpus=1, max_vcpus=8, run_us=1e6, errors=0, options=(), **more):
        stream = {"name": "s", "op": op, "count": count, "from": {"host_threads": 1}, "start_ms": 1, **more}
        ops, compiler = self.run_streams(stream, vcpus=vcpus, max_vcpus=max_vcpus, run_us=run_us,
                                         options=options)
        self.assertEqual(ops[op]["errors"], errors)
        return ops[op], compiler

    def take(self, op, *expected, gcc, clang, **more):
        """Operations one right after the other; of each, its time beside so many accesses to the stack."""
        spans = []
        for n in range(len(expected)):
            figures, compiler = self.measured(op, n + 1, **more)
            spans.append(figures["span_ns"])
        stack = {"gcc": gcc, "clang": clang}[compiler]
        took = [span - before for span, before in zip(spans, [0] + spans)]
        self.assertEqual(took, [e + s for e, s in zip(expected, stack)], op)

    def test_index_of(self):
        """N and S from memory, 101 each. Then both are in L1: 4 for each vCPU passed."""
        self.take("index_of", 101 + 101, 4, 4, gcc=(0, 0, 0), clang=(0, 0, 0))
        op, _ = self.measured("index_of", 50, vcpus=2, run_us=1)
        seconds, rest = divmod(op["span_ns"] - (101 + 101 + 49 * 4), 4)
        self.assertEqual((op["latency_ns"]["min"], rest), (4, 0))
        self.assertTrue(0 < seconds < 50, seconds)

    def test_kick(self):
        """
        N, S 101; cpu in V0 41; wq in V2 41; cmpxchg of mode, V0 being shared 1 + 40 + 5; sent 100. At once
        again: V0 has driven N out of L1: N from L2 5 drives out S, that V0, so 5 each; wq 2; cmpxchg 7
        finds the guest about to leave, and nothing is sent.
        """
        self.take("kick", 101 + 101 + 41 + 41 + 46 + 100, 5 + 5 + 5 + 2 + 7, gcc=(2, 2), clang=(0, 0))

    def test_start_stop(self):
        """
        Counted by the counter. Stop: N, S 101; the lock's cmpxchg 106, from memory as all of kvm->arch;
        stopped, in V8, read 41 and written 41; vcpu->kvm in V0 41, counted 4; vcpu->kvm once more 2; N, out
        of L1 by then, 5; kvm->arch.stopped 2: nobody is started; unlock 2.

        Start, with V0 and N in L1: N 2; S from L2 5; lock 7; V8 5; V0 5; N 5; stopped 2, so it is the only
        one: requests, in V0 that CPU 0 has too, 1 + 40 + 5; cpu 2; wq 41; mode 7, sent 100; V8 5; counted 4;
        unlock 2.
        """
        self.take("start_stop", 101 + 101 + 106 + 41 + 41 + 41 + 4 + 2 + 5 + 2 + 2,
                  2 + 5 + 7 + 5 + 5 + 5 + 2 + 46 + 2 + 41 + 7 + 100 + 5 + 4 + 2,
                  count_by="counter", gcc=(3, 5), clang=(0, 0))

    def test_start_stop_walks(self):
        """
        Three vCPUs, on CPUs 0 to 2, the issuer on CPU 3: memory is 200 from there, CPUs 0 and 1 are 120 away,
        CPU 2 is 40. vCPU 2 (of seed 3) is stopped: N, S 201; the lock's cmpxchg 206; its V8 read 41, written
        41; vcpu->kvm in its V0 41, counted 4, once more 2. N, driven out of L1, 5; kvm->arch.stopped 2. The
        walk: N 2; S 5; V8 of vCPU 0 121, which drives out N; N, S 5 each; V8 of vCPU 1 121: two are started,
        so who leaves early unlocks, 2. Else N, S 5, V8 of vCPU 2, the third in its set, 5; N 5; unlock 2.
        """
        early = 201 + 201 + 206 + 41 + 41 + 41 + 4 + 2 + 5 + 2 + 2 + 5 + 121 + 5 + 5 + 121 + 2
        for how, took in (("break", early), ("walk", early + 5 + 5 + 5 + 5)):
            self.take("start_stop", took, vcpus=3, count_by=how, options=("--seed", 3), gcc=(6,), clang=(0,))

    def test_vp_flush(self):
        """
        N, S 101; vp_index in V8 41; requests in V0 1 + 40 + 5; cpu 2; mode 7; sent 100. The set and the mask
        of CPUs lie on the stack: 128 looks at the one, the other cleared, a CPU put in.
        """
        self.take("vp_flush", 101 + 101 + 41 + 46 + 2 + 7 + 100, gcc=(128 + 5,), clang=(128 + 1,))

    def test_memslot_read(self):
        """
        One slot. srcu_read_lock(): idx 41, sda 2, this CPU's count 101 and 2, fence 8. kvm->memslots, in the
        next line, 101; n 101, base_gfn and npages beside it 2 each, flags 80 bytes behind 101. Unlock: fence
        8, sda 2, the other count in the first one's line 2 and 2. Then the 12 accesses are hits.
        """
        self.take("memslot_read", 41 + 2 + 101 + 2 + 8 + 101 + 101 + 2 + 2 + 101 + 8 + 2 + 2 + 2,
                  12 * 2 + 2 * 8, gcc=(0, 0), clang=(0, 0))

    def test_memslot_update(self):
        """
        It waits for exits under way, and for no guest. vCPU 0 stays in its guest: 2,000 in and out of the
        kernel, and SRCU's way, which tests/kernel works out, is some 7 us here. Then vCPU 0 sends to itself
        from 1 ms on, as in test_broadcast_to_all, but sending takes D instead of 400: it leaves the section of
        kvm->srcu 1,326 - 400 + D after that at the earliest (lines are taken from it meanwhile). The update
        begins 50 us after the exit. It ends no sooner than that section, and less than 15 us later: looks are
        5 us apart, and the callback wakes a sleeper.
        """
        update = {"name": "remap", "op": "memslot_update", "count": 1, "from": {"control_threads": 1}}
        send = {"name": "send", "op": "ipi_broadcast", "to": "all", "count": 1, "from": {"vcpus": 1},
                "start_ms": 1}
        alone, _ = self.run_streams({**update, "start_ms": 1})
        self.assertLess(2000, alone["memslot_update"]["latency_ns"]["max"])
        self.assertLess(alone["memslot_update"]["latency_ns"]["max"], 2000 + 15000)
        machine = json.loads((SOURCE / "models/machines/toy-4.json").read_text())
        for d in (100000, 200000, 400000):
            machine["ipi_exit_ns"]["value"] = d
            self.write("slow.json", json.dumps({**machine, "name": "slow"}))
            ops, _ = self.run_streams(send, {**update, "start_ms": 1.05},
                                      options=("--set", f"/machine={self.dir}/slow.json"))
            took = ops["memslot_update"]["latency_ns"]["max"]
            left = 1326 - 400 + d - 50000
            self.assertLessEqual(left, took)
            self.assertLess(took, left + 15000)

    def test_create_failing(self):
        """
        One too many: half of 2,000 for the way into the kernel; the lock's cmpxchg, which shares a line with
        srcu, 1 + 40 + 5; created_vcpus beside N 101, max_vcpus 2; unlocked by its owner 2 and a cmpxchg 7;
        the way back.

        A duplicate: as that, but created_vcpus counted too, 2. A vCPU, alloc 20 and pages 200, is zeroed in
        pieces of 4 KiB, the first line of each 101 and 5 for each other: four of 416, and 1 KiB 176. All but
        the last 4 KiB of it has gone to L3 by then: its lines 0 and 1 21 each, line 2 prefetched meanwhile, 5
        from L2; they are written 4, 7 and 3 times. Its apic: 220, zeroed 416; V8 21; apic->id 5, V8 2,
        apic->vcpu 2; kvm->arch.apicv 101, V8 2. The architecture's part 10,000. The lock from L3 26. vcpu_id 21; by id: N 21, S 101, the
        other's id in V0 41: it is taken. created_vcpus 5 and 2; unlock 9. What was not allocated costs its
        look at V8, 5, the apic 2; two frees of 20.
        """
        into, lock, unlock = 1000, 46, 2 + 7
        self.take("create_failing", into + lock + 101 + 2 + unlock + into, fail="limit", max_vcpus=1, errors=1,
                  **{"from": {"control_threads": 1}}, gcc=(4,), clang=(0,))
        vcpu = 220 + 4 * 416 + 176 + (21 + 3 * 2) + (21 + 6 * 2) + (5 + 2 * 2)
        apic = 220 + 416 + 21 + 5 + 2 + 2 + 101 + 2
        taken = 26 + 21 + 21 + 101 + 41 + 5 + 2 + unlock + 5 + 2 + 2 * 20
        self.take("create_failing", into + lock + 101 + 2 + 2 + unlock + vcpu + apic + 10000 + taken + into,
                  fail="duplicate", errors=1, **{"from": {"control_threads": 1}}, gcc=(8,), clang=(0,))

    def test_broadcast_to_all(self):
        """
        By vCPU 0, by shorthand, its guest having just been entered: L1 has V8 and V0 in their set, and A, the
        apic's requested vectors, is in no cache. C are this CPU's counts of srcu, in that set too.

        Exit 300 and its handling 200. mode 2; srcu_read_lock(): idx and sda 2, C from L2 5 and 2, fence 8;
        srcu_idx 2. Half of ipi_exit 200. N, S 101: V0 and C go to L2. Accept 50: V8 5, apic 2, A 106,
        requests in V0 1 + 4 + 5, cpu 2, wq 2: it runs here, so nobody is kicked. N 5; the other half 200.

        srcu_idx 2; srcu_read_unlock(): fence 8, sda 2, C 5 and 2; lock again: idx, sda, C 2 each and 2, fence
        8; srcu_idx 2. kvm, requests and both bits 2 each, the bit cleared 7; V8 5, three words of A and the
        fourth 2 each, which is taken by 7. Then cpu, mode and srcu_idx 2, fence 8, sda 2, C 5 and 2, V8 5,
        requests 5, entry 300.

        To all of two: after wq, N, S 5; accept 50, V8' of vCPU 1, which runs in its guest on CPU 1, 41, apic
        2, A' 106, V0' 1 + 40 + 5, cpu 2, wq' 41, mode 7, sent 100. Of the way out, N and srcu_idx are in L2
        then, 3 more for srcu_idx; the line of srcu, driven out by A', and A by it, 3 more each; C, the fifth
        in its set of L2, from L3 21, which is 16 more. vCPU 1's interrupt is under way for 100, its exit 300,
        the handler 200; mode' in V0' 41; lock, unlock and lock of srcu, its C' in a set of its own, 16 and 12
        + 2, with srcu_idx 2 after each lock; kvm', requests' 2 and 3 times 2, cleared 7; V8' 2; A' 41, three
        words 2, and taken with all of it 1 + 40 + 5.
        """
        one = {"op": "ipi_broadcast", "count": 1, "to": "all", "from": {"vcpus": 1}}
        lock = 2 + 2 + 2 + 2 + 8
        out = 500 + 2 + (lock + 3) + 2 + 200 + 101 + 101 + 50 + 5 + 2 + 106 + 10 + 2 + 2
        back = 2 + (8 + 2 + 5 + 2) + lock + 2 + 4 * 2 + 7 + 5 + 4 * 2 + 7
        enter = 2 + 2 + 2 + 8 + 2 + 5 + 2 + 5 + 5 + 300
        figures, _ = self.measured(**one)
        self.assertEqual(figures["delivery_ns"]["max"], out + 5 + 200 + back)
        self.assertEqual(figures["latency_ns"]["max"], out + 5 + 200 + back + enter)

        figures, compiler = self.measured(**one, vcpus=2)
        stack = {"gcc": 2, "clang": 0}[compiler]
        sent = out + 5 + 5 + 50 + 41 + 2 + 106 + 46 + 2 + 41 + 7 + 100 + stack
        self.assertEqual(figures["delivery_ns"]["min"], sent + 5 + 200 + back + 3 + 3 + 3 + 16)
        self.assertEqual(figures["latency_ns"]["max"], sent + 5 + 200 + back + 3 + 3 + 3 + 16 + enter)
        other = 41 + lock + 2 + (8 + 2 + 2 + 2) + lock + 2 + 4 * 2 + 7 + 2 + 41 + 3 * 2 + 46
        self.assertEqual(figures["to_last_ns"]["max"], sent + 100 + 500 + other)


if __name__ == "__main__":
    unittest.main()
