#!/usr/bin/python3
"""What leaving a rule of exactness out does: builds the engine and the memory system with one rule broken
after the other, runs each over random machines, and prints the table of docs/exactness.md. About three minutes.

    tests/engine/left_out.py
    tests/engine/left_out.py --seeds 40 "a request or notice"     those whose names have that in them
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
AGENTS = "min_ps(sat_add(e->tree.min[1], e->d.agent), vs_engine_end(e))"
WINDOWED, SEND, GRANT = "sim/engine/windowed.c", "sim/engine/send.c", "sim/hw/grant.c"
DIRECTORY, CACHE, ENGINE = "sim/hw/directory.c", "sim/hw/cache.c", "sim/engine/engine.h"

# rule, what is left out, and how: (file, what stands there, what else), or the window
LEFT_OUT = [
    ("–", "nothing", []),
    ("W", "window W + 1 ps", "w + 1"),
    ("W", "window 2 W", "2 * w"),
    ("1", "a loss may come before the grant it ends (no max with `free`)",
     [(GRANT, "ev->time = later(at + vs_leg(hw, vs_line_home(hw, line), from), l->free);",
       "ev->time = at + vs_leg(hw, vs_line_home(hw, line), from);")]),
    ("2", "agents' events handled as soon as known", [(WINDOWED, AGENTS, "vs_engine_end(e)")]),
    ("2", "bound T + a + 1 ns", [(WINDOWED, AGENTS, "sat_add(e->tree.min[1], e->d.agent + 1000)")]),
    ("2", "T not computed again after each event",
     [(WINDOWED, "	while (vs_heap_time(&e->agents) <\n	       " + AGENTS + ") {",
       "	vs_ps once = sat_add(e->tree.min[1], e->d.agent);\n	while (vs_heap_time(&e->agents) < once) {")]),
    ("3", "a core that waits has no pending",
     [(WINDOWED, "bool vs_windowed_step(", """static vs_ps of_running(struct vs_engine *e)
{
	vs_ps t = VS_PS_NEVER;

	for (uint32_t i = 0; i < e->o.n_cores; i++)
		if (e->cores[i].running && e->cores[i].pending < t)
			t = e->cores[i].pending;
	return t == VS_PS_NEVER ? e->tree.min[1] : t;
}
bool vs_windowed_step("""), (WINDOWED, AGENTS, "sat_add(of_running(e), e->d.agent)")]),
    ("4", "the earliest core ignores agents' events",
     [(WINDOWED, "alone = min_ps(second, agent);", "alone = second; (void)agent;")]),
    ("4", "a request or notice does not lower the horizon",
     [(SEND, "	lower_horizon(from, ev->time + min_ps(e->d.effect, e->d.window));\n", "")]),
    ("4", "a message does not lower it", [(SEND, "		lower_horizon(from, ev->time + e->d.window);", "		;")]),
    ("5", "grants ignore `last_loss`",
     [(GRANT, "return later(g, l->last_loss + hw->m.loss_delay_ps);", "return g;")]),
    ("5", "evictions are not in `last_loss`",
     [(DIRECTORY, "	if (ev->issue > l->last_loss)\n		l->last_loss = ev->issue;\n", "")]),
    ("6", "agents' events of equal time and class in order of insertion",
     [("sim/engine/private.h", """	if (a->line != b->line)
		return a->line < b->line;
	if (a->issue != b->issue)
		return a->issue < b->issue;
	if (a->core != b->core)
		return a->core < b->core;
""", ""), (SEND, "	ev->seq = from->seq++;\n	VS_ASSERT(ev->time >= ev->issue + e->d.agent);",
            "	ev->seq = e->agent_seq++;\n	VS_ASSERT(ev->time >= ev->issue + e->d.agent);")]),
    ("6", "losses before fills",
     [(ENGINE, "	VS_CLASS_FILL = 16,\n	VS_CLASS_DOWNGRADE,\n	VS_CLASS_INVALIDATION,",
       "	VS_CLASS_DOWNGRADE = 16,\n	VS_CLASS_INVALIDATION,\n	VS_CLASS_FILL,")]),
    ("6", "requests before notices",
     [(ENGINE, """	VS_CLASS_NOTICE,   /* evictions, frees: before anything that looks */
	VS_CLASS_DECISION, /* a contended line becomes free */
	VS_CLASS_REQUEST,""", "	VS_CLASS_REQUEST, VS_CLASS_DECISION, VS_CLASS_NOTICE,")]),
    ("7", "losses without tenure", [(CACHE, "l2[2 * hc->l2_ways] > tenure || ", "(tenure & 0) || ")]),
    ("7", "notices without tenure",
     [(DIRECTORY, "l->owner != hc->core->id + 1u || l->tenure != ev->a", "l->owner != hc->core->id + 1u")]),
    ("8", "the directory looks into caches",
     [(GRANT, "	return later(r->issue + hw->m.transfer_ps[d], loss + hw->m.hop_ps[d]);",
       "	return later(r->issue + hw->m.transfer_ps[d], loss + hw->m.hop_ps[d]) +\n"
       "	       (vs_cache_right(&hw->cores[from], line) == VS_OWNED ? 1000 : 0);")]),
    ("9", "a range's lines are held from different times",
     [(DIRECTORY, "vs_take_line(hw, r, x->line[i], x->write[i], g, &exclusive);",
       "vs_take_line(hw, r, x->line[i], x->write[i], now + hw->m.effect_delay_ps, &exclusive);")]),
    ("–", "run-ahead looks into slots of lines that are not held",
     [("sim/hw/runahead.c", "!vs_hw_line_of(hc, slot, WORD, &line) || !vs_cache_right(hc, line))",
       "!vs_hw_line_of(hc, slot, WORD, &line))")]),
    ("9", "a range may overtake prefetches of its lines",
     [("sim/hw/request.c", "	if (any_in_flight(hc, multi))\n		hc->demand_multi = multi;\n	else\n		ask_multi",
       "	ask_multi")]),
]


def changed(changes):
    """Their texts by name. A text that does not stand there exactly once: the tool must follow the engine."""
    texts = {}
    for name, old, new in changes:
        text = texts.get(name) or (ROOT / name).read_text()
        if text.count(old) != 1:
            sys.exit(f"left_out.py: {name}: found {text.count(old)} times, expected once: {old.strip()}")
        texts[name] = text.replace(old, new)
    return texts


def build(how, directory):
    changes, flags = (how, []) if isinstance(how, list) else ([], [f"-DWIDER=({how})"])
    for room in ("sim/engine", "sim/hw", "tests/engine"):
        (directory / room).mkdir(parents=True)
        for path in (ROOT / room).glob("*.[ch]"):
            (directory / room / path.name).write_text(path.read_text())
    for name, text in changed(changes).items():
        (directory / name).write_text(text)
    sources = [s for room in ("sim/engine", "sim/hw") for s in sorted((directory / room).glob("*.c"))
               if not s.name.startswith("tsan_")]
    sources += [directory / "tests/engine" / name for name in ("mix.c", "left_out.c")]
    program = directory / "left_out"
    subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu11", "-O2", "-w", "-DWITHOUT_SIMGRID", f"-I{directory}", f"-I{ROOT}/include",
                    *flags, *sources, "-o", program], check=True)
    return program


# What is never found: docs/exactness.md says why.
WHY_NOT = {"requests before notices": "any fixed order will do",
           "a range may overtake prefetches of its lines": "by a hand-made case only: tests/hw/test_prefetch.c"}


def found_by(name, result, windows, strict):
    if not result + windows + strict:
        return "" if name == "nothing" else WHY_NOT.get(name, "see below")
    if not result:
        return "asserts in windows" if not strict else (
            f"{strict} asserts in strict, {windows} in windows" if windows else "asserts, strict too")
    return f"{windows + strict} asserts, {result} result{'s' * (result > 1)}" if windows + strict else "results"


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("--seeds", type=int, default=200)
    args.add_argument("names", nargs="*", help="parts of names; none: all")
    a = args.parse_args()
    for _, _, how in LEFT_OUT:
        changed(how if isinstance(how, list) else [])
    print(f"| rule | left out by | broken of {a.seeds} | found by |\n|---|---|---|---|")
    for rule, name, how in LEFT_OUT:
        if a.names and not any(n in name for n in a.names):
            continue
        with tempfile.TemporaryDirectory() as directory:
            program = build(how, pathlib.Path(directory))
            out = subprocess.run([program, str(a.seeds)], check=True, stdout=subprocess.PIPE, text=True).stdout
        counts = [int(n) for n in out.split()]
        print(f"| {rule} | {name} | {sum(counts)} | {found_by(name, *counts)} |", flush=True)
        if name == "nothing" and sum(counts):
            sys.exit("left_out.py: broken with nothing left out")


if __name__ == "__main__":
    main()
