/* The resolved scenario, every default filled in, as JSON. */
#include "sim/io/scenario_parts.h"

static json_t *in_ms(vs_ps ps)
{
	return vs_json_number((double)ps / (double)VS_PS_PER_MS);
}

static void add_arrival(json_t *out, const struct vs_scenario *s, const struct vs_stream *st)
{
	json_object_set_new(out, "arrival", json_string(vs_arrival_names[st->arrival]));
	switch (st->arrival) {
	case VS_ARRIVAL_CLOSED:
		json_object_set_new(out, "think_us", vs_dist_to_json(&st->gap));
		break;
	case VS_ARRIVAL_OPEN:
		json_object_set_new(out, "gap_us", vs_dist_to_json(&st->gap));
		break;
	case VS_ARRIVAL_PACED:
		json_object_set_new(out, "pace",
				    json_pack("{s:s, s:I}", "stream",
					      s->streams[st->pace_stream].name, "every",
					      (json_int_t)st->pace_every));
		break;
	}
}

static void add_end(json_t *out, const struct vs_scenario *s, const struct vs_stream *st)
{
	switch (st->end) {
	case VS_END_COUNT:
		json_object_set_new(out, "count", json_integer((json_int_t)st->count));
		break;
	case VS_END_FOR:
		json_object_set_new(out, "for_ms", in_ms(st->for_ps));
		break;
	case VS_END_UNTIL:
		json_object_set_new(out, "until", json_string(s->streams[st->until_stream].name));
		break;
	}
}

static json_t *stream_to_json(const struct vs_scenario *s, const struct vs_stream *st)
{
	json_t *out = json_pack("{s:s, s:s, s:{s:I}}", "name", st->name, "op", vs_op_name(st->op),
				"from", vs_from_names[st->from], (json_int_t)st->issuers);

	if (st->op == VS_OP_REQUEST_ALL)
		json_object_set_new(out, "wait", json_boolean(st->wait));
	add_arrival(out, s, st);
	json_object_set_new(out, "start_ms", in_ms(st->start_ps));
	add_end(out, s, st);
	return out;
}

static json_t *tables_to_json(const struct vs_scenario *s)
{
	json_t *out = json_array();

	for (size_t i = 0; i < s->n_tables; i++)
		json_array_append_new(out, json_string(s->tables[i].name));
	return out;
}

static json_t *streams_to_json(const struct vs_scenario *s)
{
	json_t *out = json_array();

	for (size_t i = 0; i < s->n_streams; i++)
		json_array_append_new(out, stream_to_json(s, &s->streams[i]));
	return out;
}

json_t *vs_scenario_to_json(const struct vs_scenario *s)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s,"
			 " s:{s:I, s:I, s:s, s:s, s:s}, s:{s:I, s:I, s:s}, s:{s:o, s:o},"
			 " s:o, s:o, s:{s:o, s:I}, s:{s:I}}",
			 "schema", "vcpusim-scenario/1", "name", s->name, "description",
			 s->description, "seed", (json_int_t)s->seed, "replications",
			 (json_int_t)s->replications, "machine", s->machine.name,
			 /* */
			 "host", "cpus", (json_int_t)s->cpus, "hz", (json_int_t)s->hz, "preempt",
			 vs_preempt_names[s->preempt], "ipi_send", vs_ipi_send_names[s->ipi_send],
			 "ipi_delivery", vs_ipi_delivery_names[s->ipi_delivery],
			 /* */
			 "vm", "max_vcpus", (json_int_t)s->max_vcpus, "boot_vcpus",
			 (json_int_t)s->boot_vcpus, "placement", vs_placement_names[s->placement],
			 /* */
			 "guest", "run_us", vs_dist_to_json(&s->guest_run), "halt_us",
			 vs_dist_to_json(&s->guest_halt),
			 /* */
			 "tables", tables_to_json(s), "streams", streams_to_json(s),
			 /* */
			 "limits", "simulated_ms", in_ms(s->limit_ps), "wall_s",
			 (json_int_t)s->limit_wall_s, "inject", "enomem_every",
			 (json_int_t)s->enomem_every);
}

char *vs_scenario_to_text(const struct vs_scenario *s)
{
	json_t *json = vs_scenario_to_json(s);
	char *text = json ? json_dumps(json, JSON_INDENT(2) | VS_JSON_FORMAT) : NULL;

	json_decref(json);
	return text;
}
