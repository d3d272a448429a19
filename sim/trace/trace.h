/*
 * sim/trace/trace.h - what happened when, as a picture: Chrome's and Perfetto's JSON.
 *
 * Each CPU's records are in the order in which it did things; all are put in order by (time, CPU,
 * order) when they are written, so that a trace is the same in every window and host order. Nothing
 * that is recorded costs simulated time or changes anything. docs/trace.md says what is in it.
 */
#ifndef VS_TRACE_H
#define VS_TRACE_H

#include <stdio.h>

#include "sim/host/host.h"
#include "sim/host/rcuwatch.h"

struct vs_trace;

/* What happens in [from, until). NULL: no memory. */
struct vs_trace *vs_trace_new(uint32_t n_cpus, vs_ps from, vs_ps until);
void vs_trace_free(struct vs_trace *tr); /* NULL is fine */

/* Records what the host does, from now on. Before the run. */
void vs_trace_attach(struct vs_trace *tr, struct vs_host *h);
/* An operation of this thread has ended on this CPU. */
void vs_trace_op(struct vs_trace *tr, uint32_t cpu, const struct vs_task *t, const char *op,
		 vs_ps start, vs_ps end, const vs_ps parts[VS_CAUSES]);
/* A grace period of RCU (domain NULL) or SRCU begins or has ended. */
void vs_trace_gp(struct vs_trace *tr, uint32_t cpu, vs_ps now, const void *domain, uint64_t number,
		 bool begins);
/* What a normal grace period of RCU goes through. */
void vs_trace_gp_step(struct vs_trace *tr, uint32_t cpu, vs_ps now, uint64_t number,
		      enum vs_rcu_step step);
/* CPU `by` reports a quiescent state of `cpu` to a grace period of RCU. */
void vs_trace_quiescent(struct vs_trace *tr, uint32_t by, vs_ps now, uint64_t number, uint32_t cpu,
			bool expedited);

/* Everything up to `end`, the end of the run. False: no memory, or `to` is in error. */
bool vs_trace_write(struct vs_trace *tr, const struct vs_host *h, vs_ps end, bool gzip, FILE *to);

#endif
