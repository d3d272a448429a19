"""What the command line's tests share. Run by ctest with the environment that CMakeLists.txt sets:
VCPUSIM (executable), VCPUSIM_SOURCE and VCPUSIM_BUILD (folders), VCPUSIM_SANITIZED (1 or empty)."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["VCPUSIM_SOURCE"])
BUILD = pathlib.Path(os.environ["VCPUSIM_BUILD"])
EXECUTABLE = pathlib.Path(os.environ["VCPUSIM"])
SANITIZED = bool(os.environ.get("VCPUSIM_SANITIZED"))
SMOKE = SOURCE / "scenarios/smoke.json"
HERE = SOURCE / "tests/cli"
QUICK = HERE / "quick.json"
PLANTED = BUILD / "tests/cli/modules"
BROKEN = BUILD / "tests/broken"
TIMEOUT_S = 600

# The address sanitizer cannot follow SimGrid's stacks.
ALWAYS = ["--bare"] if SANITIZED else []


class Ended:
    """How a run of vcpusim ended: status, out and err as text."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = (done.stdout or b"").decode(errors="replace")
        self.err = (done.stderr or b"").decode(errors="replace")


def command(*args, executable=EXECUTABLE):
    return [str(executable), *ALWAYS, *map(str, args)]


def vcpusim(*args, before=(), executable=EXECUTABLE, **how):
    words = [*before, *command(*args, executable=executable)]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": TIMEOUT_S, **how}
    return Ended(subprocess.run(words, check=False, **how))


class Case(unittest.TestCase):
    """A test in an empty folder of its own, which is the working directory."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="vcpusim-cli-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def run_here(self, *args, **how):
        return vcpusim(*args, cwd=self.dir, **how)

    def ends(self, done, status):
        self.assertEqual(done.status, status, f"{done.out}\n{done.err}")

    def read(self, path):
        return json.loads((self.dir / path).read_text())

    def write(self, name, content):
        path = self.dir / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def is_empty(self):
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), [])


def stat_of(pid):
    """The fields after the name of a process that lives, and is not a zombie; else None."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2:].split()
    return fields if fields[0] not in "ZX" else None


def parent_of(pid):
    fields = stat_of(pid)
    return fields and int(fields[1])


def processor_s(pid):
    fields = stat_of(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0


def children_of(pid):
    every = [int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()]
    return {p for p in every if parent_of(p) == pid}


def start(*args, cwd):
    return subprocess.Popen(command(*args), cwd=cwd, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True)


def end(process, sig=signal.SIGKILL):
    if process.poll() is None:
        process.send_signal(sig)
    out, err = process.communicate(timeout=TIMEOUT_S)
    return out.decode(), err.decode()
