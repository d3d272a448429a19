/*
 * vcpusim/result.h - what came out, as plain data: the workload and sim/measure fill it, sim/io
 * writes it as `vcpusim-result/1`.
 *
 * Integers only inside a run: times and sums are picoseconds; means and rates are formed when it is
 * written. VS_PS_NEVER stands for "too few samples", null in the JSON. Arrays and strings are
 * malloc'ed and owned by the struct that holds them.
 */
#ifndef VCPUSIM_RESULT_H
#define VCPUSIM_RESULT_H

#include <vcpusim/scenario.h>

/* Samples in [low_ps, high_ps). Equal low_ps means the same bucket in every run. Ascending. */
struct vs_bucket {
	vs_ps low_ps;
	vs_ps high_ps;
	uint64_t count;
};

struct vs_latency {
	uint64_t count; /* 0: there were none, or the operation has no such latency */
	vs_u128 sum_ps;
	vs_ps min_ps, p50_ps, p90_ps, p99_ps, p999_ps, max_ps;
	struct vs_bucket *buckets;
	size_t n_buckets;
};

enum vs_latency_kind {
	VS_LATENCY,   /* call -> return (or back in guest) */
	VS_TO_ONLINE, /* hotplug: call -> first guest entry of the new vCPU */
	VS_TO_LAST,   /* broadcast: call -> the last target has taken it */
	VS_DELIVERY,  /* broadcast: call -> a target has taken it, one sample per target */
	VS_LATENCY_KINDS
};

/* Of all streams of one operation together. */
struct vs_op_result {
	enum vs_op op;
	uint64_t count; /* completed, errors included */
	uint64_t errors;
	vs_ps span_ps; /* first start to last completion; throughput = count / span */
	struct vs_latency latency[VS_LATENCY_KINDS];
	/* Where the time of all operations went, and that of those at or above p99, as sums: the
	 * parts of either add up to the sum of those operations' latencies. */
	vs_u128 cause_sum_ps[VS_CAUSES];
	uint64_t tail_count; /* operations at or above p99; 0: p99 is not known */
	vs_u128 tail_cause_sum_ps[VS_CAUSES];
};

struct vs_violation {
	char check[VS_NAME_MAX]; /* which checker */
	char *message;           /* first occurrence, with places */
	vs_ps first_ps;
	uint64_t count;
};

/* Who waited for a line. */
struct vs_line_user {
	char *site;  /* the access: "function (file.c:12)" */
	char *field; /* what it was to; NULL: not known */
	uint64_t count;
	vs_u128 lost_ps;
};

/* Accesses that waited for a line, of all cores and threads: hits are not among them. Lines at the
 * same offset of objects allocated at the same place are one. */
struct vs_hot_line {
	char *object; /* "struct kvm_vcpu (create.h:26)", or a symbol */
	char *field;  /* the members that were touched; NULL: not known */
	uint64_t object_bytes;
	uint64_t offset; /* of the line in the object */
	uint64_t lines;  /* how many there were */
	uint64_t loads, stores;
	uint64_t transfers[VS_DISTANCES];
	vs_u128 lost_ps;
	struct vs_line_user *readers, *writers; /* those who lost most first */
	size_t n_readers, n_writers;
};

/* A stream whose operations come whether or not earlier ones have ended. Issuers that are busy for
 * longer than as many operations take to come (busy_ps above asked_ps: a utilisation above 1) fall
 * ever further behind. */
struct vs_open_stream {
	uint32_t stream;           /* its number in the scenario */
	uint64_t late;             /* operations begun after they were due */
	vs_u128 busy_ps, asked_ps; /* of all issuers together */
};

/* Of vCPUs that ran at all: the one with the least, the middle one (of two: the lower), the most.
 */
struct vs_spread {
	vs_ps min_ps, p50_ps, max_ps;
};

/* For --profile only: never in the result. */
struct vs_counter {
	char name[VS_NAME_MAX];
	uint64_t value;
};

enum vs_run_status {
	VS_RUN_OK,
	VS_RUN_CHECK_FAILED, /* ran to its end, but has violations */
	VS_RUN_LIMIT,        /* a limit of the scenario ended it */
	VS_RUN_DEADLOCK,
	VS_RUN_CRASHED,
	VS_RUN_STATUSES
};

struct vs_run {
	char table[VS_NAME_MAX];
	uint32_t replication; /* from 0 */
	enum vs_run_status status;
	char *message; /* what happened if not OK; may be NULL */
	vs_ps simulated_ps;
	struct vs_op_result *ops; /* those the scenario has, in the order of enum vs_op */
	size_t n_ops;
	uint64_t memory_peak_bytes, memory_end_bytes; /* of the table */
	uint64_t exits[VS_EXIT_REASONS];              /* of all vCPUs */
	vs_u128 vcpu_time_ps[VS_VCPU_TIMES];          /* of all vCPUs; their sum is what passed */
	struct vs_spread vcpu_steal_ps;
	struct vs_open_stream *open_streams; /* those the scenario has, in its order */
	size_t n_open_streams;
	vs_u128 line_wait_ps[VS_CAUSES]; /* of all threads: the sum over hot_objects */
	struct vs_hot_line *hot_lines;   /* those who cost most first */
	size_t n_hot_lines;
	struct vs_hot_line *hot_objects; /* all, whatever the offset; without users */
	size_t n_hot_objects;
	struct vs_violation *violations;
	size_t n_violations;
	struct vs_counter *counters;
	size_t n_counters;
};

/* An estimate over replications with its 95 % interval. Not known: null in the JSON. */
struct vs_figure {
	bool known;
	bool has_interval;
	double value, low, high;
};

/* metric: name with its unit, e.g. "throughput_per_s", "latency_p99_ns", "memory_peak_bytes". */
struct vs_summary {
	char table[VS_NAME_MAX];
	enum vs_op op; /* VS_OPS: of the whole run */
	char metric[VS_NAME_MAX];
	uint32_t replications;
	struct vs_figure estimate;
};

/* Paired over replications, a minus b. */
struct vs_comparison {
	char a[VS_NAME_MAX], b[VS_NAME_MAX];
	enum vs_op op; /* VS_OPS: of the whole run */
	char metric[VS_NAME_MAX];
	uint32_t replications;
	struct vs_figure difference;
	int better; /* -1: a, 1: b, 0: the interval does not exclude zero */
};

struct vs_module_info {
	char name[VS_NAME_MAX];
	char *compiler;
	char *flags;
	char hash[VS_NAME_MAX]; /* of text and rodata, hexadecimal */
};

/* Where a native run ran: docs/native.md */
struct vs_native_host {
	char cpu[VS_NAME_MAX]; /* as the kernel calls its model */
	uint32_t cpus;
	vs_ps clock_ps; /* what reading the clock takes: in every latency */
};

struct vs_result {
	const struct vs_scenario *scenario;  /* not owned */
	const struct vs_native_host *native; /* NULL: simulated; not owned */
	char version[VS_NAME_MAX];
	char simgrid_version[VS_NAME_MAX];
	bool partial; /* interrupted: only the finished runs are here */
	struct vs_module_info *modules;
	size_t n_modules;
	struct vs_run *runs;
	size_t n_runs;
	struct vs_summary *summary;
	size_t n_summary;
	struct vs_comparison *comparisons;
	size_t n_comparisons;
};

/* Free what they hold and clear them; implemented in sim/io. */
void vs_run_release(struct vs_run *run);
void vs_result_release(struct vs_result *r);

#endif
