"""What a terminal gets and a pipe does not: progress, colour, lines that fit. And --help's examples."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unittest

from cli import ALWAYS, BUILD, EXECUTABLE, PLANTED, QUICK, SMOKE, SOURCE, Case, command

COUNTER = BUILD / "examples/counter.json"
COLOUR = re.compile(r"\033\[\d*m")


def on_terminal(*args, cwd, columns=200, streams=("out", "err"), **env):
    """(status, out, err), those named read from a terminal each, the others from a pipe."""
    ends = {}
    for name in "out", "err":
        mine, theirs = pty.openpty() if name in streams else os.pipe()
        if name in streams:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        ends[name] = mine, theirs
    env = {**os.environ, "TERM": "xterm", **env}
    env = {k: v for k, v in env.items() if v is not None}
    with subprocess.Popen(command(*args), cwd=cwd, stdout=ends["out"][1], stderr=ends["err"][1],
                          env=env) as process:
        for _, theirs in ends.values():
            os.close(theirs)
        read = {}
        # the summary is short enough to wait in the terminal until progress has been read
        for name in "err", "out":
            got = b""
            while True:
                try:
                    more = os.read(ends[name][0], 65536)
                except OSError:  # the other end of a terminal is closed
                    break
                if not more:
                    break
                got += more
            os.close(ends[name][0])
            read[name] = got.decode().replace("\r\n", "\n")
        status = process.wait(timeout=600)
    return status, read["out"], read["err"]


def screens(text):
    """The screen after each time that it was drawn whole, by the few controls that are in use."""
    lines, row = [""], 0
    for control, plain in re.findall(r"(\033\[\d*[AKJ]|\r|\n)|([^\033\r\n]+)", text):
        if control == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif control.endswith("A"):
            row -= int(control[2:-1])
            assert row >= 0, "above its first line"
        elif control.endswith("K"):
            lines[row] = ""
        elif control.endswith("J"):
            lines[row:] = [""]
            yield list(lines)
        else:
            lines[row] += plain


def many(count):
    """Two runs at a time of so many operations."""
    return ("-o", "out.json", "--reps", 2, "--jobs", 2, "--set",
            f'/streams=[{{"name": "s", "op": "counter:add", "count": {count}, "from": {{"host_threads": 4}}}}]')


class Progress(Case):
    LINE = re.compile(r"^  none#(\d): (\d+\.\d{6}) s simulated, (\d+)/(\d+) ops, \d+\.\d M accesses/s"
                      r"(, \d+ s to go)?$")

    def long_enough(self, **how):
        """(operations, screens) of runs that take a second or more, however fast the machine is."""
        for count in (600000 * 4 ** n for n in range(5)):
            status, _, err = on_terminal(*many(count), COUNTER, cwd=self.dir, **how)
            self.assertEqual(status, 0)
            shown = list(screens(err))
            if len(shown) > 4:
                return count, shown
        self.fail("hundreds of millions of operations without four screens")

    def test_each_run_has_a_line(self):
        count, shown = self.long_enough()
        self.assertEqual([line for line in shown[-1] if line], [], "cleared in the end")
        seen, estimates = {}, 0
        for screen in shown[:-1]:
            self.assertRegex(screen[0], r"^[012] of 2 runs done(, \d+ s to go)?$")
            for line in screen[1:]:
                if not line:
                    continue
                self.assertRegex(line, self.LINE)
                run, simulated, done, of, eta = self.LINE.match(line).groups()
                now = int(done), float(simulated)
                self.assertEqual(int(of), count)
                self.assertLessEqual(now[0], count)
                self.assertLessEqual(seen.get(run, (0, 0)), now)
                seen[run] = now
                estimates += eta is not None
        self.assertEqual(set(seen), {"1", "2"})
        self.assertGreater(estimates, 0)
        self.assertGreater(max(seen.values()), (0, 0))

    def test_lines_are_cut_to_the_terminal(self):
        _, shown = self.long_enough(columns=50)
        widths = [len(line) for screen in shown for line in screen]
        self.assertLess(max(widths), 50)

    def test_none_when_quiet_nor_to_a_pipe(self):
        count, _ = self.long_enough()
        self.assertEqual(on_terminal("-q", *many(count), COUNTER, cwd=self.dir), (0, "", ""))
        self.assertEqual(on_terminal(*many(count), COUNTER, cwd=self.dir, streams=("out",))[2], "")


class Summary(Case):
    LONG = ("--set", '/tables=["fixed", {"table": "rcu-array-prealloc", "ahead": 3}]', "--set",
            "/description=" + "a description that goes on for much longer than a line of a terminal has room " * 3)

    def text(self, *args, **how):
        return on_terminal("-o", "out.json", *args, cwd=self.dir, streams=("out",), **how)[1]

    def test_it_fits(self):
        for columns, widest in ((200, 100), (100, 100)):
            out = COLOUR.sub("", self.text(*self.LONG, SMOKE, columns=columns))
            self.assertIn("  rcu-array-prealloc(ahead=3)\n", out)
            self.assertLessEqual(max(map(len, out.split("\n"))), widest)

    def test_what_went_wrong_fits_too(self):
        out = COLOUR.sub("", self.text("--module", PLANTED / "lock-cycle.so", "--table", "planted-lock-cycle",
                                       QUICK))
        self.assertIn("deadlock", out)
        self.assertLessEqual(max(map(len, out.split("\n"))), 100)

    def test_prose_is_broken_to_a_narrow_terminal(self):
        lines = COLOUR.sub("", self.text(*self.LONG, SMOKE, columns=60)).split("\n")
        prose = lines[:[n for n, line in enumerate(lines) if line.startswith("toy-4,")][0]]
        self.assertGreater(len(prose), 3)
        self.assertLessEqual(max(map(len, prose)), 60)
        self.assertEqual(" ".join(line.strip() for line in prose).split(),
                         ("smoke: " + self.LONG[-1].partition("=")[2]).split())

    def test_a_pipe_gets_whole_lines_without_colour(self):
        out = on_terminal("-o", "out.json", *self.LONG, SMOKE, cwd=self.dir, streams=())[1]
        self.assertNotIn("\033", out)
        self.assertIn(self.LONG[-1].partition("=")[2] + "\n", out)
        verdicts = [line for line in out.split("\n") if line.startswith(("  Fastest", "  No winner"))]
        self.assertTrue(verdicts)
        for line in verdicts:
            self.assertTrue(line.endswith("zero."), line)

    def test_colour(self):
        self.assertRegex(self.text(QUICK), COLOUR)
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": None}):
            self.assertNotIn("\033", self.text(QUICK, **env), env)
        self.assertRegex(self.text(QUICK, NO_COLOR=""), COLOUR)  # empty: as if it were not set


class Help(Case):
    def test_it_fits_and_its_examples_work(self):
        out = self.run_here("--help").out
        self.assertLessEqual(max(map(len, out.split("\n"))), 85)
        examples = re.sub(r"\\\n", " ", out)
        examples = re.findall(r"^    (vcpusim.*)$", examples, re.M)
        self.assertEqual(len(examples), 6)
        os.symlink(SOURCE / "scenarios", self.dir / "scenarios")
        self.write("mine.c", (SOURCE / "examples/blocks.c").read_text().replace('"blocks"', '"mine"'))
        self.write("blocks.h", (SOURCE / "examples/blocks.h").read_text())
        (self.dir / "bin").mkdir()
        for name, words in (("vcpusim", [EXECUTABLE, *ALWAYS]), ("vcpusim-cc", [SOURCE / "vcpusim-cc"]),
                            ("jq", ["grep", "-F", "-e"])):  # which need not be installed
            quoted = " ".join(f'"{w}"' for w in words)
            self.write(f"bin/{name}", f'#!/bin/sh\nexec {quoted} "$@"\n').chmod(0o755)
        env = dict(os.environ, PATH=f"{self.dir}/bin:{os.environ['PATH']}")
        for example in examples:
            example = re.sub(r"\| jq .*", "| jq latency_ns", example)
            done = subprocess.run(["/bin/bash", "-o", "pipefail", "-c", example], cwd=self.dir, env=env,
                                  check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
            self.assertEqual((done.returncode, done.stderr), (0, b""), example)

    def test_operations_have_a_line_each(self):
        out = self.run_here("--module", BUILD / "examples/seqlock.so", "--list", "operations").out
        lines = [line.split(None, 1) for line in out.splitlines()]
        self.assertIn(["seqlock:read", "read two words under a sequence lock"], lines)
        self.assertIn("lookup", [name for name, _ in lines])
        for _, summary in lines:
            self.assertGreater(len(summary), 10)


if __name__ == "__main__":
    unittest.main()
