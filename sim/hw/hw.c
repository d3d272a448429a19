/* Making the memory system of a machine, and what the host asks of it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "sim/hw/private.h"

void vs_hw_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "vcpusim: internal error at %s:%d: %s", file, line, what);
	if (vs_core_now)
		fprintf(stderr, " (CPU %u at %llu ps)", vs_core_now->id,
			(unsigned long long)vs_core_now->clock);
	fputc('\n', stderr);
	abort();
}

void *vs_hw_reserve(size_t bytes, void *hint)
{
	void *p = mmap(hint, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	VS_ASSERT(p != MAP_FAILED);
	return p;
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	VS_ASSERT(p);
	return p;
}

static uint32_t sets_of(const struct vs_cache_geometry *g)
{
	return g->size_bytes / 64 / g->ways;
}

static size_t l1_bytes(const struct vs_machine *m)
{
	return m->l1d.size_bytes / 64 * 2 * sizeof(uint32_t);
}

static size_t l2_bytes(const struct vs_machine *m)
{
	return m->l2.size_bytes / 64 * 3 * sizeof(uint32_t);
}

/* All cores' L1 and L2 in one piece, as large pages take it. */
static size_t caches_bytes(const struct vs_hw *hw)
{
	return hw->n_cores * (l1_bytes(&hw->m) + l2_bytes(&hw->m));
}

static size_t l3_bytes(const struct vs_hw *hw)
{
	return (size_t)hw->l3_sets * hw->l3_ways * sizeof(**hw->l3);
}

/*
 * A miss touches a few lines of each of these, anywhere: with small pages nearly all of that also
 * misses the host's TLB. Small simulations do not live long enough to pay for clearing large pages.
 */
static void use_large_pages(struct vs_hw *hw)
{
	if (hw->n_cores < 32)
		return;
	madvise((void *)hw->arena, VS_ARENA_BYTES, MADV_HUGEPAGE);
	madvise(hw->watch, VS_ARENA_LINES, MADV_HUGEPAGE);
	madvise(hw->caches, caches_bytes(hw), MADV_HUGEPAGE);
	madvise(hw->lines, (VS_ARENA_LINES + VS_REGION_LINES) * sizeof(*hw->lines), MADV_HUGEPAGE);
	for (uint32_t d = 0; d < hw->n_domains; d++)
		madvise(hw->l3[d], l3_bytes(hw), MADV_HUGEPAGE);
}

static void core_init(struct vs_hw *hw, uint32_t id)
{
	struct vs_hw_core *hc = &hw->cores[id];
	uint32_t l1_sets = sets_of(&hw->m.l1d), l2_sets = sets_of(&hw->m.l2);

	VS_ASSERT(l1_sets && !(l1_sets & (l1_sets - 1)));
	VS_ASSERT(l2_sets && !(l2_sets & (l2_sets - 1)));
	hc->hw = hw;
	hc->core = vs_engine_core(hw->engine, id);
	hc->core->hw = hc;
	hc->base = hw->arena;
	hc->size = VS_ARENA_BYTES;
	hc->watch = hw->watch;
	hc->issue_ps = hw->m.issue_ps;
	hc->l1_ps = hw->m.l1_ps;
	hc->books = hc->no_books;
	hc->l1_ways = hw->m.l1d.ways;
	hc->l1_mask = l1_sets - 1;
	hc->l1 = (void *)(hw->caches + id * (l1_bytes(&hw->m) + l2_bytes(&hw->m)));
	hc->l2_ways = hw->m.l2.ways;
	hc->l2_mask = l2_sets - 1;
	hc->l2 = (void *)((char *)hc->l1 + l1_bytes(&hw->m));
	hc->domain = id / hw->m.cores_per_l3;
	hc->socket = hc->domain / hw->m.l3_per_socket;
}

struct vs_hw *vs_hw_new(struct vs_engine *e, const struct vs_machine *m, uint32_t n_cores)
{
	struct vs_hw *hw = zeroed(1, sizeof(*hw));

	hw->engine = e;
	hw->m = *m;
	hw->n_cores = n_cores;
	hw->n_domains = m->sockets * m->l3_per_socket;
	VS_ASSERT(hw->n_domains <= VS_MAX_DOMAINS && n_cores <= vs_machine_cores(m));
	VS_ASSERT(m->prefetch_streams <= VS_MAX_IN_FLIGHT && m->mlp <= VS_MAX_IN_FLIGHT);
	VS_ASSERT(m->line_bytes == 64);
	/* The same address every time where it can be had: pointers in the arena then read the same
	 * in a debugger. Nothing depends on it. */
	hw->arena = (uintptr_t)vs_hw_reserve(VS_ARENA_BYTES, (void *)0x100000000000);
	hw->chunk_home = zeroed(VS_ARENA_BYTES >> VS_CHUNK_SHIFT, 1);
	hw->lines = vs_hw_reserve((VS_ARENA_LINES + VS_REGION_LINES) * sizeof(*hw->lines), NULL);
	hw->watch = vs_hw_reserve(VS_ARENA_LINES + VS_REGION_LINES, NULL);
	hw->bitmap_words = (n_cores + 63) / 64;
	hw->l3_ways = m->l3.ways;
	hw->l3_sets = sets_of(&m->l3);
	hw->l3 = zeroed(hw->n_domains, sizeof(*hw->l3));
	hw->l3_stamp = zeroed(hw->n_domains, sizeof(*hw->l3_stamp));
	for (uint32_t d = 0; d < hw->n_domains; d++)
		hw->l3[d] = vs_hw_reserve(l3_bytes(hw), NULL);
	hw->caches = vs_hw_reserve(caches_bytes(hw), NULL);
	use_large_pages(hw);
	hw->cores = aligned_alloc(64, (n_cores * sizeof(*hw->cores) + 63) / 64 * 64);
	VS_ASSERT(hw->cores);
	for (uint32_t i = 0; i < n_cores; i++) {
		hw->cores[i] = (struct vs_hw_core){0};
		core_init(hw, i);
	}
	hw->pricing = true;
	return hw;
}

static void free_lists(struct vs_hw *hw)
{
	while (hw->free_reqs) {
		struct vs_req *r = hw->free_reqs;

		hw->free_reqs = r->next;
		free(r);
	}
	while (hw->free_multis) {
		struct vs_multi *x = hw->free_multis;

		hw->free_multis = x->next;
		free(x);
	}
	while (hw->free_waitqs) {
		struct vs_waitq *q = hw->free_waitqs;

		hw->free_waitqs = q->next_free;
		free(q);
	}
}

void vs_hw_free(struct vs_hw *hw)
{
	if (!hw)
		return;
	munmap(hw->caches, caches_bytes(hw));
	for (uint32_t d = 0; d < hw->n_domains; d++)
		munmap(hw->l3[d], l3_bytes(hw));
	for (uint64_t i = 0; i < hw->arena_next >> VS_LINE_SHIFT; i++)
		vs_line_clear_sharers(&hw->lines[i]);
	for (uint32_t i = 0; i < hw->region_lines; i++)
		vs_line_clear_sharers(&hw->lines[VS_ARENA_LINES + i]);
	free_lists(hw);
	munmap((void *)hw->arena, VS_ARENA_BYTES);
	munmap(hw->lines, (VS_ARENA_LINES + VS_REGION_LINES) * sizeof(*hw->lines));
	munmap(hw->watch, VS_ARENA_LINES + VS_REGION_LINES);
	if (hw->paranoid)
		munmap(hw->paranoid, (VS_ARENA_LINES + VS_REGION_LINES) * sizeof(*hw->paranoid));
	free(hw->waits);
	free(hw->named);
	free(hw->chunk_home);
	free(hw->l3);
	free(hw->l3_stamp);
	free(hw->cores);
	free(hw);
}

void vs_hw_stats(const struct vs_hw *hw, struct vs_hw_stats *out)
{
	*out = (struct vs_hw_stats){0};
	for (uint32_t i = 0; i < hw->n_cores; i++) {
		const struct vs_hw_core *hc = &hw->cores[i];

		out->accesses += hc->accesses;
		out->l1_hits += hc->l1_hits;
		out->l2_hits += hc->stats.l2_hits;
		out->misses += hc->stats.misses;
		out->upgrades += hc->stats.upgrades;
		out->prefetches += hc->stats.prefetches;
		out->evictions += hc->stats.evictions;
		out->bulk_lines += hc->stats.bulk_lines;
		out->posted += hc->stats.posted;
	}
}

enum vs_distance vs_socket_distance(const struct vs_hw *hw, uint32_t a, uint32_t b)
{
	if (a == b)
		return VS_SAME_SOCKET;
	return hw->m.socket_distance[a][b] > 1 ? VS_FAR_SOCKET : VS_CROSS_SOCKET;
}

enum vs_distance vs_hw_distance(const struct vs_hw *hw, uint32_t a, uint32_t b)
{
	if (hw->cores[a].domain == hw->cores[b].domain)
		return VS_SAME_L3;
	return vs_socket_distance(hw, hw->cores[a].socket, hw->cores[b].socket);
}

void vs_hw_set_books(struct vs_core *c, vs_ps *cause)
{
	struct vs_hw_core *hc = vs_hwc(c);

	hc->books = cause ? cause : hc->no_books;
}

void vs_hw_charge(struct vs_core *c, vs_ps ps, enum vs_cause cause)
{
	struct vs_hw_core *hc = vs_hwc(c);

	if (!hc->size)
		return;
	c->clock += ps;
	vs_book(hc, ps, cause);
}

void vs_hw_set_pricing(struct vs_hw *hw, bool on)
{
	hw->pricing = on;
	for (uint32_t i = 0; i < hw->n_cores; i++)
		hw->cores[i].size = on ? VS_ARENA_BYTES : 0;
}

bool vs_hw_pricing(const struct vs_hw *hw)
{
	return hw->pricing;
}

void vs_hw_set_paranoid(struct vs_hw *hw)
{
	hw->paranoid =
		vs_hw_reserve((VS_ARENA_LINES + VS_REGION_LINES) * sizeof(*hw->paranoid), NULL);
	for (uint32_t i = 0; i < hw->n_cores; i++)
		hw->cores[i].paranoid = true;
}

void vs_hw_set_watch(struct vs_hw *hw, vs_watch_fn fn)
{
	hw->watch_fn = fn;
}

void vs_hw_set_refuse(struct vs_hw *hw, vs_refuse_fn fn)
{
	hw->refuse_fn = fn;
}

void vs_hw_watch_lines(struct vs_hw *hw, uintptr_t addr, size_t bytes, bool on)
{
	VS_ASSERT(vs_hw_in_arena(hw, addr));
	for (uint64_t l = (addr - hw->arena) >> 6; l <= (addr - hw->arena + bytes - 1) >> 6; l++)
		hw->watch[l] = on;
}
