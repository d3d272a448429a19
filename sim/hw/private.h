/* sim/hw/private.h - the inside of the memory system; nobody else includes it. */
#ifndef VS_HW_PRIVATE_H
#define VS_HW_PRIVATE_H

#include "sim/hw/hw.h"

#define VS_LIKELY(x) __builtin_expect(!!(x), 1)
#define VS_UNLIKELY(x) __builtin_expect(!!(x), 0)

void vs_hw_fail(const char *file, int line, const char *what) __attribute__((noreturn));
#define VS_ASSERT(c)                                                                               \
	do {                                                                                       \
		if (VS_UNLIKELY(!(c)))                                                             \
			vs_hw_fail(__FILE__, __LINE__, #c);                                        \
	} while (0)

#define VS_LINE_SHIFT 6
#define VS_PAGE_LINES 64
#define VS_CHUNK_SHIFT 16
#define VS_CHUNK_BYTES (1u << VS_CHUNK_SHIFT)
#define VS_CHUNK_LINE_SHIFT (VS_CHUNK_SHIFT - VS_LINE_SHIFT)
#define VS_ARENA_BYTES (UINT64_C(16) << 30)
#define VS_ARENA_LINES (VS_ARENA_BYTES >> VS_LINE_SHIFT)
#define VS_REGION_LINES (1u << 20) /* modules' data: 64 MiB in all */
#define VS_MAX_REGIONS 64
#define VS_MULTI_LINES (2 * VS_PAGE_LINES + 2)
#define VS_INLINE_SHARERS 8
#define VS_RECENT 8 /* accesses remembered */
#define VS_WALKS 4  /* over arrays of pointers, followed at a time */

/* What a core may do with its copy of a line. */
enum vs_right { VS_NONE, VS_SHARED, VS_OWNED };

/*
 * The directory's view of a line. `free` is the earliest time at which its holders may lose it:
 * the last grant plus that operation's own time. Sharers are kept in line until they are many.
 */
struct vs_line {
	vs_ps free;
	vs_ps last_loss;
	struct vs_waitq *waitq; /* only while contended */
	uint64_t l3_mask;       /* domains that may have it in L3 */
	union {
		uint16_t sharer[VS_INLINE_SHARERS];
		uint64_t *bitmap;
	};
	uint32_t tenure;
	uint16_t owner;     /* core + 1 */
	uint16_t n_sharers; /* VS_MANY: in the bitmap */
} __attribute__((aligned(64)));
#define VS_MANY UINT16_MAX

struct vs_multi {
	uint32_t n;
	uint32_t line[VS_MULTI_LINES];
	uint32_t tenure[VS_MULTI_LINES];
	uint8_t write[VS_MULTI_LINES];
	uint8_t exclusive[VS_MULTI_LINES];
	struct vs_multi *next;
};

struct vs_req {
	struct vs_core *core;
	vs_ps issue;
	vs_ps op_ps; /* how long the line is needed once granted */
	struct vs_multi *multi;
	struct vs_req *next;
	uint32_t line;
	uint32_t tenure;
	uint8_t write;
	uint8_t exclusive; /* right granted */
	uint8_t prefetch;
	uint8_t upgrade; /* the core had a copy when it asked */
	uint8_t cause;
	uint8_t slowest;  /* of a range: which of its lines decided when it came */
	uint32_t arrival; /* among the line's waiters */
	uint64_t *store;  /* posted: what to write when it comes */
	uint64_t value;
};

/* Waiters of one L3 domain, oldest first. */
struct vs_wait_list {
	struct vs_req *head, *tail;
};

/* Who waits for a line: readers and writers apart, since readers are served together. */
struct vs_waitq {
	uint32_t waiting, arrivals;
	uint32_t dom_burst, sock_burst;
	uint32_t domain, socket; /* where the line is */
	bool scheduled;
	struct vs_waitq *next_free;
	struct vs_wait_list list[][2]; /* [domain][write]; empty while on the free list */
};

/*
 * A set of a core's cache: a word per way (line + 1, flag, right; 0: empty), then a stamp of its
 * last use per way, and in L2 the tenure per way. So eight ways of L1 are one cache line of the
 * real machine, and looking for a line in sixteen ways of L2 is one too.
 */
#define VS_RIGHT_MASK 3u
#define VS_PREFETCHED 4u /* came ahead of demand and has not been used */
#define VS_TAG_SHIFT 3
_Static_assert(VS_ARENA_LINES + VS_REGION_LINES < UINT32_MAX >> VS_TAG_SHIFT, "a tag is a word");

static inline uint32_t *vs_way_of(uint32_t *set, uint32_t ways, uint32_t line)
{
	uint32_t tag = (line + 1) << VS_TAG_SHIFT;

	for (uint32_t w = 0; w < ways; w++)
		if ((set[w] ^ tag) >> VS_TAG_SHIFT == 0)
			return &set[w];
	return NULL;
}

struct vs_l3_entry {
	uint32_t tag;
	uint32_t stamp;
};

struct vs_pf_stream {
	uint32_t next; /* line expected */
	uint32_t stamp;
};

/* A walk over an array of pointers: the last that missed, `offset` behind what `slot` points to. */
struct vs_walk {
	uintptr_t slot, ahead; /* ahead: the last slot looked at */
	uint64_t at;           /* which access that was; 0: none yet */
	uint32_t offset;
};

/* The last cpu_relax, and the turn of the spin that ended there. */
struct vs_relax {
	const struct vs_ctx *ctx;
	vs_ps clock, period;
	uint64_t turn; /* accesses in it */
	uint64_t accesses, l1_hits, writes, events;
};

#define VS_SEEN 4

/* Who waited for memory where. Each at least W of the machine after the one before, so that of
 * VS_SEEN one is always old enough for other cores to know of. */
struct vs_seen {
	const struct vs_ctx *ctx;
	uintptr_t pc;
	vs_ps at;
};

/* Per core. The first part is what a hit touches. */
struct vs_hw_core {
	uintptr_t base;
	uint64_t size; /* 0 while accesses are free */
	const uint8_t *watch;
	vs_ps issue_ps, l1_ps;
	vs_ps *books;
	uint32_t *l1;
	uint32_t l1_mask, l1_ways;
	uint32_t stamp;
	bool paranoid;
	uint64_t accesses, l1_hits;
	uint64_t writes;             /* and atomics: a spin that writes is not parked */
	uintptr_t recent[VS_RECENT]; /* addresses, by accesses % VS_RECENT */
	/* -------- */
	struct vs_hw *hw;
	struct vs_core *core;
	uint32_t *l2;
	uint32_t l2_mask, l2_ways;
	uint32_t domain, socket;
	vs_ps no_books[VS_CAUSES];
	/* what the stalled context waits for */
	uint32_t demand_line; /* waits for a prefetch of this line (+ 1) */
	bool demand_write, demand_atomic;
	uint8_t demand_offset; /* in its line */
	uintptr_t demand_pc;
	struct vs_multi *demand_multi; /* waits for prefetches of any of these */
	vs_ps demand_issue;
	void *grown;
	uint32_t n_prefetch; /* in flight */
	uint32_t prefetching[VS_MAX_IN_FLIGHT];
	struct vs_pf_stream stream[VS_MAX_IN_FLIGHT];
	uint32_t last_miss;
	struct vs_walk walk[VS_WALKS];
	uint64_t barrier; /* the last atomic or full fence, as a number of accesses */
	struct vs_relax relax;
	struct vs_seen seen[VS_SEEN]; /* the last is n_seen % VS_SEEN */
	uint32_t n_seen;
	struct vs_hw_stats stats;
};

/* `each` bytes a piece */
struct vs_named {
	uintptr_t start;
	size_t bytes, each;
	const char *name;
};

struct vs_region {
	uintptr_t start;
	uint64_t bytes;
	uint32_t first_line;
};

/* Watches that accesses conflict only in increasing time (tests). */
struct vs_paranoid {
	vs_ps write_at, read_at;
	uint16_t writer, reader; /* core + 1 */
};

struct vs_hw {
	struct vs_engine *engine;
	struct vs_machine m;
	uint32_t n_cores, n_domains;
	struct vs_hw_core *cores;
	uintptr_t arena;
	uint64_t arena_next; /* agent's: bytes handed out */
	char *caches;        /* all cores' L1 and L2 */
	uint8_t *chunk_home;
	struct vs_line *lines;
	uint8_t *watch;
	struct vs_paranoid *paranoid;
	struct vs_l3_entry **l3;
	uint32_t *l3_stamp;
	uint32_t l3_sets, l3_ways;
	struct vs_region region[VS_MAX_REGIONS];
	uint32_t n_regions, region_lines;
	struct vs_hw_wait *waits; /* open hashing; not used: nothing lost */
	uint32_t n_waits, cap_waits;
	struct vs_named *named;
	uint32_t n_named, cap_named;
	vs_watch_fn watch_fn;
	vs_refuse_fn refuse_fn;
	struct vs_req *free_reqs;
	struct vs_multi *free_multis;
	struct vs_waitq *free_waitqs;
	uint32_t bitmap_words;
	bool pricing;
};

void *vs_hw_reserve(size_t bytes, void *hint); /* zeroed, taken only where touched */

static inline struct vs_hw_core *vs_hwc(const struct vs_core *c)
{
	return c->hw;
}

static inline uint32_t vs_line_home(const struct vs_hw *hw, uint32_t line)
{
	return line < VS_ARENA_LINES ? hw->chunk_home[line >> VS_CHUNK_LINE_SHIFT] : 0;
}

enum vs_distance vs_socket_distance(const struct vs_hw *hw, uint32_t a, uint32_t b);

static inline vs_ps vs_leg(const struct vs_hw *hw, uint32_t home, uint32_t core)
{
	return hw->m.leg_ps[vs_socket_distance(hw, home, hw->cores[core].socket)];
}

static inline uint32_t *vs_l1_set(const struct vs_hw_core *hc, uint32_t line)
{
	return hc->l1 + (size_t)(line & hc->l1_mask) * hc->l1_ways * 2;
}
static inline uint32_t *vs_l2_set(const struct vs_hw_core *hc, uint32_t line)
{
	return hc->l2 + (size_t)(line & hc->l2_mask) * hc->l2_ways * 3;
}
static inline uint32_t *vs_l2_find(const struct vs_hw_core *hc, uint32_t line)
{
	return vs_way_of(vs_l2_set(hc, line), hc->l2_ways, line);
}

/* A core's sets for this line will be needed soon. Only speed depends on it. */
static inline void vs_warm_up(const struct vs_hw_core *hc, uint32_t line)
{
	const uint32_t *l2 = vs_l2_set(hc, line);

	__builtin_prefetch(l2);
	__builtin_prefetch(l2 + hc->l2_ways);
	__builtin_prefetch(l2 + 2 * hc->l2_ways);
	__builtin_prefetch(vs_l1_set(hc, line));
}

/* cache.c */
uint8_t vs_cache_right(struct vs_hw_core *hc, uint32_t line); /* in L1 or L2, no side effect */
void vs_l1_insert(struct vs_hw_core *hc, uint32_t line, uint8_t right);
void vs_cache_fill(struct vs_hw_core *hc, uint32_t line, uint32_t tenure, uint8_t right,
		   bool prefetched, vs_ps now);
void vs_cache_loss(struct vs_hw_core *hc, uint32_t line, uint32_t tenure, uint8_t keep);
bool vs_l3_lookup(struct vs_hw *hw, uint32_t domain, uint32_t line);
void vs_l3_insert(struct vs_hw *hw, uint32_t domain, uint32_t line);

/* directory.c */
void vs_dir_request(struct vs_engine *e, struct vs_event *ev);
void vs_dir_notice(struct vs_engine *e, struct vs_event *ev);

/* grant.c: agent code */
struct vs_sharers_iter {
	uint32_t i;
};
bool vs_line_next_sharer(const struct vs_hw *hw, const struct vs_line *l,
			 struct vs_sharers_iter *it, uint32_t *core);
void vs_line_add_sharer(struct vs_hw *hw, struct vs_line *l, uint32_t core);
void vs_line_clear_sharers(struct vs_line *l);
bool vs_line_is_shared(const struct vs_line *l);
/* Orders the losses of `line` for a request at directory time `at`; returns the earliest grant. */
vs_ps vs_order_losses(struct vs_hw *hw, struct vs_req *r, uint32_t line, bool write, vs_ps at);
/* Makes r's core the holder from `grant` on. Returns the tenure; *exclusive says which right. */
uint32_t vs_take_line(struct vs_hw *hw, struct vs_req *r, uint32_t line, bool write, vs_ps grant,
		      bool *exclusive);
void vs_send_fill(struct vs_hw *hw, struct vs_req *r, vs_ps grant);

/* request.c: core code */
struct vs_req *vs_req_new(struct vs_hw *hw);
void vs_req_free(struct vs_hw *hw, struct vs_req *r);
struct vs_multi *vs_multi_new(struct vs_hw *hw);
void vs_req_send(struct vs_hw_core *hc, struct vs_req *r, vs_ps now);
void vs_req_stall(struct vs_hw_core *hc, uint32_t line, bool write, bool atomic, uintptr_t addr,
		  uintptr_t pc);
/* addr: in the first line */
void vs_req_stall_multi(struct vs_hw_core *hc, struct vs_multi *multi, uintptr_t addr,
			uintptr_t pc);
void vs_local_fill(struct vs_core *c, struct vs_event *ev);
void vs_local_downgrade(struct vs_core *c, struct vs_event *ev);
void vs_local_invalidation(struct vs_core *c, struct vs_event *ev);

/* waits.c: books it, and for whom; `over`: the access goes on now */
void vs_waits_warm_up(const struct vs_hw_core *hc, uint32_t line);
void vs_waited(struct vs_hw_core *hc, uint32_t line, bool write, enum vs_cause cause, vs_ps ps,
	       bool over);

/* prefetch.c */
void vs_prefetch_train(struct vs_hw_core *hc, uint32_t line, bool was_prefetched);
bool vs_prefetch_in_flight(const struct vs_hw_core *hc, uint32_t line);
void vs_prefetch_done(struct vs_hw_core *hc, uint32_t line);
void vs_prefetch_ask(struct vs_hw_core *hc, uint32_t line); /* neither held nor in flight */

/* runahead.c */
void vs_run_ahead(struct vs_hw_core *hc, uintptr_t addr, uint32_t line);

/* access.c: the first line of [addr, addr + size); false: it is a stack, or nobody's */
bool vs_hw_line_of(struct vs_hw_core *hc, uintptr_t addr, size_t size, uint32_t *line);

/* posted.c */
void vs_posted_came(struct vs_hw_core *hc, const struct vs_req *r, vs_ps now);

static inline void vs_book(struct vs_hw_core *hc, vs_ps ps, enum vs_cause cause)
{
	hc->books[cause] += ps;
}

#endif
