/*
 * A stream prefetcher: two misses on consecutive lines make a stream; from then on the lines ahead
 * of the demand are asked for, up to `prefetch_depth`, inside the page. A prefetched line counts
 * from its grant; a demand that comes earlier waits for that.
 */
#include "sim/hw/private.h"

bool vs_prefetch_in_flight(const struct vs_hw_core *hc, uint32_t line)
{
	for (uint32_t i = 0; i < hc->n_prefetch; i++)
		if (hc->prefetching[i] == line)
			return true;
	return false;
}

void vs_prefetch_done(struct vs_hw_core *hc, uint32_t line)
{
	for (uint32_t i = 0; i < hc->n_prefetch; i++)
		if (hc->prefetching[i] == line) {
			hc->prefetching[i] = hc->prefetching[--hc->n_prefetch];
			return;
		}
	VS_ASSERT(!"a prefetch that nobody asked for");
}

void vs_prefetch_ask(struct vs_hw_core *hc, uint32_t line)
{
	struct vs_req *r = vs_req_new(hc->hw);

	r->line = line;
	r->prefetch = true;
	r->op_ps = 1;
	VS_ASSERT(hc->n_prefetch < VS_MAX_IN_FLIGHT);
	hc->prefetching[hc->n_prefetch++] = line;
	hc->stats.prefetches++;
	vs_req_send(hc, r, hc->core->clock);
}

static void ask_ahead(struct vs_hw_core *hc, uint32_t line)
{
	uint32_t end = (line / VS_PAGE_LINES + 1) * VS_PAGE_LINES;

	for (uint32_t l = line + 1; l <= line + hc->hw->m.prefetch_depth && l < end; l++) {
		if (hc->n_prefetch == VS_MAX_IN_FLIGHT)
			return;
		if (!vs_cache_right(hc, l) && !vs_prefetch_in_flight(hc, l))
			vs_prefetch_ask(hc, l);
	}
}

void vs_prefetch_train(struct vs_hw_core *hc, uint32_t line, bool was_prefetched)
{
	uint32_t n = hc->hw->m.prefetch_streams;
	struct vs_pf_stream *oldest = &hc->stream[0];

	if (!n)
		return;
	for (uint32_t i = 0; i < n; i++) {
		struct vs_pf_stream *s = &hc->stream[i];

		if (s->next == line && s->stamp) {
			s->next = line + 1;
			s->stamp = ++hc->stamp;
			ask_ahead(hc, line);
			return;
		}
		if (s->stamp < oldest->stamp)
			oldest = s;
	}
	if (was_prefetched)
		return;
	if (line == hc->last_miss + 1 && hc->last_miss) {
		oldest->next = line + 1;
		oldest->stamp = ++hc->stamp;
		ask_ahead(hc, line);
	}
	hc->last_miss = line;
}
