/* One run as it stands in a result. */
#include <vcpusim/cause.h>

#include "sim/io/build.h"
#include "sim/io/result_json.h"
#include "sim/io/scenario.h"

static const char *const status_names[VS_RUN_STATUSES] = {
	[VS_RUN_OK] = "ok",           [VS_RUN_CHECK_FAILED] = "check_failed",
	[VS_RUN_LIMIT] = "limit",     [VS_RUN_DEADLOCK] = "deadlock",
	[VS_RUN_CRASHED] = "crashed",
};

static const char *const latency_names[VS_LATENCY_KINDS] = {
	[VS_LATENCY] = "latency_ns",
	[VS_TO_ONLINE] = "to_online_ns",
	[VS_TO_LAST] = "to_last_ns",
	[VS_DELIVERY] = "delivery_ns",
};

/* Rounded to the nearest picosecond, in integers. */
static vs_ps mean(vs_u128 sum, uint64_t count)
{
	return count ? (vs_ps)((sum + count / 2) / count) : VS_PS_NEVER;
}

static json_t *per_second(uint64_t count, vs_ps span)
{
	return span ? vs_json_number((double)count * (double)VS_PS_PER_S / (double)span)
		    : json_null();
}

static json_t *latency_to_json(const struct vs_latency *l)
{
	/* without a sample there is nothing to say, whatever the fields hold */
	vs_ps none = l->count ? 0 : VS_PS_NEVER;
	json_t *out = vs_with(json_object(), "count", vs_json_u64(l->count));

	out = vs_with(out, "min", vs_json_ns(l->min_ps | none));
	out = vs_with(out, "mean", vs_json_ns(mean(l->sum_ps, l->count)));
	out = vs_with(out, "p50", vs_json_ns(l->p50_ps | none));
	out = vs_with(out, "p90", vs_json_ns(l->p90_ps | none));
	out = vs_with(out, "p99", vs_json_ns(l->p99_ps | none));
	out = vs_with(out, "p999", vs_json_ns(l->p999_ps | none));
	return vs_with(out, "max", vs_json_ns(l->max_ps | none));
}

static json_t *buckets_to_json(const struct vs_latency *l)
{
	json_t *out = json_array();

	for (size_t i = 0; i < l->n_buckets; i++) {
		const struct vs_bucket *b = &l->buckets[i];
		json_t *bucket = vs_append(json_array(), vs_json_ns(b->low_ps));

		bucket = vs_append(bucket, vs_json_ns(b->high_ps));
		out = vs_append(out, vs_append(bucket, vs_json_u64(b->count)));
	}
	return out;
}

/* No time takes no time: parts that are all 0 are not known. */
static json_t *causes_to_json(const vs_u128 sum[VS_CAUSES], uint64_t count)
{
	json_t *out = json_object();
	vs_u128 all = 0;

	for (int c = 0; c < VS_CAUSES; c++)
		all += sum[c];
	if (!count || !all) {
		json_decref(out);
		return json_null();
	}
	for (int c = 0; c < VS_CAUSES; c++)
		out = vs_with(out, vs_cause_name((enum vs_cause)c),
			      vs_json_ns(mean(sum[c], count)));
	return out;
}

static json_t *breakdown_to_json(const struct vs_op_result *op)
{
	uint64_t count = op->latency[VS_LATENCY].count;
	json_t *out = vs_with(json_object(), "mean", causes_to_json(op->cause_sum_ps, count));

	out = vs_with(out, "p99_up", causes_to_json(op->tail_cause_sum_ps, op->tail_count));
	return vs_with(out, "p99_up_count", vs_json_u64(op->tail_count));
}

static json_t *op_to_json(const struct vs_op_result *op)
{
	json_t *histogram = json_object();
	json_t *out = vs_with(json_object(), "count", vs_json_u64(op->count));

	out = vs_with(out, "errors", vs_json_u64(op->errors));
	out = vs_with(out, "span_ns", vs_json_ns(op->span_ps));
	out = vs_with(out, "throughput_per_s", per_second(op->count, op->span_ps));
	if (op->latency[VS_DELIVERY].count)
		out = vs_with(out, "deliveries_per_s",
			      per_second(op->latency[VS_DELIVERY].count, op->span_ps));
	for (int k = 0; k < VS_LATENCY_KINDS; k++) {
		const struct vs_latency *l = &op->latency[k];

		if (k != VS_LATENCY && !l->count)
			continue;
		out = vs_with(out, latency_names[k], latency_to_json(l));
		histogram = vs_with(histogram, latency_names[k], buckets_to_json(l));
	}
	out = vs_with(out, "breakdown_ns", breakdown_to_json(op));
	return vs_with(out, "histogram", histogram);
}

static json_t *violation_to_json(const struct vs_violation *v)
{
	json_t *out = vs_with(json_object(), "check", vs_json_text(v->check));

	out = vs_with(out, "message", vs_json_text(v->message));
	out = vs_with(out, "first_ns", vs_json_ns(v->first_ps));
	return vs_with(out, "count", vs_json_u64(v->count));
}

static json_t *exits_to_json(const uint64_t exits[VS_EXIT_REASONS])
{
	static const char *const names[VS_EXIT_REASONS] = {[VS_EXIT_INTERRUPT] = "interrupt",
							   [VS_EXIT_HLT] = "hlt",
							   [VS_EXIT_OPERATION] = "operation",
							   [VS_EXIT_PAUSE] = "pause"};
	json_t *out = json_object();

	for (int e = 0; e < VS_EXIT_REASONS; e++)
		out = vs_with(out, names[e], vs_json_u64(exits[e]));
	return out;
}

json_t *vs_json_sum_ns(vs_u128 ps)
{
	if (ps < VS_PS_NEVER)
		return vs_json_ns((vs_ps)ps);
	return vs_json_number((double)ps / (double)VS_PS_PER_NS);
}

static json_t *vcpu_time_to_json(const vs_u128 time[VS_VCPU_TIMES])
{
	static const char *const names[VS_VCPU_TIMES] = {[VS_VCPU_GUEST] = "guest",
							 [VS_VCPU_HOST] = "host",
							 [VS_VCPU_STEAL] = "steal",
							 [VS_VCPU_HALTED] = "halted"};
	json_t *out = json_object();
	vs_u128 elapsed = 0;

	for (int i = 0; i < VS_VCPU_TIMES; i++) {
		out = vs_with(out, names[i], vs_json_sum_ns(time[i]));
		elapsed += time[i];
	}
	return vs_with(out, "elapsed", vs_json_sum_ns(elapsed));
}

static json_t *spread_to_json(const struct vs_spread *s)
{
	json_t *out = vs_with(json_object(), "min", vs_json_ns(s->min_ps));

	out = vs_with(out, "p50", vs_json_ns(s->p50_ps));
	return vs_with(out, "max", vs_json_ns(s->max_ps));
}

static json_t *open_streams_to_json(const struct vs_scenario *s, const struct vs_run *run)
{
	json_t *out = json_array();

	for (size_t i = 0; i < run->n_open_streams; i++) {
		const struct vs_open_stream *o = &run->open_streams[i];
		json_t *one =
			vs_with(json_object(), "stream", vs_json_text(s->streams[o->stream].name));

		one = vs_with(one, "late", vs_json_u64(o->late));
		one = vs_with(one, "utilisation",
			      o->asked_ps ? vs_json_number((double)o->busy_ps / (double)o->asked_ps)
					  : json_null());
		out = vs_append(out, one);
	}
	return out;
}

static json_t *line_wait_to_json(const vs_u128 wait[VS_CAUSES])
{
	json_t *out = json_object();

	for (int c = VS_CAUSE_CACHE; c <= VS_CAUSE_MEMORY; c++)
		out = vs_with(out, vs_cause_name((enum vs_cause)c), vs_json_sum_ns(wait[c]));
	return out;
}

json_t *vs_run_to_json(const struct vs_scenario *s, const struct vs_run *run)
{
	json_t *ops = json_object(), *violations = json_array(), *memory;
	json_t *out = vs_with(json_object(), "table", vs_json_text(run->table));

	for (size_t i = 0; i < run->n_ops; i++)
		ops = vs_with(ops, vs_scenario_op_name(s, run->ops[i].op),
			      op_to_json(&run->ops[i]));
	for (size_t i = 0; i < run->n_violations; i++)
		violations = vs_append(violations, violation_to_json(&run->violations[i]));
	memory = vs_with(json_object(), "peak", vs_json_u64(run->memory_peak_bytes));
	memory = vs_with(memory, "end", vs_json_u64(run->memory_end_bytes));
	out = vs_with(out, "replication", vs_json_u64(run->replication));
	out = vs_with(out, "status", json_string(status_names[run->status]));
	out = vs_with(out, "message", vs_json_text(run->message));
	out = vs_with(out, "simulated_ns", vs_json_ns(run->simulated_ps));
	out = vs_with(out, "ops", ops);
	out = vs_with(out, "memory_bytes", memory);
	out = vs_with(out, "exits", exits_to_json(run->exits));
	out = vs_with(out, "vcpu_time_ns", vcpu_time_to_json(run->vcpu_time_ps));
	out = vs_with(out, "vcpu_steal_ns", spread_to_json(&run->vcpu_steal_ps));
	if (run->n_open_streams)
		out = vs_with(out, "open_streams", open_streams_to_json(s, run));
	out = vs_with(out, "violations", violations);
	if (!run->n_hot_objects)
		return out;
	out = vs_with(out, "line_wait_ns", line_wait_to_json(run->line_wait_ps));
	out = vs_with(out, "hot_lines", vs_hot_lines_to_json(run->hot_lines, run->n_hot_lines));
	return vs_with(out, "hot_objects",
		       vs_hot_objects_to_json(run->hot_objects, run->n_hot_objects));
}
