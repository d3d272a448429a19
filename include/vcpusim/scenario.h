/*
 * vcpusim/scenario.h - one resolved scenario: everything a run depends on, defaults filled in.
 *
 * sim/io makes it from JSON and owns it (vs_scenario_free); everything else reads it.
 * Times are picoseconds; the JSON has _us and _ms. Format: docs/scenarios.md.
 */
#ifndef VCPUSIM_SCENARIO_H
#define VCPUSIM_SCENARIO_H

#include <vcpusim/machine.h>
#include <vcpusim/module.h>
#include <vcpusim/types.h>

#define VS_NAME_MAX 64

enum vs_dist_kind {
	VS_DIST_CONSTANT,    /* p[0] = value */
	VS_DIST_UNIFORM,     /* p[0] = min, p[1] = max */
	VS_DIST_EXPONENTIAL, /* p[0] = mean */
	VS_DIST_LOGNORMAL,   /* p[0] = zeta, p[1] = sigma */
	VS_DIST_GAMMA,       /* p[0] = a, p[1] = b */
	VS_DIST_WEIBULL,     /* p[0] = a, p[1] = b */
	VS_DIST_PARETO,      /* p[0] = a, p[1] = b */
	VS_DIST_EMPIRICAL    /* values[n], each equally likely */
};

struct vs_dist { /* draws are microseconds, rounded to whole ps at once */
	enum vs_dist_kind kind;
	double p[2];
	double *values;
	size_t n_values;
};

enum vs_op {
	VS_OP_HOTPLUG,
	VS_OP_IPI_BROADCAST,
	VS_OP_REQUEST_ALL,
	VS_OP_LOOKUP,
	VS_OP_LOOKUP_BY_ID,
	VS_OP_UNPLUG,
	VS_OP_ON_SPIN,
	VS_OP_IPI_UNICAST,
	VS_OP_INDEX_OF,
	VS_OP_KICK,
	VS_OP_START_STOP,
	VS_OP_VP_FLUSH,
	VS_OP_VM_CREATE,
	VS_OP_VM_DESTROY,
	VS_OP_MEMSLOT_READ,
	VS_OP_MEMSLOT_UPDATE,
	VS_OP_CREATE_FAILING,
	VS_OP_GUEST_LOCK, /* what guests do by themselves: no stream's */
	VS_OP_PLAIN,      /* a module's: the first of those that the scenario has */
	VS_OPS = VS_OP_PLAIN + 16
};
#define VS_PLAIN_MAX (VS_OPS - VS_OP_PLAIN)

enum vs_unicast { VS_UNICAST_INDEX, VS_UNICAST_ID, VS_UNICAST_SELF };
enum vs_fail { VS_FAIL_DUPLICATE, VS_FAIL_LIMIT };
enum vs_from { VS_FROM_CONTROL, VS_FROM_VCPUS, VS_FROM_KTHREADS };
enum vs_arrival { VS_ARRIVAL_CLOSED, VS_ARRIVAL_OPEN, VS_ARRIVAL_PACED };
enum vs_end { VS_END_COUNT, VS_END_FOR, VS_END_UNTIL };

struct vs_stream {
	char name[VS_NAME_MAX];
	enum vs_op op;
	bool wait; /* request_all, interrupts: wait for every target */
	enum vs_unicast to;
	bool to_self;           /* ipi_broadcast: to the sender as well */
	enum vs_count count_by; /* start_stop */
	enum vs_fail fail;      /* create_failing: why */
	uint32_t vps;           /* vp_flush: how many at once */
	enum vs_from from;
	uint32_t issuers;
	enum vs_arrival arrival;
	struct vs_dist gap;   /* closed: think time; open: time between arrivals */
	uint32_t pace_stream; /* paced: index of the stream followed ... */
	uint32_t pace_every;  /* ... and one operation per so many of its */
	vs_ps start_ps;
	enum vs_end end;
	uint64_t count;        /* VS_END_COUNT: operations of the whole stream */
	vs_ps for_ps;          /* VS_END_FOR */
	uint32_t until_stream; /* VS_END_UNTIL */
};

enum vs_preempt { VS_PREEMPT_NONE, VS_PREEMPT_VOLUNTARY, VS_PREEMPT_FULL };
enum vs_ipi_send { VS_SEND_SHORTHAND, VS_SEND_PHYSICAL, VS_SEND_CLUSTER, VS_SEND_PV };
enum vs_ipi_delivery { VS_DELIVERY_EXIT, VS_DELIVERY_POSTED };

/*
 * The fair scheduler's: see sim/host/fair.c. Defaults are those of Linux (kernel/sched/fair.c at
 * 000619680c37): 6, 0.75 and 1 ms, times 1 + log2 of the number of CPUs, 8 at most; 0.5 ms.
 */
struct vs_sched_params {
	vs_ps latency_ps;            /* in which everybody who waits gets a turn */
	vs_ps min_granularity_ps;    /* if that leaves each so much */
	vs_ps wakeup_granularity_ps; /* a woken thread preempts if ahead by more */
	vs_ps migration_cost_ps;     /* who ran within it stays; who idles less does not pull */
};

static inline struct vs_sched_params vs_sched_defaults(uint32_t cpus)
{
	vs_ps factor = 1 + (cpus >= 2) + (cpus >= 4) + (cpus >= 8);

	return (struct vs_sched_params){.latency_ps = factor * 6000 * VS_PS_PER_US,
					.min_granularity_ps = factor * 750 * VS_PS_PER_US,
					.wakeup_granularity_ps = factor * 1000 * VS_PS_PER_US,
					.migration_cost_ps = 500 * VS_PS_PER_US};
}

enum vs_placement { VS_PLACE_FLOAT, VS_PLACE_PINNED };

/* A table with its parameters, all of them. */
struct vs_table_ref {
	char name[VS_NAME_MAX]; /* as results call it: "chunked(chunk=128)", "chunked" as it is */
	char table[VS_NAME_MAX];
	const char *no_unplug; /* the module's: why not; NULL: vCPUs can be unplugged */
	uint32_t n_params;
	struct {
		char name[VS_NAME_MAX];
		uint32_t value;
	} param[VS_TABLE_PARAMS_MAX];
};

/* A module's operation. */
struct vs_plain {
	char name[VS_NAME_MAX]; /* "MODULE:NAME" */
	const struct vs_module *module;
	const struct vs_operation *operation;
};

struct vs_scenario {
	char name[VS_NAME_MAX];
	char *description;
	uint64_t seed;
	uint32_t replications;
	struct vs_machine machine;
	struct vs_machine_params machine_params;
	char *machine_file; /* where it was read from */
	char *machine_set;  /* what of it the scenario set, as JSON; NULL: nothing */
	uint32_t cpus;      /* host CPUs used: the first so many cores of the machine */
	uint32_t hz;
	enum vs_preempt preempt;
	struct vs_sched_params sched;
	uint64_t nohz_full[VS_MAX_CORES / 64]; /* CPUs without a tick in their only guest */
	bool gp_self_report; /* RCU's grace-period thread reports for its CPU at once */
	enum vs_ipi_send ipi_send;
	enum vs_ipi_delivery ipi_delivery;
	uint32_t max_vcpus;
	uint32_t boot_vcpus;
	enum vs_placement placement;
	bool vp_mismatched; /* Hyper-V's indexes are not the table's */
	uint32_t memslots;
	struct vs_halt_poll halt_poll;
	uint32_t ple_window_cycles; /* pause-loop exits: a guest may spin so long; 0: for ever */
	struct vs_dist guest_run;
	struct vs_dist guest_halt;
	uint32_t guest_locks; /* spinlocks that the guests share; 0: none */
	struct vs_dist lock_every;
	struct vs_dist lock_hold;
	bool no_vm; /* plain operations only; then there is one table, "none" */
	struct vs_table_ref *tables;
	size_t n_tables;
	struct vs_plain plain[VS_PLAIN_MAX]; /* of operation VS_OP_PLAIN + index */
	uint32_t n_plain;
	struct vs_stream *streams;
	size_t n_streams;
	vs_ps limit_ps; /* simulated */
	uint32_t limit_wall_s;
	uint64_t enomem_every; /* fail every n-th allocation of the measured part; 0: none */
};

static inline bool vs_nohz_full(const struct vs_scenario *s, uint32_t cpu)
{
	return s->nohz_full[cpu / 64] >> cpu % 64 & 1;
}

/* Is there anything to tell of this operation? */
static inline bool vs_has_op(const struct vs_scenario *s, enum vs_op op)
{
	for (size_t i = 0; i < s->n_streams; i++)
		if (s->streams[i].op == op)
			return true;
	return op == VS_OP_GUEST_LOCK && s->guest_locks;
}

void vs_scenario_free(struct vs_scenario *s);

#endif
