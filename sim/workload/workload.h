/*
 * sim/workload/workload.h - the scenario's streams, played against one table.
 *
 * Threads: a conductor (boots the VM, starts and ends the streams, tears the VM down), an issuer
 * for every control or kernel thread of a stream, and one thread per possible vCPU. What the
 * streams know of each other (pace, "until") is the conductor's, and reaches it by messages: the
 * arrangement of the experiment costs simulated time nowhere but in those messages' interrupts.
 */
#ifndef VS_WORKLOAD_H
#define VS_WORKLOAD_H

#include <vcpusim/module.h>
#include <vcpusim/result.h>
#include <vcpusim/scenario.h>

#include "sim/host/host.h"

struct vs_workload;

/* Told of each finished operation and of each further latency; any CPU, any host order. What is
 * made of it must not depend on that order (histograms do not). parts: VS_CAUSES picoseconds that
 * add up to end - start. */
struct vs_op_sink {
	void *ctx;
	void (*op)(void *ctx, enum vs_op op, vs_ps start, vs_ps end, const vs_ps *parts,
		   bool error);
	void (*latency)(void *ctx, enum vs_op op, enum vs_latency_kind kind, vs_ps ps);
};

/* Makes all threads. t: NULL without a VM. params: the table's, as vs_vm_params has them, copied;
 * everything else passed must outlive it. NULL: no memory. */
struct vs_workload *vs_workload_new(struct vs_host *h, struct vs_hw *hw,
				    const struct vs_scenario *s, const struct vs_table *t,
				    const uint32_t *params, uint32_t replication,
				    const struct vs_op_sink *sink);
void vs_workload_free(struct vs_workload *w);

/* Notes go here too: VS_NOTE_VCPU_READY, VS_NOTE_VCPU_GONE, VS_NOTE_IPI_POSTED and
 * VS_NOTE_IPI_TAKEN matter. */
void vs_workload_note(struct vs_workload *w, enum vs_note what, const void *obj, uint64_t a);

/* The boot is over: allocations from here on are the measured part. */
void vs_workload_on_booted(struct vs_workload *w, void (*fn)(void *ctx), void *ctx);

bool vs_workload_done(const struct vs_workload *w, vs_ps *end);
/* For progress: operations finished and to be done, over all streams that end by count. */
void vs_workload_progress(const struct vs_workload *w, uint64_t *done, uint64_t *total);
/* How busy an open stream kept its issuers, after the run; n: its number in the scenario. */
void vs_workload_open_stream(const struct vs_workload *w, uint32_t n, struct vs_open_stream *out);
/* 0, or the -errno with which booting failed, and what did: "the VM", or a module's name. */
int vs_workload_boot_error(const struct vs_workload *w, const char **what);

#endif
