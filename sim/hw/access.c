/*
 * The access path. A hit in L1 touches one set of tags and the core's clock; everything else is
 * out of line.
 */
#include "sim/hw/private.h"

enum place { AT_LINE, AT_OWN_STACK, AT_FREE };

static void check_order(struct vs_hw_core *hc, uint32_t line, bool write)
{
	struct vs_paranoid *p = &hc->hw->paranoid[line];
	vs_ps t = hc->core->clock;
	uint16_t me = hc->core->id + 1;

	if (p->writer && p->writer != me)
		VS_ASSERT(t > p->write_at);
	if (write && p->reader && p->reader != me)
		VS_ASSERT(t > p->read_at);
	if (write) {
		p->writer = me;
		p->write_at = t;
	} else if (t >= p->read_at) {
		p->reader = p->reader && p->reader != me && t == p->read_at ? UINT16_MAX : me;
		p->read_at = t;
	}
}

static void executed(struct vs_hw_core *hc, uint32_t line, bool write)
{
	hc->core->last_step = hc->core->clock;
	if (VS_UNLIKELY(hc->paranoid))
		check_order(hc, line, write);
}

static void after(struct vs_hw_core *hc, vs_ps ps, enum vs_cause cause)
{
	hc->core->clock += ps;
	vs_book(hc, ps, cause);
}

/* Where all of [addr, addr + size) is. */
static enum place find_line(struct vs_hw_core *hc, uintptr_t addr, size_t size, uint32_t *line)
{
	struct vs_hw *hw = hc->hw;
	uintptr_t lo, hi;

	if (!hw->pricing)
		return AT_FREE;
	if (addr - hw->arena < VS_ARENA_BYTES && size <= VS_ARENA_BYTES - (addr - hw->arena)) {
		*line = (addr - hw->arena) >> VS_LINE_SHIFT;
		return AT_LINE;
	}
	vs_ctx_stack(vs_ctx_now, &lo, &hi);
	if (addr >= lo && addr < hi && size <= hi - addr)
		return AT_OWN_STACK;
	for (uint32_t i = 0; i < hw->n_regions; i++) {
		const struct vs_region *g = &hw->region[i];

		if (addr - g->start < g->bytes && size <= g->bytes - (addr - g->start)) {
			*line = g->first_line +
				((addr - (g->start & ~(uintptr_t)63)) >> VS_LINE_SHIFT);
			return AT_LINE;
		}
	}
	return AT_FREE;
}

bool vs_hw_line_of(struct vs_hw_core *hc, uintptr_t addr, size_t size, uint32_t *line)
{
	return find_line(hc, addr, size, line) == AT_LINE;
}

static enum place find_or_refuse(struct vs_hw_core *hc, uintptr_t addr, size_t size, unsigned kind,
				 uintptr_t pc, uint32_t *line)
{
	enum place p = find_line(hc, addr, size, line);

	if (p == AT_FREE && hc->hw->pricing && hc->hw->refuse_fn)
		hc->hw->refuse_fn(hc->core, addr, size, kind, pc,
				  vs_ctx_of_address(hc->hw->engine, addr)
					  ? "another thread's stack"
					  : "memory that is neither the arena nor a module's");
	VS_ASSERT(p != AT_FREE || !hc->hw->pricing);
	return p;
}

/* Computing up to the access; whatever is due on this core happens first. */
static struct vs_hw_core *issue(struct vs_hw_core *hc, uintptr_t pc)
{
	struct vs_core *c = hc->core;

	after(hc, hc->issue_ps, VS_CAUSE_COMPUTE);
	if (c->clock >= c->limit) {
		vs_ctx_stands_at(pc);
		vs_core_sync();
		hc = vs_hwc(vs_core_now);
	}
	return hc;
}

/* Not in L1 with the right that is needed. The core has been synchronised. */
static void beyond_l1(struct vs_hw_core *hc, uint32_t line, uintptr_t addr, unsigned kind,
		      uintptr_t pc)
{
	bool write = kind & VS_WRITE, atomic = kind & VS_ATOMIC;
	uint32_t *l2 = vs_l2_find(hc, line);

	if (l2 && (*l2 & VS_RIGHT_MASK) >= (write ? VS_OWNED : VS_SHARED)) {
		bool first_use = *l2 & VS_PREFETCHED;

		*l2 &= ~VS_PREFETCHED;
		l2[hc->l2_ways] = ++hc->stamp;
		vs_l1_insert(hc, line, *l2 & VS_RIGHT_MASK);
		hc->stats.l2_hits++;
		executed(hc, line, write);
		if (first_use) {
			vs_prefetch_train(hc, line, true);
			if (!write)
				vs_run_ahead(hc, addr, line);
		}
		after(hc, hc->hw->m.l2_ps, VS_CAUSE_CACHE);
		return;
	}
	if (!write)
		vs_run_ahead(hc, addr, line);
	vs_req_stall(hc, line, write, atomic, addr, pc);
	executed(hc, line, write);
}

static void watch_access(struct vs_hw_core *hc, uintptr_t addr, size_t size, unsigned kind,
			 uintptr_t pc)
{
	if (hc->hw->watch_fn)
		hc->hw->watch_fn(hc->core, addr, size, kind, pc);
}

/* A scalar inside one line. */
static inline void access_line(struct vs_hw_core *hc, uint32_t line, uintptr_t addr, size_t size,
			       unsigned kind, uintptr_t pc)
{
	bool write = kind & VS_WRITE;

	hc = issue(hc, pc);
	hc->recent[hc->accesses++ % VS_RECENT] = addr;
	hc->writes += write;
	if (VS_UNLIKELY(hc->watch[line]))
		watch_access(hc, addr, size, kind, pc);
	uint32_t *l1 = vs_way_of(vs_l1_set(hc, line), hc->l1_ways, line);

	if (VS_LIKELY(l1 && (*l1 & VS_RIGHT_MASK) > write)) {
		l1[hc->l1_ways] = ++hc->stamp;
		hc->l1_hits++;
		executed(hc, line, write);
		after(hc, hc->l1_ps, VS_CAUSE_CACHE);
	} else {
		beyond_l1(hc, line, addr, kind, pc);
	}
	if (kind & VS_ATOMIC) {
		after(hc, hc->hw->m.atomic_ps, VS_CAUSE_COMPUTE);
		hc->barrier = hc->accesses;
	}
}

/* Not inside one line of the arena. */
static __attribute__((noinline, cold)) void access_odd(struct vs_hw_core *hc, uintptr_t addr,
						       size_t size, unsigned kind, uintptr_t pc)
{
	uint32_t line;

	if (!hc->hw->pricing)
		return;
	if (find_or_refuse(hc, addr, size, kind, pc, &line) == AT_OWN_STACK) {
		issue(hc, pc);
		return;
	}
	if ((addr & 63) + size <= 64) {
		access_line(hc, line, addr, size, kind, pc);
		return;
	}
	vs_access_range(kind & VS_WRITE ? addr : 0, kind & VS_WRITE ? 0 : addr, size, kind, pc);
	if (kind & VS_ATOMIC)
		after(vs_hwc(vs_core_now), hc->hw->m.atomic_ps, VS_CAUSE_COMPUTE);
}

void vs_access(uintptr_t addr, size_t size, unsigned kind, uintptr_t pc)
{
	struct vs_core *c = vs_core_now;

	if (VS_UNLIKELY(!c))
		return;
	struct vs_hw_core *hc = c->hw;
	uint64_t offset = addr - hc->base;

	if (VS_UNLIKELY(offset >= hc->size || (offset & 63) + size > 64))
		access_odd(hc, addr, size, kind, pc);
	else
		access_line(hc, offset >> VS_LINE_SHIFT, addr, size, kind, pc);
}

static bool add_lines(struct vs_hw_core *hc, struct vs_multi *x, uintptr_t addr, size_t bytes,
		      bool write, unsigned kind, uintptr_t pc)
{
	uint32_t first;
	bool missing = false;

	if (!addr || find_or_refuse(hc, addr, bytes, kind, pc, &first) != AT_LINE)
		return false;
	uint32_t n = ((addr & 63) + bytes + 63) / 64, end = x->n;

	for (uint32_t line = first; line < first + n; line++) {
		uint32_t at = 0;

		if (VS_UNLIKELY(hc->watch[line]))
			watch_access(hc, addr, bytes, kind, pc);
		while (at < end && x->line[at] != line)
			at++;
		if (at == end || !end) {
			VS_ASSERT(x->n < VS_MULTI_LINES);
			at = x->n++;
			x->line[at] = line;
			x->write[at] = false;
		}
		x->write[at] |= write;
		missing |= vs_cache_right(hc, line) <= write;
	}
	return missing;
}

/* A line of a range, held with the right that is needed: used and paid as by any access. */
static vs_ps use_held(struct vs_hw_core *hc, uint32_t line)
{
	uint32_t *at = vs_way_of(vs_l1_set(hc, line), hc->l1_ways, line);

	if (at) {
		at[hc->l1_ways] = ++hc->stamp;
		return hc->l1_ps;
	}
	at = vs_l2_find(hc, line);
	*at &= ~VS_PREFETCHED;
	at[hc->l2_ways] = ++hc->stamp;
	vs_l1_insert(hc, line, *at & VS_RIGHT_MASK);
	return hc->hw->m.l2_ps;
}

/* One transaction: lines of both ranges, in address order inside each. */
static void access_piece(uintptr_t dst, uintptr_t src, size_t bytes, unsigned kind, uintptr_t pc)
{
	struct vs_hw_core *hc = issue(vs_hwc(vs_core_now), pc);
	struct vs_multi *x = vs_multi_new(hc->hw);
	bool missing = add_lines(hc, x, dst, bytes, true, kind, pc);

	missing |= add_lines(hc, x, src, bytes, false, kind, pc);
	uint32_t n = x->n;

	hc->accesses++;
	hc->writes += dst != 0;
	if (missing) {
		struct vs_multi seen = *x; /* the request's own copy goes with it */

		vs_req_stall_multi(hc, x, dst ? dst : src, pc);
		for (uint32_t i = 0; i < n; i++)
			executed(hc, seen.line[i], seen.write[i]);
		return;
	}
	vs_ps price = 0;

	for (uint32_t i = 0; i < n; i++) {
		executed(hc, x->line[i], x->write[i]);
		price += use_held(hc, x->line[i]);
	}
	if (price == n * hc->l1_ps)
		hc->l1_hits++;
	else
		hc->stats.l2_hits++;
	after(hc, price, VS_CAUSE_CACHE);
	x->next = hc->hw->free_multis;
	hc->hw->free_multis = x;
}

void vs_access_range(uintptr_t dst, uintptr_t src, size_t bytes, unsigned kind, uintptr_t pc)
{
	if (!vs_core_now || !vs_hwc(vs_core_now)->hw->pricing || !bytes)
		return;
	for (size_t done = 0; done < bytes;) {
		size_t piece = bytes - done < 4096 ? bytes - done : 4096;

		access_piece(dst ? dst + done : 0, src ? src + done : 0, piece, kind, pc);
		done += piece;
	}
}

void vs_access_fence(int memory_order, uintptr_t pc)
{
	struct vs_core *c = vs_core_now;

	(void)pc;
	if (!c || memory_order != __ATOMIC_SEQ_CST)
		return;
	vs_hw_charge(c, vs_hwc(c)->hw->m.fence_ps, VS_CAUSE_COMPUTE);
	vs_hwc(c)->barrier = vs_hwc(c)->accesses;
}

/*
 * cpu_relax: a spin whose last turn only hit, wrote nothing, was not disturbed and took as long as
 * the one before can find nothing new until something happens to this core; then it looks again
 * at the beginning of the next turn.
 */
void vs_hw_relax(uintptr_t pc)
{
	if (!vs_core_now || !vs_hwc(vs_core_now)->hw->pricing)
		return;
	after(vs_hwc(vs_core_now), vs_hwc(vs_core_now)->issue_ps, VS_CAUSE_COMPUTE);
	vs_ctx_stands_at(pc);
	vs_core_sync();
	struct vs_core *c = vs_core_now;
	struct vs_hw_core *hc = vs_hwc(c);
	struct vs_relax *x = &hc->relax;
	struct vs_relax now = {.ctx = vs_ctx_now,
			       .period = c->clock - x->clock,
			       .turn = hc->accesses - x->accesses,
			       .accesses = hc->accesses,
			       .l1_hits = hc->l1_hits,
			       .writes = hc->writes};

	if (now.turn && now.turn == now.l1_hits - x->l1_hits && now.writes == x->writes &&
	    c->n_local == x->events && now.period == x->period && now.turn == x->turn &&
	    now.ctx == x->ctx) {
		vs_ps from = c->clock;

		c->spin_period = now.period;
		c->running = false;
		vs_ctx_stands_at(pc);
		vs_core_park();
		VS_ASSERT(vs_core_now == c);
		vs_book(hc, c->clock - from, VS_CAUSE_LOCK);
	}
	now.clock = c->clock;
	now.events = c->n_local;
	*x = now;
}
