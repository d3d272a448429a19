/*
 * Looking for a CPU: one that was idle, or one with threads waiting, nearest first. Others are seen
 * as of own time less the machine's window (docs/exactness.md, rule 10).
 *
 * Maps keep this from asking everybody. A CPU enters a map when it becomes idle (or threads begin
 * to wait) and is taken out by who finds that it has not been for so long that no time can be asked
 * for any more at which it was. Who is in the map depends on how the run is handled, what is found
 * does not: everyone in it is asked for its history.
 */
#include "sim/host/private.h"

uint32_t vs_map_words(const struct vs_host *h)
{
	return (h->n_cpus + 63) / 64;
}

/* CPUs that a level's domain has. */
uint32_t vs_place_span(const struct vs_host *h, uint32_t level)
{
	const struct vs_machine *m = h->m;

	if (level == 0)
		return m->cores_per_l3;
	return level == 1 ? m->cores_per_l3 * m->l3_per_socket : vs_machine_cores(m);
}

/* The first CPU of the map in [from, to), else `to`. */
static uint32_t next_in(const uint64_t *map, uint32_t from, uint32_t to)
{
	while (from < to) {
		uint64_t word = map[from / 64] >> from % 64;

		if (word) {
			uint32_t found = from + (uint32_t)__builtin_ctzll(word);

			return found < to ? found : to;
		}
		from = (from / 64 + 1) * 64;
	}
	return to;
}

static void enter(uint64_t *map, uint32_t cpu)
{
	map[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

/* Takes a CPU out whose last stamp, one that does not belong into the map, is so old. */
static void leave_if_over(uint64_t *map, uint32_t cpu, const struct vs_history *of, vs_ps floor)
{
	if (of->stamp[of->n - 1].at <= floor)
		map[cpu / 64] &= ~(UINT64_C(1) << cpu % 64);
}

/* A walk over the CPUs of a map in a domain, from the one after `self` on and round. */
struct walk {
	uint64_t *map;
	uint32_t self, lo, hi, at;
	bool wrapped;
};

static struct walk walk_domain(const struct vs_cpu *cpu, uint64_t *map, uint32_t level)
{
	uint32_t span = vs_place_span(cpu->host, level), lo = cpu->id / span * span;
	uint32_t hi = lo + span < cpu->host->n_cpus ? lo + span : cpu->host->n_cpus;

	return (struct walk){.map = map, .self = cpu->id, .lo = lo, .hi = hi, .at = cpu->id + 1};
}

/* The next of them; VS_CPU_NONE: no more. */
static uint32_t step(struct walk *w)
{
	if (!w->wrapped) {
		uint32_t found = next_in(w->map, w->at, w->hi);

		if (found < w->hi) {
			w->at = found + 1;
			return found;
		}
		w->wrapped = true;
		w->at = w->lo;
	}
	uint32_t found = next_in(w->map, w->at, w->self);

	w->at = found + 1;
	return found < w->self ? found : VS_CPU_NONE;
}

void vs_place_idle(struct vs_cpu *cpu)
{
	enter(cpu->host->maybe_idle, cpu->id);
}

static uint32_t idle_in(const struct vs_cpu *cpu, const struct vs_task *t, uint32_t level,
			vs_ps as_of, vs_ps floor)
{
	const struct vs_host *h = cpu->host;
	struct walk w = walk_domain(cpu, h->maybe_idle, level);

	for (uint32_t i = step(&w); i != VS_CPU_NONE; i = step(&w)) {
		const struct vs_history *idle = &h->cpus[i].idle;

		if (!(idle->stamp[idle->n - 1].value & 1))
			leave_if_over(w.map, i, idle, floor);
		if ((vs_history_get(idle, as_of)->value & 1) && (!t || vs_may_run_on(t, i)))
			return i;
	}
	return VS_CPU_NONE;
}

/* A CPU that was idle, in the L3 domain, the socket, the machine; if t is given, one for it. */
uint32_t vs_place_find_idle(const struct vs_cpu *cpu, const struct vs_task *t, vs_ps seen)
{
	const struct vs_host *h = cpu->host;
	vs_ps as_of = vs_before(seen, h->window), floor = vs_before(seen, h->keep);
	uint32_t found = VS_CPU_NONE;

	for (uint32_t level = 0; level < VS_LEVELS && found == VS_CPU_NONE; level++)
		found = idle_in(cpu, t, level, as_of, floor);
	return found;
}

void vs_place_waiting(struct vs_cpu *cpu)
{
	enter(cpu->host->maybe_waiting, cpu->id);
}

/* Who in that domain had most threads waiting, at least so many. */
uint32_t vs_place_find_waiting(const struct vs_cpu *cpu, uint32_t level, uint64_t least, vs_ps seen)
{
	const struct vs_host *h = cpu->host;
	vs_ps as_of = vs_before(seen, h->window), floor = vs_before(seen, h->keep);
	struct walk w = walk_domain(cpu, h->maybe_waiting, level);
	uint32_t best = VS_CPU_NONE;

	for (uint32_t i = step(&w); i != VS_CPU_NONE; i = step(&w)) {
		const struct vs_history *waiting = &h->cpus[i].waiting;
		uint64_t n = vs_history_get(waiting, as_of)->value;

		if (!waiting->stamp[waiting->n - 1].value)
			leave_if_over(w.map, i, waiting, floor);
		if (n >= least) {
			best = i;
			least = n + 1;
		}
	}
	return best;
}
