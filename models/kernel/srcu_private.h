/* models/kernel/srcu_private.h - the inside of SRCU. */
#ifndef SRCU_PRIVATE_H
#define SRCU_PRIVATE_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/smp.h>
#include <linux/srcu.h>

/*
 * Grace periods are numbered by gp_seq: its low bits say where the present one stands, the rest
 * counts those that have ended.
 */
enum srcu_state { SRCU_IDLE, SRCU_SCAN1, SRCU_SCAN2 };
#define SRCU_STATE_BITS 2
#define SRCU_STATE_MASK ((1ul << SRCU_STATE_BITS) - 1)

static inline enum srcu_state srcu_state(unsigned long seq)
{
	return seq & SRCU_STATE_MASK;
}

static inline unsigned long srcu_number(unsigned long seq)
{
	return seq >> SRCU_STATE_BITS;
}

/* What gp_seq will be after the first grace period that begins from now on. */
static inline unsigned long srcu_seq_after(unsigned long seq)
{
	return (srcu_number(seq) + 1 + (srcu_state(seq) != SRCU_IDLE)) << SRCU_STATE_BITS;
}

/*
 * From one lock and one list of callbacks to a tree of them, as Linux's srcutree.c does it. Each
 * state but SMALL lasts a grace period, so that nobody who still goes by an older one is missed.
 */
enum srcu_size {
	SRCU_SMALL,        /* all callbacks with CPU 0 */
	SRCU_ALLOC,        /* a tree is wanted */
	SRCU_WAIT_BARRIER, /* there is one; from now on all CPUs are asked for callbacks */
	SRCU_WAIT_CALL,    /* from now on callbacks are queued where they come from */
	SRCU_WAIT_CBS1,
	SRCU_WAIT_CBS2,
	SRCU_WAIT_CBS3,
	SRCU_WAIT_CBS4,
	SRCU_BIG /* the tree knows of all callbacks */
};

#define SRCU_FANOUT_LEAF 16
#define SRCU_FANOUT 64
#define SRCU_SLOTS 4 /* grace periods that a node remembers */

struct srcu_node {
	spinlock_t lock;
	unsigned long have_cbs[SRCU_SLOTS];  /* gp_seq wanted below, or over */
	unsigned long data_have[SRCU_SLOTS]; /* leaf: by which of its CPUs */
	unsigned long gp_seq_needed_exp;
	struct srcu_node *parent;
	u32 low, high; /* CPUs below */
};

struct srcu_usage {
	spinlock_t lock; /* covers what follows, up to size */
	unsigned long gp_seq, gp_seq_needed, gp_seq_needed_exp;
	unsigned long gp_start;  /* jiffies */
	unsigned long n_nodelay; /* times that a visit of this phase was to come at once */
	vs_ps last_gp_end;
	unsigned long contended_jiffy, n_contended;
	unsigned int size; /* enum srcu_size */
	/* the work item's own */
	unsigned long rush_jiffy, n_rush; /* visits without a delay in this jiffy */
	struct work_struct work;
	struct srcu_struct *ssp;
	gfp_t gfp;
	u32 n_nodes, first_leaf;
	struct srcu_node *node; /* root first, then level by level */
	/* srcu_barrier() */
	struct mutex barrier_mutex;
	unsigned long barrier_seq;
	atomic_t barrier_left;
	struct completion barrier_done;
};

/* srcu.c: a section that checkers are not told of. */
int srcu_count_in(struct srcu_struct *ssp);
void srcu_count_out(struct srcu_struct *ssp, int idx);
bool srcu_drained(struct srcu_struct *ssp, int idx);

/* srcu_gp.c */
unsigned long srcu_delay(struct srcu_struct *ssp);
void srcu_start_gp(struct srcu_struct *ssp); /* sup->lock is held */
void srcu_visit(struct work_struct *work);

/* srcu_cb.c */
void srcu_init_data(struct srcu_struct *ssp, u32 cpu);
void srcu_schedule_cbs(struct srcu_data *sdp, unsigned long delay);
void srcu_invoke(struct work_struct *work);

/* srcu_tree.c */
bool srcu_tree_wanted(void);
bool srcu_make_tree(struct srcu_struct *ssp, gfp_t gfp);
void srcu_grow(struct srcu_struct *ssp, unsigned int size);
void srcu_want_gp(struct srcu_struct *ssp, struct srcu_data *sdp, unsigned long s, bool expedited);
void srcu_want_expedited(struct srcu_struct *ssp, struct srcu_node *node, unsigned long s);
void srcu_schedule_all(struct srcu_struct *ssp, unsigned int size, unsigned long seq,
		       unsigned long delay);
void srcu_lock_sup(struct srcu_struct *ssp);
void srcu_lock_data(struct srcu_struct *ssp, struct srcu_data *sdp);

#endif
