/*
 * sim/check/private.h - what the checkers share: stamps, findings, the collector.
 */
#ifndef VS_CHECK_PRIVATE_H
#define VS_CHECK_PRIVATE_H

#include <stdio.h>

#include "sim/check/check.h"
#include "sim/check/site.h"

/* Who did something, when, and from when on other CPUs can know: check.h, "what is known". */
struct vs_stamp {
	vs_ps time;
	vs_ps known;
	uintptr_t pc;
	uint32_t cpu;
	uint32_t seq; /* counts what the CPU stamped */
};

static inline bool vs_known(const struct vs_stamp *s, uint32_t cpu, vs_ps at)
{
	return s->cpu == cpu ? s->time <= at : s->known <= at;
}

/* Stamp order: -1, 0, 1 */
int vs_stamp_order(const struct vs_stamp *a, const struct vs_stamp *b);

/*
 * A violation as found; its text is written at the end by tell(). Order: stamp, then a, then b (for
 * those found by one event). `about` must live as long as the checker.
 */
struct vs_finding {
	enum vs_check_kind kind;
	struct vs_stamp at;
	const void *about;
	uint64_t a, b, c, d;
	void (*tell)(struct vs_checker *c, const struct vs_finding *f, FILE *out);
};

struct vs_bin {
	struct vs_finding kept[VS_CHECK_KEPT];
	uint32_t n;
	uint64_t total;
};

struct vs_checker {
	struct vs_engine *engine;
	struct vs_hw *hw;
	struct vs_sites *sites;
	vs_ps history;
	uint32_t n_cpus;
	bool booting;
	bool attached;
	uint32_t *seq; /* per CPU */
	struct vs_bin bin[VS_CHECK_KINDS];
	struct vs_mem_check *mem;
	struct vs_vcpu_check *vcpu;
	struct vs_rcu_check *rcu;
	vs_note_fn note_fn;
	void *note_ctx;
	uint32_t note_mask;
	struct vs_gp_listener hears_gp;
	struct vs_verdict *out;
	size_t n_out;
};

/* The attached one, or NULL: the hooks of port.h and hw.h carry no pointer. */
extern struct vs_checker *vs_check_now;

struct vs_stamp vs_check_stamp(struct vs_checker *c, uint32_t cpu, vs_ps now, uintptr_t pc);
/* Counts it, and keeps a copy if it is among the first of its kind. True: kept, so `about` is in
 * use from now on. */
bool vs_check_add(struct vs_checker *c, const struct vs_finding *f);

/* "f (x.c:3)" and "1.234 us" into a text */
void vs_tell_site(struct vs_checker *c, FILE *out, uintptr_t pc);
void vs_tell_time(FILE *out, vs_ps time);
void vs_tell_by(struct vs_checker *c, FILE *out, const char *did, const struct vs_stamp *s);

/* calloc and realloc that end the run when there is no memory. vs_check_room makes room for item n
 * of an array of *cap; new items are zero. */
void *vs_check_alloc(size_t n, size_t size);
void *vs_check_room(void *array, uint32_t n, uint32_t *cap, size_t size);

/* The three rooms of the checker. NULL: no memory. */
struct vs_mem_check *vs_mem_check_new(struct vs_checker *c);
void vs_mem_check_free(struct vs_mem_check *m);
void vs_mem_check_vms_gone(struct vs_checker *c, const struct vs_stamp *at);
void vs_mem_check_finish(struct vs_checker *c);

struct vs_vcpu_check *vs_vcpu_check_new(void);
void vs_vcpu_check_free(struct vs_vcpu_check *v);
void vs_vcpu_check_finish(struct vs_checker *c);

struct vs_rcu_check *vs_rcu_check_new(void);
void vs_rcu_check_free(struct vs_rcu_check *r);

#endif
