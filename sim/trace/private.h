/* sim/trace/private.h - the inside of traces. */
#ifndef VS_TRACE_PRIVATE_H
#define VS_TRACE_PRIVATE_H

#include "sim/trace/trace.h"

/* What was recorded. a, b as the host tells them; of grace periods the domain and the number, of
 * what they go through the step or the CPU that is quiescent, and the number. */
struct vs_trace_record {
	vs_ps at;
	uint64_t a, b;
	uint32_t cpu, seq, task; /* task: number + 1; 0: none */
	uint8_t what;            /* enum vs_host_event, or below */
};
#define VS_TRACE_GP_BEGIN 100
#define VS_TRACE_GP_END 101
#define VS_TRACE_GP_STEP 102
#define VS_TRACE_QUIESCENT 103
#define VS_TRACE_EXPEDITED (UINT64_C(1) << 63) /* in numbers of grace periods */

struct vs_trace_op {
	vs_ps start, end;
	vs_ps parts[VS_CAUSES];
	const char *name;
	uint32_t cpu, seq, task;
};

struct vs_trace_records {
	struct vs_trace_record *v;
	size_t n, cap;
};

struct vs_trace {
	uint32_t n_cpus;
	vs_ps from, until;
	uint32_t *seq; /* per CPU */
	struct vs_trace_records records;
	struct vs_trace_op *ops;
	size_t n_ops, cap_ops;
	/* before `from`: the last of each CPU and thread, and grace periods that are open */
	struct vs_trace_record *cpu_before;
	struct vs_trace_records task_before, gp_before;
	bool failed;
};

enum vs_trace_pid {
	VS_PID_CPUS = 1,
	VS_PID_VCPUS,
	VS_PID_THREADS,
	VS_PID_OPS,
	VS_PID_GRACE_PERIODS
};

/* A slice, an end of a flow, or an instant. */
struct vs_trace_slice {
	vs_ps ts, end;
	const char *name;
	const struct vs_trace_op *op; /* whose parts are told, or NULL */
	uint64_t arg;                 /* flow: its number; grace period: its; else holder + 1 */
	const struct vs_trace_record *quiescent; /* instant: who is, or NULL */
	uint32_t pid, tid;
	uint32_t order;
	char ph; /* 'X', 's', 'f', 'i' */
};

struct vs_trace_slices {
	struct vs_trace_slice *v;
	size_t n, cap;
	bool failed;
};

/* slices.c: in order of time, track and coming */
void vs_trace_cut(struct vs_trace *tr, const struct vs_host *h, vs_ps end,
		  struct vs_trace_slices *out);

#endif
