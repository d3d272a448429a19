/*
 * A core's own caches: L1 inside L2, both set-associative and LRU, with the right the core has to
 * each line. And the L3 of a domain, which only the directory looks at.
 */
#include "sim/hw/private.h"

struct vs_l2_entry *vs_l2_find(struct vs_hw_core *hc, uint32_t line)
{
	struct vs_l2_entry *set = &hc->l2[(size_t)(line & hc->l2_mask) * hc->l2_ways];

	for (uint32_t w = 0; w < hc->l2_ways; w++)
		if (set[w].tag == line + 1)
			return &set[w];
	return NULL;
}

static int32_t l1_find(const struct vs_hw_core *hc, uint32_t line)
{
	uint32_t first = (line & hc->l1_mask) * hc->l1_ways;

	for (uint32_t i = first; i < first + hc->l1_ways; i++)
		if (hc->l1_tag[i] == line + 1)
			return i;
	return -1;
}

uint8_t vs_cache_right(struct vs_hw_core *hc, uint32_t line)
{
	int32_t i = l1_find(hc, line);

	if (i >= 0)
		return hc->l1_right[i];
	const struct vs_l2_entry *l2 = vs_l2_find(hc, line);

	return l2 ? l2->right : VS_NONE;
}

void vs_l1_insert(struct vs_hw_core *hc, uint32_t line, uint8_t right)
{
	uint32_t first = (line & hc->l1_mask) * hc->l1_ways, at = first;

	/* an empty way has stamp 0, so it is the oldest */
	for (uint32_t i = first; i < first + hc->l1_ways; i++) {
		if (hc->l1_tag[i] == line + 1) {
			at = i;
			break;
		}
		if (hc->l1_stamp[i] < hc->l1_stamp[at])
			at = i;
	}
	hc->l1_tag[at] = line + 1;
	hc->l1_right[at] = right;
	hc->l1_stamp[at] = ++hc->stamp;
}

static void l1_drop(struct vs_hw_core *hc, uint32_t line)
{
	int32_t i = l1_find(hc, line);

	if (i >= 0) {
		hc->l1_tag[i] = 0;
		hc->l1_right[i] = VS_NONE;
		hc->l1_stamp[i] = 0;
	}
}

/* An owned line that must make room tells its home: the next requester finds it there. A shared
 * one leaves silently; the directory's stale bit costs at most an invalidation that finds nothing.
 */
static void evict(struct vs_hw_core *hc, struct vs_l2_entry *victim, vs_ps now)
{
	uint32_t line = victim->tag - 1;

	l1_drop(hc, line);
	hc->stats.evictions++;
	if (victim->right != VS_OWNED)
		return;
	struct vs_event *ev = vs_event_new(hc->hw->engine);

	ev->rank = VS_CLASS_NOTICE;
	ev->issue = now;
	ev->line = line;
	ev->time = now + vs_leg(hc->hw, vs_line_home(hc->hw, line), hc->core->id);
	ev->fn.agent = vs_dir_notice;
	ev->obj = hc;
	ev->a = victim->tenure;
	vs_send_agent(hc->core, ev);
}

void vs_cache_fill(struct vs_hw_core *hc, uint32_t line, uint32_t tenure, uint8_t right,
		   bool prefetched, vs_ps now)
{
	struct vs_l2_entry *set = &hc->l2[(size_t)(line & hc->l2_mask) * hc->l2_ways], *at = set;

	for (uint32_t w = 0; w < hc->l2_ways; w++) {
		if (set[w].tag == line + 1) {
			at = &set[w];
			break;
		}
		if (set[w].stamp < at->stamp)
			at = &set[w];
	}
	if (at->tag && at->tag != line + 1)
		evict(hc, at, now);
	at->tag = line + 1;
	at->tenure = tenure;
	at->right = right;
	at->prefetched = prefetched;
	at->stamp = ++hc->stamp;
	if (!prefetched)
		vs_l1_insert(hc, line, right);
	else
		l1_drop(hc, line);
}

/* A loss kills only copies at most as young as the tenure it was ordered against. */
void vs_cache_loss(struct vs_hw_core *hc, uint32_t line, uint32_t tenure, uint8_t keep)
{
	struct vs_l2_entry *l2 = vs_l2_find(hc, line);
	int32_t i;

	if (!l2 || l2->tenure > tenure || l2->right <= keep)
		return;
	l2->right = keep;
	if (!keep) {
		l2->tag = 0;
		l2->stamp = 0;
		l1_drop(hc, line);
		return;
	}
	i = l1_find(hc, line);
	if (i >= 0)
		hc->l1_right[i] = keep;
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
