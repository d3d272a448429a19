/*
 * SRCU's tree: who wants a grace period, from a CPU's callbacks up to the domain.
 *
 *	sup             gp_seq_needed
 *	  root          have_cbs[]                     fanout 64
 *	    leaf ...    have_cbs[], data_have[]        fanout 16: one bit per CPU
 *	      CPU ...
 *
 * A wish goes up until it meets a node where the same grace period has been wished for already, so
 * that the domain's own lock is taken once per leaf, not once per CPU. The end of a grace period
 * visits all nodes and hands the leaves' bits to the workers of those CPUs.
 *
 * Domains begin without a tree, unless there are many CPUs, and get one when the locks that all
 * share are fought over.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include "srcu_private.h"

#define BIG_CPUS 128      /* so many have a tree from the beginning */
#define MAX_CONTENDED 100 /* locks found taken in one jiffy, before a tree is wanted */

bool srcu_tree_wanted(void)
{
	return nr_cpu_ids >= BIG_CPUS;
}

/* -- making it -------------------------------------------------------------------------------- */

/* One level: its n nodes from `first` on, each with `width` CPUs; parents from `up` on. */
static void init_level(struct srcu_node *node, u32 first, u32 n, u32 width, u32 up)
{
	for (u32 i = 0; i < n; i++) {
		struct srcu_node *snp = &node[first + i];

		spin_lock_init(&snp->lock);
		snp->low = i * width;
		snp->high = min((i + 1) * width, (u32)nr_cpu_ids);
		snp->parent = first ? &node[up + i / SRCU_FANOUT] : NULL;
	}
}

bool srcu_make_tree(struct srcu_struct *ssp, gfp_t gfp)
{
	u32 n[4], n_levels = 0, n_nodes = 0, width = SRCU_FANOUT_LEAF, end;
	struct srcu_node *node;

	/* bottom up; 64 * 64 * 16 CPUs are more than any machine has */
	for (u32 below = DIV_ROUND_UP(nr_cpu_ids, SRCU_FANOUT_LEAF);;
	     below = DIV_ROUND_UP(below, SRCU_FANOUT)) {
		n[n_levels++] = below;
		n_nodes += below;
		if (below == 1)
			break;
	}
	node = kcalloc(n_nodes, sizeof(*node), gfp);
	if (!node)
		return false;
	end = n_nodes;
	for (u32 l = 0; l < n_levels; l++, width *= SRCU_FANOUT) {
		u32 first = end - n[l];

		init_level(node, first, n[l], width, first ? first - n[l + 1] : 0);
		end = first;
	}
	ssp->sup->n_nodes = n_nodes;
	ssp->sup->first_leaf = n_nodes - n[0];
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		ssp->sda[cpu].mynode = &node[n_nodes - n[0] + cpu / SRCU_FANOUT_LEAF];
	ssp->sup->node = node;
	return true;
}

/* At the end of a grace period that had `size`. Without memory it stays as it is. */
void srcu_grow(struct srcu_struct *ssp, unsigned int size)
{
	if (size == SRCU_SMALL || size == SRCU_BIG)
		return;
	if (size == SRCU_ALLOC && !srcu_make_tree(ssp, ssp->sup->gfp))
		return;
	smp_store_release(&ssp->sup->size, size + 1);
}

/* -- locks that may be fought over --------------------------------------------------------------
 */

/* sup->lock is held */
static void note_contention(struct srcu_usage *sup)
{
	unsigned long now = jiffies;

	if (sup->size != SRCU_SMALL)
		return;
	if (sup->contended_jiffy != now) {
		sup->contended_jiffy = now;
		sup->n_contended = 0;
	}
	if (++sup->n_contended > MAX_CONTENDED)
		smp_store_release(&sup->size, SRCU_ALLOC);
}

void srcu_lock_sup(struct srcu_struct *ssp)
{
	if (spin_trylock(&ssp->sup->lock))
		return;
	spin_lock(&ssp->sup->lock);
	note_contention(ssp->sup);
}

void srcu_lock_data(struct srcu_struct *ssp, struct srcu_data *sdp)
{
	if (spin_trylock(&sdp->lock))
		return;
	spin_lock(&ssp->sup->lock);
	note_contention(ssp->sup);
	spin_unlock(&ssp->sup->lock);
	spin_lock(&sdp->lock);
}

/* -- wishes --------------------------------------------------------------------------------------
 */

/* Grace period s, which is wanted, is to be expedited. */
void srcu_want_expedited(struct srcu_struct *ssp, struct srcu_node *node, unsigned long s)
{
	for (; node; node = node->parent) {
		bool known;

		if (READ_ONCE(node->gp_seq_needed_exp) >= s)
			return;
		spin_lock(&node->lock);
		known = node->gp_seq_needed_exp >= s;
		if (!known)
			WRITE_ONCE(node->gp_seq_needed_exp, s);
		spin_unlock(&node->lock);
		if (known)
			return;
	}
	srcu_lock_sup(ssp);
	if (ssp->sup->gp_seq_needed_exp < s)
		WRITE_ONCE(ssp->sup->gp_seq_needed_exp, s);
	spin_unlock(&ssp->sup->lock);
}

/* Returns whether it is news to the node. */
static bool wish(struct srcu_node *node, struct srcu_data *sdp, unsigned long s, bool expedited)
{
	u32 slot = srcu_number(s) % SRCU_SLOTS;
	bool news;

	spin_lock(&node->lock);
	news = node->have_cbs[slot] < s;
	if (node == sdp->mynode)
		node->data_have[slot] |= 1ul << (sdp->cpu - node->low);
	if (news) {
		node->have_cbs[slot] = s;
		if (expedited && node->gp_seq_needed_exp < s)
			WRITE_ONCE(node->gp_seq_needed_exp, s);
	}
	spin_unlock(&node->lock);
	return news;
}

/* Grace period s is wanted for a callback of that CPU. It cannot end before: we are in a section
 * that began before it. */
void srcu_want_gp(struct srcu_struct *ssp, struct srcu_data *sdp, unsigned long s, bool expedited)
{
	struct srcu_usage *sup = ssp->sup;
	struct srcu_node *node = NULL;

	if (smp_load_acquire(&sup->size) >= SRCU_WAIT_BARRIER)
		node = sdp->mynode;
	for (; node; node = node->parent) {
		if (wish(node, sdp, s, expedited))
			continue;
		if (expedited)
			srcu_want_expedited(ssp, node, s);
		return;
	}
	srcu_lock_sup(ssp);
	if (sup->gp_seq_needed < s)
		WRITE_ONCE(sup->gp_seq_needed, s);
	if (expedited && sup->gp_seq_needed_exp < s)
		WRITE_ONCE(sup->gp_seq_needed_exp, s);
	if (srcu_state(sup->gp_seq) == SRCU_IDLE) {
		srcu_start_gp(ssp);
		queue_delayed_work(&sup->work, srcu_delay(ssp) != 0);
	}
	spin_unlock(&sup->lock);
}

/* -- the end of a grace period --------------------------------------------------------------------
 */

/* Returns the CPUs below that had callbacks for it. */
static unsigned long settle(struct srcu_node *node, unsigned long seq, bool is_leaf, bool all)
{
	u32 slot = srcu_number(seq) % SRCU_SLOTS;
	unsigned long cpus = 0;

	spin_lock(&node->lock);
	if (is_leaf && (all || node->have_cbs[slot] == seq))
		cpus = all ? ~0ul : node->data_have[slot];
	node->have_cbs[slot] = seq;
	node->data_have[slot] = 0;
	if (node->gp_seq_needed_exp < seq)
		WRITE_ONCE(node->gp_seq_needed_exp, seq);
	spin_unlock(&node->lock);
	return cpus;
}

void srcu_schedule_all(struct srcu_struct *ssp, unsigned int size, unsigned long seq,
		       unsigned long delay)
{
	struct srcu_usage *sup = ssp->sup;

	if (size < SRCU_WAIT_BARRIER) {
		srcu_schedule_cbs(&ssp->sda[0], delay);
		return;
	}
	for (u32 i = 0; i < sup->n_nodes; i++) {
		struct srcu_node *node = &sup->node[i];
		unsigned long cpus = settle(node, seq, i >= sup->first_leaf, size < SRCU_BIG);

		for (u32 cpu = node->low; cpus && cpu < node->high; cpu++)
			if (cpus >> (cpu - node->low) & 1)
				srcu_schedule_cbs(&ssp->sda[cpu], delay);
	}
}
