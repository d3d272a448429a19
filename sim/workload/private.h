/* sim/workload/private.h - the inside of the workload; nobody else includes it. */
#ifndef VS_WORKLOAD_PRIVATE_H
#define VS_WORKLOAD_PRIVATE_H

#include "sim/workload/dist.h"
#include "sim/workload/rng.h"
#include "sim/workload/workload.h"

struct vs_stream_state;
struct vs_slot;

#define VS_LOCK_WORDS 8 /* a line each */

/* One operation under way. Broadcasts live on until their last target has taken them. */
struct vs_opened {
	vs_ps start, last_taken;
	vs_ps books[VS_CAUSES];
	uint64_t targets, taken;
	enum vs_op op;
	bool error, returned;
	struct vs_issuer *issuer;
	struct vs_opened *next; /* free list */
};

/* A guest that sends interrupts. FILL and AWAIT: only if it waits. */
enum vs_send_phase { VS_SEND_NOT, VS_SEND_FILL, VS_SEND_EXITS, VS_SEND_AWAIT };
struct vs_sender {
	enum vs_send_phase phase;
	uint32_t to;      /* unicast: whom */
	uint32_t next;    /* id that this phase goes on with; max_vcpus: it is over */
	uint64_t *up;     /* targets that are up, by id: a bitmap */
	uint64_t *record; /* call records by target's id, one per line; NULL: it does not wait */
};

/* One thread's share of a stream. Belongs to that thread's CPU. */
struct vs_issuer {
	struct vs_workload *w;
	struct vs_stream_state *stream;
	uint32_t k; /* of stream->def->issuers */
	struct vs_task *task;
	struct vs_slot *slot; /* issuing vCPU, or NULL */
	gsl_rng *rng;         /* think times */
	gsl_rng *choices;     /* which vCPU to look up */
	uint64_t share;       /* operations to do; UINT64_MAX: until told or until a time */
	uint64_t done;
	uint64_t arrival; /* open: next arrival's number in the stream */
	vs_ps due_ps;     /* when the next operation is due; VS_PS_NEVER: when told */
	vs_ps first_due_ps, began_ps;
	vs_u128 busy_ps; /* with operations, from their beginnings to their ends */
	uint64_t late;   /* operations begun after they were due */
	uint64_t told;   /* paced: operations asked for and not yet begun */
	uint64_t handed; /* paced: asked for in all; the conductor's, final once it stops the stream
			  */
	bool stop;
	bool finished;
	struct vs_opened *current;
	bool slot_left;         /* unplug: the thread of the vCPU that is to go has ended */
	struct vs_sender *send; /* of interrupts; else NULL */
	void *vm;               /* of its own, beside the one that all share; NULL: none */
	const struct vs_operation *plain; /* a module's operation; else NULL */
	uint32_t plain_number;            /* among all issuers of that module's */
	uint64_t failed;
};

struct vs_stream_state {
	struct vs_workload *w;
	const struct vs_stream *def;
	struct vs_issuer *issuers;
	gsl_rng *rng;    /* open: gaps ... */
	vs_ps *arrivals; /* ... and what they add up to, as far as somebody has looked */
	uint64_t n_arrivals, cap_arrivals;
	/* the conductor's */
	uint64_t completed, handed_out; /* of the stream, to its issuers in turn */
	uint32_t issuers_left;
	bool ended;
	bool followed; /* somebody keeps pace with it */
};

/* A (possible) vCPU. */
struct vs_slot {
	struct vs_workload *w;
	uint32_t id;
	void *vcpu;
	struct vs_task *task;
	gsl_rng *run_rng, *halt_rng, *lock_rng;
	vs_ps run_left; /* of a run that a lock cut in two; 0: none */
	vs_ps lock_in;  /* guest time until the next lock; VS_PS_NEVER: to be drawn */
	vs_ps lock_start;
	vs_ps lock_books[VS_CAUSES];
	struct vs_issuer **issuers;
	uint32_t n_issuers;
	struct vs_issuer *current; /* whose operation the guest asks for next */
	struct vs_issuer *calling; /* whose operation is under way */
	bool has_run;
	bool leaves;                 /* its guest is to stop ... */
	struct vs_issuer *unplugger; /* ... and this one waits for that */
	uint64_t **ack; /* records of interrupts taken, for the guest's handler to clear */
	uint32_t n_acks, acked, cap_acks;
	bool handling;
	vs_ps create_start; /* hotplug: when its create was called; VS_PS_NEVER: not measured */
};

/* An interrupt under way. */
struct vs_due {
	struct vs_opened *opened;
	uint64_t *record; /* its sender waits for; or NULL */
};

/* Interrupts posted to a vCPU and not yet taken: only touched under its request word's line. */
struct vs_target {
	vs_ps entered_at; /* first guest entry; VS_PS_NEVER: has not run yet */
	vs_ps left_at;    /* its thread ended, to be unplugged; VS_PS_NEVER: not yet */
	uint32_t id;      /* valid from then on */
	struct vs_due *pending;
	uint32_t n_pending, cap_pending;
};

struct vs_workload {
	struct vs_host *host;
	struct vs_hw *hw;
	const struct vs_scenario *s;
	const struct vs_table *table;
	uint32_t params[VS_TABLE_PARAMS_MAX];
	const struct vs_op_sink *sink;
	uint32_t replication;
	void *vm;
	struct vs_task *conductor;
	struct vs_stream_state *streams;
	struct vs_slot *slots;     /* max_vcpus */
	uint64_t *locks;           /* the guests', VS_LOCK_WORDS apart */
	struct vs_target *targets; /* by index in the table */
	uint32_t *by_line;         /* vCPU's line in the arena -> target + 1, open addressing */
	uint32_t by_line_mask;
	struct vs_opened **opened_of; /* by thread id: its operation under way */
	uint32_t n_threads;
	struct vs_opened *free_opened;
	uint32_t streams_left, guests_left;
	uint32_t n_stay;      /* boot vCPUs that no stream unplugs: the first ones */
	bool ending;          /* the VM is being destroyed */
	uint32_t came_online; /* hotplugged vCPUs that have entered their guest */
	int boot_error;
	const char *boot_failed; /* what did */
	bool done;
	vs_ps end;
	uint64_t counted_done; /* operations of streams that end by count */
	void (*booted)(void *ctx);
	void *booted_ctx;
};

/* streams.c: what is due when */
bool vs_issuer_over(struct vs_issuer *i, vs_ps now);
void vs_issuer_next(struct vs_issuer *i, vs_ps now);
void vs_issuer_begin(struct vs_issuer *i, vs_ps now);
void vs_issuer_perform(struct vs_issuer *i);
void vs_issuer_end(struct vs_issuer *i, vs_ps now);
void vs_issuer_retire(struct vs_issuer *i);
void vs_issuer_thread(void *arg);

/* plain.c: operations that are a module's */
void vs_plain_init_issuer(struct vs_issuer *i);
bool vs_plain_boot(struct vs_workload *w);
void vs_plain_check(struct vs_workload *w);

/* conductor.c */
void vs_conductor_thread(void *arg);
void vs_conductor_completed(struct vs_issuer *i);
void vs_conductor_issuer_done(struct vs_issuer *i);
void vs_conductor_guest_online(struct vs_slot *slot);
void vs_conductor_guest_gone(struct vs_slot *slot);

/* guest.c */
extern const struct vs_guest_ops vs_workload_guest;
void vs_slot_thread(void *arg);
/* By an unplugging thread: has the guest stop and waits until the vCPU's thread has ended. */
void vs_slot_stop(struct vs_slot *slot, struct vs_issuer *unplugger);

/* delivery.c */
struct vs_opened *vs_opened_new(struct vs_workload *w);
void vs_target_entered(struct vs_slot *slot, vs_ps now);
void vs_target_left(struct vs_slot *slot, vs_ps now);
void vs_opened_returned(struct vs_workload *w, struct vs_opened *o);

/* send.c */
bool vs_sender_init(struct vs_issuer *i);
void vs_sender_release(struct vs_issuer *i);
void vs_sender_exit(struct vs_issuer *i);
void vs_sender_step(struct vs_issuer *i);
uint64_t *vs_sender_record(const struct vs_issuer *i, uint32_t id);
void vs_slot_handles(struct vs_slot *slot);
void vs_slot_acknowledge(struct vs_slot *slot, uint64_t *record);

#endif
