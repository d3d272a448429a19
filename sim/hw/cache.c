/*
 * A core's own caches: L1 inside L2, both set-associative and LRU, with the right the core has to
 * each line. And the L3 of a domain, which only the directory looks at.
 */
#include "sim/hw/private.h"

uint8_t vs_cache_right(struct vs_hw_core *hc, uint32_t line)
{
	const uint32_t *at = vs_way_of(vs_l1_set(hc, line), hc->l1_ways, line);

	if (!at)
		at = vs_l2_find(hc, line);
	return at ? *at & VS_RIGHT_MASK : VS_NONE;
}

/* Where `line` is or is to be: its way, or the least recently used. An empty way has stamp 0. */
static uint32_t *way_for(uint32_t *set, uint32_t ways, uint32_t line)
{
	uint32_t *at = vs_way_of(set, ways, line);

	if (at)
		return at;
	at = set;
	for (uint32_t w = 1; w < ways; w++)
		if (set[ways + w] < at[ways])
			at = &set[w];
	return at;
}

void vs_l1_insert(struct vs_hw_core *hc, uint32_t line, uint8_t right)
{
	uint32_t *at = way_for(vs_l1_set(hc, line), hc->l1_ways, line);

	*at = (line + 1) << VS_TAG_SHIFT | right;
	at[hc->l1_ways] = ++hc->stamp;
}

static void l1_drop(struct vs_hw_core *hc, uint32_t line)
{
	uint32_t *at = vs_way_of(vs_l1_set(hc, line), hc->l1_ways, line);

	if (at)
		*at = at[hc->l1_ways] = 0;
}

/* An owned line that must make room tells its home: the next requester finds it there. A shared
 * one leaves silently; the directory's stale bit costs at most an invalidation that finds nothing.
 */
static void evict(struct vs_hw_core *hc, const uint32_t *victim, vs_ps now)
{
	uint32_t line = (*victim >> VS_TAG_SHIFT) - 1;

	l1_drop(hc, line);
	hc->stats.evictions++;
	if ((*victim & VS_RIGHT_MASK) != VS_OWNED)
		return;
	struct vs_event *ev = vs_event_new(hc->hw->engine);

	ev->rank = VS_CLASS_NOTICE;
	ev->issue = now;
	ev->line = line;
	ev->time = now + vs_leg(hc->hw, vs_line_home(hc->hw, line), hc->core->id);
	ev->fn.agent = vs_dir_notice;
	ev->obj = hc;
	ev->a = victim[2 * hc->l2_ways];
	vs_send_agent(hc->core, ev);
}

void vs_cache_fill(struct vs_hw_core *hc, uint32_t line, uint32_t tenure, uint8_t right,
		   bool prefetched, vs_ps now)
{
	uint32_t *at = way_for(vs_l2_set(hc, line), hc->l2_ways, line);

	if (*at && *at >> VS_TAG_SHIFT != line + 1)
		evict(hc, at, now);
	*at = (line + 1) << VS_TAG_SHIFT | (prefetched ? VS_PREFETCHED : 0) | right;
	at[hc->l2_ways] = ++hc->stamp;
	at[2 * hc->l2_ways] = tenure;
	if (!prefetched)
		vs_l1_insert(hc, line, right);
	else
		l1_drop(hc, line);
}

/* A loss kills only copies at most as young as the tenure it was ordered against. */
void vs_cache_loss(struct vs_hw_core *hc, uint32_t line, uint32_t tenure, uint8_t keep)
{
	uint32_t *l2 = vs_l2_find(hc, line), *l1;

	if (!l2 || l2[2 * hc->l2_ways] > tenure || (*l2 & VS_RIGHT_MASK) <= keep)
		return;
	if (!keep) {
		*l2 = l2[hc->l2_ways] = 0;
		l1_drop(hc, line);
		return;
	}
	*l2 = (*l2 & ~VS_RIGHT_MASK) | keep;
	l1 = vs_way_of(vs_l1_set(hc, line), hc->l1_ways, line);
	if (l1)
		*l1 = (*l1 & ~VS_RIGHT_MASK) | keep;
}

static struct vs_l3_entry *l3_set(struct vs_hw *hw, uint32_t domain, uint32_t line)
{
	return &hw->l3[domain][(size_t)(line % hw->l3_sets) * hw->l3_ways];
}

bool vs_l3_lookup(struct vs_hw *hw, uint32_t domain, uint32_t line)
{
	struct vs_l3_entry *set = l3_set(hw, domain, line);

	if (!(hw->lines[line].l3_mask >> domain & 1))
		return false;
	for (uint32_t w = 0; w < hw->l3_ways; w++)
		if (set[w].tag == line + 1) {
			set[w].stamp = ++hw->l3_stamp[domain];
			return true;
		}
	return false;
}

void vs_l3_insert(struct vs_hw *hw, uint32_t domain, uint32_t line)
{
	struct vs_l3_entry *set = l3_set(hw, domain, line), *at = set;

	for (uint32_t w = 0; w < hw->l3_ways; w++) {
		if (set[w].tag == line + 1) {
			at = &set[w];
			break;
		}
		if (set[w].stamp < at->stamp)
			at = &set[w];
	}
	at->tag = line + 1;
	at->stamp = ++hw->l3_stamp[domain];
	hw->lines[line].l3_mask |= UINT64_C(1) << domain;
}
