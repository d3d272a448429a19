"""The figures of docs/findings.md come out of the commands beside them, to the digit."""

import re
import unittest

from cli import SOURCE, Case


def tables(text):
    """{operation: {table: {column: text}}} of a summary"""
    out, operation, columns, name = {}, None, [], ""
    for line in text.split("\n"):
        words = re.split(r" {2,}", line.strip())
        if re.fullmatch(r"[a-z_]+", line):
            operation = out.setdefault(line, {})
        elif words[0] == "table":
            columns = words[1:]
        elif operation is not None and line.startswith("  ") and len(words) == 1:
            name = words[0]  # too long for its column: the figures follow on a line of their own
        elif operation is not None and len(words) == len(columns):
            operation[name] = dict(zip(columns, words))
        elif operation is not None and len(words) == len(columns) + 1:
            operation[words[0]] = dict(zip(columns, words[1:]))
    return out


def rows(document, heading):
    """The cells of the first table below a heading, without its own head."""
    text = (SOURCE / document).read_text()
    lines = text[text.index(f"\n## {heading}\n"):].split("\n")
    first = next(n for n, line in enumerate(lines) if line.startswith("|--") or line.startswith("|---"))
    cells = []
    for line in lines[first + 1:]:
        if not line.startswith("|"):
            return cells
        cells.append([cell.strip() for cell in line.strip("|").split("|")])
    return cells


def together(first, second):
    """39.6 ms and 59.9 ms: 39.6, 59.9 ms"""
    (a, unit), (_, other) = first.split(), second.split()
    return f"{a}, {second}" if unit == other else f"{first}, {second}"


class Findings(Case):
    def summary(self, scenario, *args):
        done = self.run_here("-o", "out.json", *args, SOURCE / f"scenarios/{scenario}.json")
        self.ends(done, 0)
        return tables(done.out)

    def found(self, heading):
        return rows("docs/findings.md", heading)

    def test_how_a_create_retires_the_old_array(self):
        """All but rcu-array, 18 simulated seconds of waiting, which takes longer than all others together."""
        stated = [row for row in self.found("How a create retires the old array") if row[0][:10] != "rcu-array:"]
        names = [row[0].partition(":")[0] for row in stated]
        self.assertEqual(len(names), 5)
        got = self.summary("grace-periods", *(a for name in names for a in ("--table", name)))
        for what, *figures in stated:
            table = what.partition(":")[0]
            create, send = got["hotplug"][table], got["ipi_broadcast"][table]
            self.assertEqual(figures, [create["p50"], create["p90"], create["max"], send["p50"],
                                       create["memory"]], table)

    def test_the_tick(self):
        for hz, *figures in self.found("The tick"):
            got = self.summary("storm-hz", "--set", "/host/hz=" + hz.replace(",", ""))["hotplug"]
            self.assertEqual(figures, [together(got[t]["p50"], got[t]["max"])
                                       for t in ("rcu-array", "srcu-array", "chunked")], hz)

    def test_guests_that_never_leave(self):
        for hz, *figures in self.found("Guests that never leave"):
            tick, none = (self.summary(s, "--set", "/host/hz=" + hz.replace(",", ""))["hotplug"]
                          for s in ("guest-resident", "nohz-full"))
            self.assertEqual(figures, [together(tick["rcu-array"]["p50"], tick["rcu-array"]["max"]),
                                       together(none["rcu-array"]["p50"], none["rcu-array"]["max"]),
                                       tick["rcu-array-expedited"]["p50"],
                                       none["rcu-array-expedited"]["p50"]], hz)

    def test_locks_whose_holder_lost_its_cpu(self):
        for vcpus, *figures in self.found("Locks whose holder lost its CPU"):
            got = self.summary("lock-holder", "--set", f"/vm/boot_vcpus={vcpus}")["guest_lock"]["rcu-array"]
            self.assertEqual(figures, [got[p] for p in ("p50", "p90", "p99", "max")], vcpus)


if __name__ == "__main__":
    unittest.main()
