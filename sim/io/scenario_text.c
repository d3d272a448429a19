/* The resolved scenario, every default filled in, as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/io/build.h"
#include "sim/io/scenario_parts.h"

static json_t *in_ms(vs_ps ps)
{
	return vs_json_number((double)ps / (double)VS_PS_PER_MS);
}

static json_t *with_arrival(json_t *out, const struct vs_scenario *s, const struct vs_stream *st)
{
	json_t *pace;

	out = vs_with(out, "arrival", json_string(vs_arrival_names[st->arrival]));
	switch (st->arrival) {
	case VS_ARRIVAL_CLOSED:
		return vs_with(out, "think_us", vs_dist_to_json(&st->gap));
	case VS_ARRIVAL_OPEN:
		return vs_with(out, "gap_us", vs_dist_to_json(&st->gap));
	case VS_ARRIVAL_PACED:
		pace = json_pack("{s:s, s:I}", "stream", s->streams[st->pace_stream].name, "every",
				 (json_int_t)st->pace_every);
		return vs_with(out, "pace", pace);
	}
	return out;
}

static json_t *with_end(json_t *out, const struct vs_scenario *s, const struct vs_stream *st)
{
	switch (st->end) {
	case VS_END_COUNT:
		return vs_with(out, "count", vs_json_u64(st->count));
	case VS_END_FOR:
		return vs_with(out, "for_ms", in_ms(st->for_ps));
	case VS_END_UNTIL:
		return vs_with(out, "until", json_string(s->streams[st->until_stream].name));
	}
	return out;
}

static json_t *stream_to_json(const struct vs_scenario *s, const struct vs_stream *st)
{
	json_t *out = json_pack("{s:s, s:s, s:{s:I}}", "name", st->name, "op",
				vs_scenario_op_name(s, st->op), "from", vs_from_names[st->from],
				(json_int_t)st->issuers);

	if (st->op == VS_OP_IPI_UNICAST)
		out = vs_with(out, "to", json_string(vs_unicast_names[st->to]));
	if (st->op == VS_OP_IPI_BROADCAST)
		out = vs_with(out, "to", json_string(vs_broadcast_names[st->to_self]));
	if (st->op == VS_OP_START_STOP)
		out = vs_with(out, "count_by", json_string(vs_count_names[st->count_by]));
	if (st->op == VS_OP_CREATE_FAILING)
		out = vs_with(out, "fail", json_string(vs_fail_names[st->fail]));
	if (st->op == VS_OP_VP_FLUSH)
		out = vs_with(out, "vps", vs_json_u64(st->vps));
	if (st->op == VS_OP_REQUEST_ALL || st->op == VS_OP_IPI_BROADCAST ||
	    st->op == VS_OP_IPI_UNICAST)
		out = vs_with(out, "wait", json_boolean(st->wait));
	out = with_arrival(out, s, st);
	out = vs_with(out, "start_ms", in_ms(st->start_ps));
	return with_end(out, s, st);
}

static json_t *streams_to_json(const struct vs_scenario *s)
{
	json_t *out = json_array();

	for (size_t i = 0; i < s->n_streams; i++)
		out = vs_append(out, stream_to_json(s, &s->streams[i]));
	return out;
}

static json_t *sched_to_json(const struct vs_sched_params *p)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I}", "latency_us", (json_int_t)(p->latency_ps / VS_PS_PER_US),
		"min_granularity_us", (json_int_t)(p->min_granularity_ps / VS_PS_PER_US),
		"wakeup_granularity_us", (json_int_t)(p->wakeup_granularity_ps / VS_PS_PER_US),
		"migration_cost_us", (json_int_t)(p->migration_cost_ps / VS_PS_PER_US));
}

/* As the kernel writes a set of CPUs: "1-3,8". */
static json_t *cpus_to_json(const struct vs_scenario *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *json;

	if (!out)
		return NULL;
	for (uint32_t lo = 0, hi; lo < s->cpus; lo = hi + 1) {
		for (hi = lo; hi < s->cpus && vs_nohz_full(s, hi); hi++)
			;
		if (hi == lo)
			continue;
		fprintf(out, "%s%u", ftell(out) ? "," : "", lo);
		if (hi - 1 > lo)
			fprintf(out, "-%u", hi - 1);
	}
	fclose(out);
	json = json_string(text);
	free(text);
	return json;
}

static json_t *host_to_json(const struct vs_scenario *s)
{
	json_t *host = json_pack("{s:I, s:I, s:s, s:s, s:s, s:{s:b}}", "cpus", (json_int_t)s->cpus,
				 "hz", (json_int_t)s->hz, "preempt", vs_preempt_names[s->preempt],
				 "ipi_send", vs_ipi_send_names[s->ipi_send], "ipi_delivery",
				 vs_ipi_delivery_names[s->ipi_delivery], "rcu", "gp_self_report",
				 s->gp_self_report);

	host = vs_with(host, "sched", sched_to_json(&s->sched));
	return vs_with(host, "nohz_full", cpus_to_json(s));
}

static json_t *vm_to_json(const struct vs_scenario *s)
{
	const struct vs_halt_poll *p = &s->halt_poll;
	json_t *poll = vs_with(json_object(), "max_us", vs_json_number(p->max_ns / 1000.0));
	json_t *vm =
		json_pack("{s:I, s:I, s:s}", "max_vcpus", (json_int_t)s->max_vcpus, "boot_vcpus",
			  (json_int_t)s->boot_vcpus, "placement", vs_placement_names[s->placement]);

	poll = vs_with(poll, "grow", vs_json_u64(p->grow));
	poll = vs_with(poll, "grow_start_us", vs_json_number(p->grow_start_ns / 1000.0));
	poll = vs_with(poll, "shrink", vs_json_u64(p->shrink));
	vm = vs_with(vm, "vp_index", json_string(vs_vp_names[s->vp_mismatched]));
	vm = vs_with(vm, "memslots", vs_json_u64(s->memslots));
	vm = vs_with(vm, "halt_poll", poll);
	return vs_with(vm, "ple_window_cycles", vs_json_u64(s->ple_window_cycles));
}

static json_t *lock_to_json(const struct vs_scenario *s)
{
	json_t *lock = vs_with(json_object(), "locks", vs_json_u64(s->guest_locks));

	lock = vs_with(lock, "every_us", vs_dist_to_json(&s->lock_every));
	return vs_with(lock, "hold_us", vs_dist_to_json(&s->lock_hold));
}

json_t *vs_scenario_to_json(const struct vs_scenario *s)
{
	json_t *guest = vs_with(json_object(), "run_us", vs_dist_to_json(&s->guest_run));
	json_t *limits = vs_with(json_object(), "simulated_ms", in_ms(s->limit_ps));
	json_t *out =
		json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "schema", "vcpusim-scenario/1", "name",
			  s->name, "description", s->description, "seed", (json_int_t)s->seed,
			  "replications", (json_int_t)s->replications, "machine", s->machine.name);

	if (s->machine_set)
		out = vs_with(out, "machine_set", json_loads(s->machine_set, 0, NULL));
	guest = vs_with(guest, "halt_us", vs_dist_to_json(&s->guest_halt));
	if (s->guest_locks)
		guest = vs_with(guest, "lock", lock_to_json(s));
	limits = vs_with(limits, "wall_s", json_integer(s->limit_wall_s));
	out = vs_with(out, "host", host_to_json(s));
	if (s->no_vm) {
		json_decref(guest);
	} else {
		out = vs_with(out, "vm", vm_to_json(s));
		out = vs_with(out, "guest", guest);
		out = vs_with(out, "tables", vs_tables_to_json(s));
	}
	out = vs_with(out, "streams", streams_to_json(s));
	out = vs_with(out, "limits", limits);
	return vs_with(out, "inject",
		       json_pack("{s:I}", "enomem_every", (json_int_t)s->enomem_every));
}

char *vs_scenario_to_text(const struct vs_scenario *s)
{
	json_t *json = vs_scenario_to_json(s);
	char *text = json ? json_dumps(json, JSON_INDENT(2) | VS_JSON_FORMAT) : NULL;

	json_decref(json);
	return text;
}
