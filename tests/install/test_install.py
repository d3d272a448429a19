"""An installation works from any folder, and so does one that was moved; the man pages say what --help
says."""

import json
import os
import re
import shutil
import subprocess
import unittest

from cli import ALWAYS, BUILD, EXECUTABLE, SMOKE, SOURCE, Case, vcpusim

SHARE = "share/vcpusim"


def run(*words, **how):
    done = subprocess.run([str(w) for w in words], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=600, **how)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Installed(Case):
    def setUp(self):
        super().setUp()
        first = self.dir / "first"
        status, out, err = run(os.environ["VCPUSIM_CMAKE"], "--install", BUILD, "--prefix", first)
        self.assertEqual(status, 0, out + err)
        self.prefix = self.dir / "a prefix"  # moved, and with a blank
        first.rename(self.prefix)
        self.elsewhere = self.dir / "elsewhere"
        self.elsewhere.mkdir()

    def well(self, program, *args):
        always = ALWAYS if program == "vcpusim" else []
        status, out, err = run(self.prefix / "bin" / program, *always, *args, cwd=self.elsewhere)
        self.assertEqual((status, err), (0, ""), f"{program} {args}\n{out}")
        return out

    def test_smoke_gives_the_same_bytes_as_the_tree(self):
        installed = self.well("vcpusim", "-o", "smoke.json", "-q", self.prefix / SHARE / "scenarios/smoke.json")
        self.assertEqual(installed, "")
        tree = vcpusim("-o", "-", "-q", SMOKE)
        self.assertEqual((self.elsewhere / "smoke.json").read_text(), tree.out)

    def test_lists_are_those_of_the_tree(self):
        for what in "tables", "machines", "operations":
            self.assertEqual(self.well("vcpusim", "--list", what), vcpusim("--list", what).out)

    def test_a_table_built_with_it_is_the_same_program(self):
        """As one built in the tree: module hashes in results do not tell where a module was built."""
        shutil.copytree(self.prefix / SHARE / "examples", self.elsewhere / "mine")
        self.well("vcpusim-cc", "-o", "mine/blocks.so", "mine/blocks.c")
        self.assertIn("blocks", self.well("vcpusim", "mine/blocks.json"))
        run(SOURCE / "vcpusim-cc", "-o", "mine/blocks.so", "mine/blocks.c", cwd=self.elsewhere)
        self.well("vcpusim", "-o", "tree.json", "mine/blocks.json")
        texts = [(self.elsewhere / f).read_text() for f in ("results/blocks.json", "tree.json")]
        self.assertEqual(*texts)

    def test_operations_built_with_it(self):
        shutil.copytree(self.prefix / SHARE / "examples", self.elsewhere / "mine")
        self.well("vcpusim-cc", "-o", "mine/counter.so", "mine/counter.c", "mine/counter-module.c")
        self.well("vcpusim", "mine/counter.json")
        self.well("vcpusim-cc", "--cc=clang", "-o", "mine/seqlock.so", "mine/seqlock.c")
        self.well("vcpusim", "mine/seqlock.json")

    def test_pkg_config_names_folders_that_are_there(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.prefix / "share/pkgconfig"))
        for name, below in (("includedir", "vcpusim/module.h"), ("datadir", "models/callsites/module.h"),
                            ("modulesdir", "fixed.so"), ("cc", "")):
            status, out, err = run("pkg-config", f"--variable={name}", "vcpusim", env=env)
            self.assertEqual(status, 0, err)
            # pkg-config escapes blanks
            path = out.strip().replace("\\ ", " ")
            self.assertTrue(os.path.exists(os.path.join(path, below) if below else path), path)
        status, out, err = run("pkg-config", "--cflags", "vcpusim", env=env)
        self.assertRegex(out, r"-I.*include/vcpusim.* -I.*share/vcpusim")

    def test_nothing_is_installed_that_is_not_meant_to_be(self):
        files = [str(p.relative_to(self.prefix)) for p in self.prefix.rglob("*") if p.is_file()]
        for file in files:
            self.assertRegex(file, r"^(bin/vcpusim(-cc)?|lib/vcpusim/modules/[^/]+\.so|"
                                   r"include/vcpusim/(linux|vcpusim)/[^/]+\.h|"
                                   r"share/man/man1/vcpusim(-cc)?\.1|share/pkgconfig/vcpusim\.pc|"
                                   r"share/vcpusim/(examples|models|sim|scenarios|machines)/.*)$")
        schemas = {f"{SHARE}/scenarios/schema/{k}.schema.json" for k in ("machine", "scenario", "result")}
        self.assertLessEqual(schemas, set(files))
        for text in json.dumps(files), (self.prefix / "bin/vcpusim-cc").read_text():
            self.assertNotIn(str(SOURCE), text)


NO_MAN = "man is not installed: ./bootstrap.sh --test does it"


def options_of_help(text):
    return set(re.findall(r"^(?:  -\w, |      )(--[a-z-]+)(?= |$)", text, re.M))


class Manual(unittest.TestCase):
    def page(self, name):
        status, out, err = run("man", "--warnings", "-E", "UTF-8", "-l", SOURCE / f"docs/man/{name}.1",
                               env=dict(os.environ, MANWIDTH="100", LC_ALL="C.UTF-8", MAN_KEEP_FORMATTING=""))
        self.assertEqual((status, err), (0, ""))
        return re.sub(".\b", "", out).replace("\u2010", "-")

    @unittest.skipUnless(shutil.which("man"), NO_MAN)
    def test_it_has_the_options_of_help_and_no_others(self):
        told = run(EXECUTABLE, "--help")[1]
        page = self.page("vcpusim")
        self.assertGreater(len(options_of_help(told)), 15)
        listed = set(re.findall(r"^       (?:-\w, )?(--[a-z-]+)", page, re.M))
        self.assertEqual(listed, options_of_help(told))
        for status in re.findall(r"(\d+) (?:all well|a check|bad usage|a run|interrupted)", told):
            self.assertRegex(page, rf"(?m)^       {status} ")

    @unittest.skipUnless(shutil.which("man"), NO_MAN)
    def test_the_wrapper_too(self):
        told = run(SOURCE / "vcpusim-cc", "--help")[1]
        page = self.page("vcpusim-cc")
        for option in "--cc=", "-c", "-o", "-D", "-include", "VCPUSIM_CC":
            self.assertIn(option, told)
            self.assertIn(option, page)


if __name__ == "__main__":
    unittest.main()
