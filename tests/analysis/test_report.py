"""The report: what it says, and what a browser makes of it (label browser)."""

import html.parser
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from sample import TIMEOUT_S, Case, changed, operation, real_result, result, run
from test_programs import SMALL

CHROMIUM = shutil.which("chromium", path="/usr/bin")
SKIPPED = 77

# Runs in the page: every check writes a line; the test reads them from the page's attribute.
ERRORS = """<script>const said = [];
addEventListener("error", e => said.push("error " + e.message));
addEventListener("securitypolicyviolation", e => said.push("error " + e.blockedURI));
console.error = console.warn = (...words) => said.push("error " + words.join(" "));</script>"""
CHECKS = """<script>addEventListener("load", () => {
for (const svg of document.querySelectorAll("svg[role=img]")) {
  const box = svg.getBoundingClientRect(), label = svg.getAttribute("aria-labelledby").split(" ");
  const drawn = [...svg.querySelectorAll("path, use")].filter(p => p.getBoundingClientRect().width > 0);
  said.push(`plot ${Math.round(box.width)} ${Math.round(box.height)} ${drawn.length} ` +
            label.map(id => document.getElementById(id).textContent.length).join(" "));
}
const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
said.push("twice " + (ids.length - new Set(ids).size));
said.push("dangling " + [...document.querySelectorAll("use")].filter(u =>
  !document.getElementById(u.getAttribute("xlink:href").slice(1))).length);
said.push("outside " + performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:"))
  .length);
said.push("wide " + (document.documentElement.scrollWidth - innerWidth));
const table = [...document.querySelectorAll("table.sort")].find(t => /all replications/.test(t.caption
  .textContent)), heads = [...table.querySelectorAll("th")];
const names = () => [...table.tBodies[0].rows].map(r => r.cells[0].textContent).join(" ");
const n = heads.findIndex(th => th.textContent === "mean");
heads[n].firstChild.click(); said.push("up " + names() + " " + heads[n].getAttribute("aria-sort"));
heads[n].firstChild.click(); said.push("down " + names() + " " + heads[n].getAttribute("aria-sort"));
heads[0].firstChild.click(); said.push("names " + names() + " " + heads[n].getAttribute("aria-sort"));
const p99 = heads.findIndex(th => th.textContent === "p99");
heads[p99].firstChild.click(); heads[p99].firstChild.click(); said.push("unknown " + names());
document.body.style.color = "rgb(1, 2, 3)";
said.push("ink " + getComputedStyle(document.querySelector("svg text")).fill);
document.documentElement.dataset.said = said.join("|");
});</script>"""


class Balanced(html.parser.HTMLParser):
    """Elements that are opened and not closed, or closed and not opened"""

    EMPTY = {"meta", "link", "br", "hr", "img"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text.append(data)


class Says(Case):
    def report(self, *documents):
        paths = [self.write(f"{n}.json", d) for n, d in enumerate(documents)]
        out = self.works("report.py", *paths, "-o", "r.html")
        self.html = (self.dir / "r.html").read_text()
        parsed = Balanced()
        parsed.feed(self.html)
        self.assertEqual((parsed.wrong, parsed.open), ([], []))
        self.text = re.sub(r"\s+", " ", " ".join(parsed.text))
        return out

    def test_everything_is_there(self):
        # c - b is 30 ps +- 24.84, a - b 20 +- 24.84: b is lowest, but not shown to be lower than a.
        out = self.report(SMALL)
        self.assertIn("hotplug: no winner. b has the lowest mean, 0.0900 ns", out)
        for part in ("what do tables made by hand cost?", "hotplug: no winner", "4 times",
                     "1 control thread", "a machine of round numbers", "1 of the machine's 2 numbers are "
                     "assumed", "nobody knows", "a book", "vcpusim 0.1.0", "seed 1", "00ff",
                     "./vcpusim by-hand.json", "Hot lines", "kvm", "no check found anything"):
            self.assertIn(part, self.text)
        self.assertNotIn("http://", re.sub(r'xmlns(:\w+)?="[^"]*"', "", self.html))
        self.assertNotIn("https://", self.html)

    def test_one_replication_has_no_interval(self):
        alone = result(run("a", 0, {"hotplug": operation([100] * 10)}),
                       run("b", 0, {"hotplug": operation([200] * 10)}))
        self.assertIn("hotplug: no winner. a has the lowest mean, 0.100 ns, but there is one replication "
                      "only.", self.report(alone))
        self.assertIn("but a 95 % interval of the paired differences includes zero.", self.report(SMALL))

    def test_a_winner_with_its_interval(self):
        # b - a: 100, 110, 90 ps, so 100 +- 24.84; c - a: 200, 210, 190
        runs = [run(t, i, {"hotplug": operation([v] * 10)}) for t, vs in
                (("c", (250, 250, 240)), ("b", (150, 150, 140)), ("a", (50, 40, 50)))
                for i, v in enumerate(vs)]
        out = self.report(result(*runs, tables=("c", "b", "a")))
        self.assertIn("hotplug: a is fastest on the mean, 0.0467 ns. b, the next, takes 0.100 ns "
                      "(0.0752 ns to 0.125 ns) longer.", out)

    def test_what_went_wrong(self):
        bad = run("a", 0, {}, status="check_failed", violations=[
            {"check": "use-after-free", "message": "<walk> of vCPU 3", "first_ns": 5000, "count": 2}])
        self.report(changed(result(bad, run("b", 0, {}, status="deadlock", message="a circle")),
                            "/partial", True))
        for part in ("Interrupted", "Not all is well", "use-after-free, 2 times", "first at 5.00 us: "
                     "<walk> of vCPU 3", "deadlock", "a circle", "No run came to its end"):
            self.assertIn(part, self.text)

    def test_overload(self):
        streams = [{"stream": "calm", "late": 9, "utilisation": 1}, {"stream": "gale", "late": 9, "utilisation": 2.8249},
                   {"stream": "none", "late": 0, "utilisation": None}]
        self.report(changed(SMALL, "/runs/0/open_streams", streams))
        self.assertIn("gale asks for 2.82 times", self.text)
        self.assertNotIn("calm", self.text)

    def test_several_results(self):
        more = changed(SMALL, "/scenario/vm/max_vcpus", 32)
        self.report(more, SMALL)
        self.assertIn("Along /vm/max_vcpus", self.text)
        self.assertIn("Memory of the tables at their peak", self.text)
        self.assertLess(self.text.index("by-hand, /vm/max_vcpus = 16"),
                        self.text.index("by-hand, /vm/max_vcpus = 32"))
        self.report(SMALL, more, more)  # the same number twice is nothing to go along
        self.assertNotIn("Along", self.text)
        self.report(SMALL, changed(SMALL, "/scenario/machine", "toy-5"))  # nothing to go along
        self.assertNotIn("Along", self.text)

    def test_refused(self):
        self.refused("report.py", self.write("r.json", SMALL), says="required: -o")


@unittest.skipUnless(CHROMIUM, "chromium is not installed: ./bootstrap.sh --test does it")
class Browser(Case):
    def open(self, path, width):
        page = pathlib.Path(path).read_text()
        page = page.replace("<head>", "<head>" + ERRORS, 1).replace("</body>", CHECKS + "</body>", 1)
        opened = self.write("opened.html", page)
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={self.dir}/profile", f"--window-size={width},3000",
             "--virtual-time-budget=5000", "--dump-dom", f"file://{opened}"],
            capture_output=True, timeout=TIMEOUT_S, check=True)
        said = re.search(r'data-said="([^"]*)"', done.stdout.decode())
        self.assertTrue(said, done.stderr.decode())
        return [line.partition(" ")[::2] for line in said.group(1).split("|")]

    def check(self, said, plots):
        facts = dict(said)
        self.assertNotIn("error", facts)
        boxes = [list(map(int, rest.split())) for what, rest in said if what == "plot"]
        self.assertEqual(len(boxes), plots)
        for width, height, drawn, title, description in boxes:
            self.assertGreater(width, 200)
            self.assertGreater(height, 100)
            self.assertGreater(drawn, 10)
            self.assertGreater(title, 10)
            self.assertGreater(description, 10)
        for what in "twice", "dangling", "outside":
            self.assertEqual(facts[what], "0", what)
        self.assertEqual(facts["ink"], "rgb(1, 2, 3)")
        self.assertLessEqual(int(facts["wide"]), 0)
        return facts

    def test_small(self):
        self.works("report.py", self.write("r.json", SMALL), "-o", "r.html")
        for width in 390, 1280:
            facts = self.check(self.open(self.dir / "r.html", width), plots=3)
            # means: a 110, b 90, c 120 ps; only c has a p99, so it is first either way
            self.assertEqual(facts["up"], "b a c ascending")
            self.assertEqual(facts["down"], "c a b descending")
            self.assertEqual(facts["names"], "a b c null")
            self.assertEqual(facts["unknown"].split()[0], "c")

    def test_a_real_result(self):
        self.works("report.py", real_result(self.dir), "-o", "r.html")
        self.check(self.open(self.dir / "r.html", 390), plots=11)  # 5 operations: latency, breakdown; hot lines


if __name__ == "__main__":
    if "Browser" in sys.argv and not CHROMIUM:
        print("skipped: chromium is not installed; ./bootstrap.sh --test does it")
        sys.exit(SKIPPED)
    unittest.main()
