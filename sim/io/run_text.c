/*
 * A run over a pipe: one JSON array of numbers and strings. The same description of the format
 * serves to write and to read, so that the two cannot differ. 64-bit numbers travel as signed ones
 * of the same bits.
 */
#include "sim/io/result.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sim/io/build.h"

#define FORMAT "vcpusim-run/1"

struct coder {
	json_t *array;
	size_t at; /* reading: next element */
	bool writing;
	bool failed;
};

static json_t *next(struct coder *c)
{
	json_t *v = json_array_get(c->array, c->at++);

	c->failed |= !v;
	return v;
}

static void code_u64(struct coder *c, uint64_t *v)
{
	json_t *in;

	if (c->writing) {
		c->array = vs_append(c->array, json_integer((json_int_t)*v));
		return;
	}
	in = next(c);
	c->failed |= !json_is_integer(in);
	*v = c->failed ? 0 : (uint64_t)json_integer_value(in);
}

static void code_u128(struct coder *c, vs_u128 *v)
{
	uint64_t high = (uint64_t)(*v >> 64), low = (uint64_t)*v;

	code_u64(c, &high);
	code_u64(c, &low);
	*v = (vs_u128)high << 64 | low;
}

static void code_u32(struct coder *c, uint32_t *v)
{
	uint64_t wide = *v;

	code_u64(c, &wide);
	c->failed |= wide > UINT32_MAX;
	*v = (uint32_t)wide;
}

/* NULL is a string too: null. */
static void code_string(struct coder *c, char **s)
{
	json_t *in;

	if (c->writing) {
		c->array = vs_append(c->array, vs_json_text(*s));
		return;
	}
	in = next(c);
	if (c->failed || json_is_null(in))
		return;
	*s = json_is_string(in) ? strdup(json_string_value(in)) : NULL;
	c->failed |= !*s;
}

static void code_name(struct coder *c, char name[VS_NAME_MAX])
{
	char *s = c->writing ? name : NULL;

	code_string(c, &s);
	if (c->writing)
		return;
	if (s && strlen(s) < VS_NAME_MAX)
		memcpy(name, s, strlen(s) + 1);
	else
		c->failed = true;
	free(s);
}

/* The length of an array, and when reading its memory. Each element takes at least one number, so
 * a length is never believed beyond what the text still holds. */
static void *code_array(struct coder *c, void *v, size_t *n, size_t each)
{
	uint64_t count = *n;

	code_u64(c, &count);
	if (c->writing)
		return v;
	*n = 0;
	if (c->failed || count > json_array_size(c->array) - c->at) {
		c->failed = true;
		return NULL;
	}
	if (!count)
		return NULL;
	v = calloc(count, each);
	c->failed |= !v;
	*n = v ? count : 0;
	return v;
}

static void code_latency(struct coder *c, struct vs_latency *l)
{
	code_u64(c, &l->count);
	code_u128(c, &l->sum_ps);
	code_u64(c, &l->min_ps);
	code_u64(c, &l->p50_ps);
	code_u64(c, &l->p90_ps);
	code_u64(c, &l->p99_ps);
	code_u64(c, &l->p999_ps);
	code_u64(c, &l->max_ps);
	l->buckets = code_array(c, l->buckets, &l->n_buckets, sizeof(*l->buckets));
	for (size_t i = 0; i < l->n_buckets; i++) {
		code_u64(c, &l->buckets[i].low_ps);
		code_u64(c, &l->buckets[i].high_ps);
		code_u64(c, &l->buckets[i].count);
	}
}

static void code_op(struct coder *c, struct vs_op_result *op)
{
	uint32_t which = op->op;

	code_u32(c, &which);
	c->failed |= which >= VS_OPS;
	op->op = (enum vs_op)which;
	code_u64(c, &op->count);
	code_u64(c, &op->errors);
	code_u64(c, &op->span_ps);
	for (int k = 0; k < VS_LATENCY_KINDS; k++)
		code_latency(c, &op->latency[k]);
	for (int i = 0; i < VS_CAUSES; i++)
		code_u128(c, &op->cause_sum_ps[i]);
	code_u64(c, &op->tail_count);
	for (int i = 0; i < VS_CAUSES; i++)
		code_u128(c, &op->tail_cause_sum_ps[i]);
}

static void code_users(struct coder *c, struct vs_line_user **v, size_t *n)
{
	*v = code_array(c, *v, n, sizeof(**v));
	for (size_t i = 0; i < *n; i++) {
		code_string(c, &(*v)[i].site);
		code_string(c, &(*v)[i].field);
		code_u64(c, &(*v)[i].count);
		code_u128(c, &(*v)[i].lost_ps);
	}
}

static void code_hot(struct coder *c, struct vs_hot_line **v, size_t *n)
{
	*v = code_array(c, *v, n, sizeof(**v));
	for (size_t i = 0; i < *n; i++) {
		struct vs_hot_line *l = &(*v)[i];

		code_string(c, &l->object);
		code_string(c, &l->field);
		code_u64(c, &l->object_bytes);
		code_u64(c, &l->offset);
		code_u64(c, &l->lines);
		code_u64(c, &l->loads);
		code_u64(c, &l->stores);
		for (int d = 0; d < VS_DISTANCES; d++)
			code_u64(c, &l->transfers[d]);
		code_u128(c, &l->lost_ps);
		code_users(c, &l->readers, &l->n_readers);
		code_users(c, &l->writers, &l->n_writers);
	}
}

static void code_open_streams(struct coder *c, struct vs_run *run)
{
	run->open_streams =
		code_array(c, run->open_streams, &run->n_open_streams, sizeof(*run->open_streams));
	for (size_t i = 0; i < run->n_open_streams; i++) {
		code_u32(c, &run->open_streams[i].stream);
		code_u64(c, &run->open_streams[i].late);
		code_u128(c, &run->open_streams[i].busy_ps);
		code_u128(c, &run->open_streams[i].asked_ps);
	}
}

static void code_run(struct coder *c, struct vs_run *run)
{
	uint32_t status = run->status;

	code_name(c, run->table);
	code_u32(c, &run->replication);
	code_u32(c, &status);
	c->failed |= status >= VS_RUN_STATUSES;
	run->status = (enum vs_run_status)status;
	code_string(c, &run->message);
	code_u64(c, &run->simulated_ps);
	run->ops = code_array(c, run->ops, &run->n_ops, sizeof(*run->ops));
	for (size_t i = 0; i < run->n_ops; i++)
		code_op(c, &run->ops[i]);
	code_u64(c, &run->memory_peak_bytes);
	code_u64(c, &run->memory_end_bytes);
	run->violations =
		code_array(c, run->violations, &run->n_violations, sizeof(*run->violations));
	for (size_t i = 0; i < run->n_violations; i++) {
		code_name(c, run->violations[i].check);
		code_string(c, &run->violations[i].message);
		code_u64(c, &run->violations[i].first_ps);
		code_u64(c, &run->violations[i].count);
	}
	run->counters = code_array(c, run->counters, &run->n_counters, sizeof(*run->counters));
	for (size_t i = 0; i < run->n_counters; i++) {
		code_name(c, run->counters[i].name);
		code_u64(c, &run->counters[i].value);
	}
	for (int e = 0; e < VS_EXIT_REASONS; e++)
		code_u64(c, &run->exits[e]);
	for (int i = 0; i < VS_VCPU_TIMES; i++)
		code_u128(c, &run->vcpu_time_ps[i]);
	code_u64(c, &run->vcpu_steal_ps.min_ps);
	code_u64(c, &run->vcpu_steal_ps.p50_ps);
	code_u64(c, &run->vcpu_steal_ps.max_ps);
	code_open_streams(c, run);
	for (int i = 0; i < VS_CAUSES; i++)
		code_u128(c, &run->line_wait_ps[i]);
	code_hot(c, &run->hot_lines, &run->n_hot_lines);
	code_hot(c, &run->hot_objects, &run->n_hot_objects);
}

char *vs_run_to_text(const struct vs_run *run)
{
	struct coder c = {.array = vs_append(json_array(), json_string(FORMAT)), .writing = true};
	struct vs_run copy = *run; /* writing changes nothing; the coder does not know that */
	char *text;

	code_run(&c, &copy);
	text = c.array ? json_dumps(c.array, JSON_COMPACT) : NULL;
	json_decref(c.array);
	return text;
}

bool vs_run_from_text(const char *text, size_t length, struct vs_run *out)
{
	struct coder c = {.array = json_loadb(text, length, 0, NULL), .at = 1};
	const char *format = json_string_value(json_array_get(c.array, 0));

	memset(out, 0, sizeof(*out));
	c.failed = !format || strcmp(format, FORMAT) != 0;
	if (!c.failed)
		code_run(&c, out);
	c.failed |= c.at != json_array_size(c.array);
	json_decref(c.array);
	if (c.failed)
		vs_run_release(out);
	return !c.failed;
}
