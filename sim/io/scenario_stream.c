/* Streams, each by itself. */
#include "sim/io/scenario_parts.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX INT64_C(1000000000000)

/* What a stream is read against: the names of all. */
struct streams {
	const char **names; /* of those that have a good one */
	uint32_t *index;    /* ... and which stream that is */
	size_t n;
	const struct vs_catalog *catalog;
	struct vs_scenario *s; /* gets the modules' operations that streams name */
};

static bool read_from(const struct vs_at *stream, struct vs_stream *out)
{
	struct vs_at from = vs_at_member(stream, "from");
	size_t found = 0;
	bool ok;

	if (!vs_at_object(&from, "an object that says who issues: {\"control_threads\": N}, "
				 "{\"vcpus\": N} or {\"host_threads\": N}"))
		return false;
	ok = vs_at_only(&from, vs_from_names, 3);
	for (int i = 0; i < 3; i++) {
		struct vs_at n = vs_at_member(&from, vs_from_names[i]);

		if (!n.value)
			continue;
		found++;
		out->from = (enum vs_from)i;
		ok &= vs_at_u32(&n, 1, VS_MAX_VCPUS, &out->issuers);
	}
	if (ok && found != 1) {
		vs_at_error(&from,
			    "found %zu kinds of issuers, expected exactly one of "
			    "control_threads, vcpus, host_threads",
			    found);
		ok = false;
	}
	return ok;
}

/* The index of the stream that a string names. */
static bool read_reference(const struct vs_at *at, const struct streams *all, uint32_t *out)
{
	size_t which;

	if (!vs_at_choice(at, "the name of a stream", all->names, all->n, &which))
		return false;
	*out = all->index[which];
	return true;
}

static bool read_pace(const struct vs_at *at, const struct streams *all, struct vs_stream *out)
{
	static const char *const keys[] = {"stream", "every"};
	struct vs_at stream = vs_at_member(at, "stream"), every = vs_at_member(at, "every");
	bool ok;

	if (!vs_at_object(at, "an object {\"stream\": NAME, \"every\": N}"))
		return false;
	ok = vs_at_only(at, keys, VS_COUNT(keys));
	ok &= read_reference(&stream, all, &out->pace_stream);
	ok &= vs_at_u32(&every, 1, UINT32_MAX, &out->pace_every);
	return ok;
}

/* A key that belongs to one kind of arrival is refused with the others. */
static bool refuse_key(const struct vs_at *stream, const char *key, enum vs_arrival has,
		       enum vs_arrival owner)
{
	struct vs_at at = vs_at_member(stream, key);

	if (!at.value || has == owner)
		return true;
	vs_at_error(&at, "only for arrival \"%s\", but this stream's is \"%s\"",
		    vs_arrival_names[owner], vs_arrival_names[has]);
	return false;
}

static bool read_arrival(const struct vs_at *stream, const struct streams *all,
			 struct vs_stream *out)
{
	struct vs_at arrival = vs_at_member(stream, "arrival");
	struct vs_at think = vs_at_member(stream, "think_us");
	struct vs_at gap = vs_at_member(stream, "gap_us"), pace = vs_at_member(stream, "pace");
	size_t which = VS_ARRIVAL_CLOSED;
	bool ok = true;

	if (arrival.value &&
	    !vs_at_choice(&arrival, "when operations start", vs_arrival_names, 3, &which))
		return false;
	out->arrival = (enum vs_arrival)which;
	ok &= refuse_key(stream, "think_us", out->arrival, VS_ARRIVAL_CLOSED);
	ok &= refuse_key(stream, "gap_us", out->arrival, VS_ARRIVAL_OPEN);
	ok &= refuse_key(stream, "pace", out->arrival, VS_ARRIVAL_PACED);
	if (out->arrival == VS_ARRIVAL_CLOSED && think.value)
		ok &= vs_read_dist(&think, &out->gap);
	if (out->arrival == VS_ARRIVAL_OPEN)
		ok &= vs_read_positive_dist(&gap, "it is the time between arrivals", &out->gap);
	if (out->arrival == VS_ARRIVAL_PACED)
		ok &= read_pace(&pace, all, out);
	return ok;
}

static bool read_end(const struct vs_at *stream, const struct streams *all, struct vs_stream *out)
{
	struct vs_at count = vs_at_member(stream, "count"), lasts = vs_at_member(stream, "for_ms");
	struct vs_at until = vs_at_member(stream, "until");
	int found = !!count.value + !!lasts.value + !!until.value;
	int64_t n = 0;
	bool ok = true;

	if (count.value) {
		out->end = VS_END_COUNT;
		ok &= vs_at_integer(&count, 1, COUNT_MAX, &n);
		out->count = (uint64_t)n;
	}
	if (lasts.value) {
		out->end = VS_END_FOR;
		ok &= vs_read_ms(&lasts, 1e-6, &out->for_ps);
	}
	if (until.value) {
		out->end = VS_END_UNTIL;
		ok &= read_reference(&until, all, &out->until_stream);
	}
	if (found == 1)
		return ok;
	vs_at_error(stream, "%s, expected exactly one of \"count\", \"for_ms\", \"until\"",
		    found ? "found several ends" : "never ends");
	return false;
}

/* A key that belongs to one operation is refused with the others. */
static bool is_for(const struct vs_at *at, const struct streams *all, enum vs_op has,
		   enum vs_op owner)
{
	if (!at->value || has == owner)
		return true;
	vs_at_error(at, "only for operation \"%s\", but this stream's is \"%s\"", vs_op_name(owner),
		    vs_scenario_op_name(all->s, has));
	return false;
}

static bool read_to(const struct vs_at *stream, const struct streams *all, struct vs_stream *out)
{
	struct vs_at to = vs_at_member(stream, "to");
	size_t which = VS_UNICAST_INDEX;
	bool broadcast = out->op == VS_OP_IPI_BROADCAST;

	if (!to.value)
		return true;
	if (!broadcast && out->op != VS_OP_IPI_UNICAST) {
		vs_at_error(&to, "only for operations \"%s\", \"%s\", but this stream's is \"%s\"",
			    vs_op_name(VS_OP_IPI_BROADCAST), vs_op_name(VS_OP_IPI_UNICAST),
			    vs_scenario_op_name(all->s, out->op));
		return false;
	}
	if (!vs_at_choice(&to, "whom it is for", broadcast ? vs_broadcast_names : vs_unicast_names,
			  broadcast ? 2 : 3, &which))
		return false;
	if (broadcast)
		out->to_self = which;
	else
		out->to = (enum vs_unicast)which;
	return true;
}

static bool read_details(const struct vs_at *stream, const struct streams *all,
			 struct vs_stream *out)
{
	struct vs_at by = vs_at_member(stream, "count_by"), vps = vs_at_member(stream, "vps");
	struct vs_at fail = vs_at_member(stream, "fail");
	size_t which = VS_COUNT_WALK, why = VS_FAIL_DUPLICATE;

	out->vps = 1;
	if (!read_to(stream, all, out) || !is_for(&by, all, out->op, VS_OP_START_STOP) ||
	    !is_for(&vps, all, out->op, VS_OP_VP_FLUSH) ||
	    !is_for(&fail, all, out->op, VS_OP_CREATE_FAILING))
		return false;
	if (by.value &&
	    !vs_at_choice(&by, "how started vCPUs are counted", vs_count_names, 3, &which))
		return false;
	out->count_by = (enum vs_count)which;
	if (fail.value && !vs_at_choice(&fail, "why creates fail", vs_fail_names, 2, &why))
		return false;
	out->fail = (enum vs_fail)why;
	return !vps.value || vs_at_u32(&vps, 1, 128, &out->vps);
}

/* "MODULE:NAME" */
static bool read_plain(const struct vs_at *op, const struct streams *all, struct vs_stream *out)
{
	const struct vs_catalog *c = all->catalog;
	const char **names = calloc(c->n_operations + 1, sizeof(*names));
	struct vs_scenario *s = all->s;
	size_t which;
	uint32_t k = 0;
	bool ok;

	for (size_t i = 0; names && i < c->n_operations; i++)
		names[i] = c->operations[i].name;
	if (!c->n_operations)
		vs_at_error(op,
			    "found \"%s\", but no module with operations is loaded (see "
			    "\"modules\" and --module)",
			    json_string_value(op->value));
	ok = names && c->n_operations &&
	     vs_at_choice(op, "an operation of a module", names, c->n_operations, &which);
	free(names);
	if (!ok)
		return false;
	while (k < s->n_plain && s->plain[k].operation != c->operations[which].operation)
		k++;
	if (k == VS_PLAIN_MAX) {
		vs_at_error(op, "found more than %d different operations of modules", VS_PLAIN_MAX);
		return false;
	}
	if (k == s->n_plain)
		s->plain[s->n_plain++] = c->operations[which];
	out->op = (enum vs_op)(VS_OP_PLAIN + k);
	return true;
}

static bool read_which(const struct vs_at *op, const struct streams *all, struct vs_stream *out)
{
	size_t which;

	if (json_is_string(op->value) && strchr(json_string_value(op->value), ':'))
		return read_plain(op, all, out);
	if (!vs_read_choice(op, &vs_op_choice, &which))
		return false;
	out->op = (enum vs_op)which;
	return true;
}

static bool read_op(const struct vs_at *stream, const struct streams *all, struct vs_stream *out)
{
	struct vs_at op = vs_at_member(stream, "op"), wait = vs_at_member(stream, "wait");

	if (!read_which(&op, all, out) || !read_details(stream, all, out))
		return false;
	if (!wait.value)
		return true;
	if (out->op == VS_OP_REQUEST_ALL || out->op == VS_OP_IPI_BROADCAST ||
	    out->op == VS_OP_IPI_UNICAST)
		return vs_at_bool(&wait, &out->wait);
	vs_at_error(&wait,
		    "only for operations \"%s\", \"%s\", \"%s\", but this stream's is \"%s\"",
		    vs_op_name(VS_OP_REQUEST_ALL), vs_op_name(VS_OP_IPI_BROADCAST),
		    vs_op_name(VS_OP_IPI_UNICAST), vs_scenario_op_name(all->s, out->op));
	return false;
}

static bool read_stream(const struct vs_at *at, const struct streams *all, struct vs_stream *out)
{
	static const char *const keys[] = {
		"name",    "op",       "wait",   "to",   "count_by", "vps",   "fail",   "from",
		"arrival", "think_us", "gap_us", "pace", "start_ms", "count", "for_ms", "until"};
	struct vs_at start = vs_at_member(at, "start_ms");
	bool ok;

	if (!json_is_object(at->value))
		return false; /* reported with its name */
	ok = vs_at_only(at, keys, VS_COUNT(keys));
	ok &= read_op(at, all, out);
	ok &= read_from(at, out);
	ok &= read_arrival(at, all, out);
	ok &= vs_read_ms(&start, 0, &out->start_ps);
	ok &= read_end(at, all, out);
	return ok;
}

/* Names first: streams may name those that come later. */
static bool read_name(const struct vs_at *at, struct vs_stream *out, struct streams *all,
		      uint32_t index)
{
	struct vs_at name = vs_at_member(at, "name");

	if (!vs_at_object(at, "a stream, which is an object") || !vs_at_name(&name, out->name))
		return false;
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->names[i], out->name) == 0) {
			vs_at_error(&name,
				    "found \"%s\" again (it is stream %u too), expected a "
				    "name of its own",
				    out->name, all->index[i]);
			return false;
		}
	}
	all->names[all->n] = out->name;
	all->index[all->n++] = index;
	return true;
}

bool vs_read_streams(const struct vs_at *root, const struct vs_catalog *catalog,
		     struct vs_scenario *s, bool vm_known, bool limits_known)
{
	struct vs_at streams = vs_at_member(root, "streams");
	const char *names[VS_MAX_STREAMS];
	uint32_t index[VS_MAX_STREAMS];
	struct streams all = {.names = names, .index = index, .catalog = catalog, .s = s};
	bool valid[VS_MAX_STREAMS] = {false}, ok = true;
	size_t n = vs_at_size(&streams);

	if (!vs_at_array(&streams, "an array with at least one stream"))
		return false;
	if (n > VS_MAX_STREAMS) {
		vs_at_error(&streams, "found %zu streams, expected at most %d", n, VS_MAX_STREAMS);
		return false;
	}
	s->streams = calloc(n, sizeof(*s->streams));
	if (!s->streams) {
		vs_at_error(&streams, "out of memory");
		return false;
	}
	s->n_streams = n;
	for (uint32_t i = 0; i < n; i++) {
		struct vs_at at = vs_at_element(&streams, i);

		valid[i] = read_name(&at, &s->streams[i], &all, i);
	}
	for (uint32_t i = 0; i < n; i++) {
		struct vs_at at = vs_at_element(&streams, i);

		valid[i] &= read_stream(&at, &all, &s->streams[i]);
		ok &= valid[i];
	}
	ok &= vs_check_streams(&streams, s, valid, vm_known, limits_known);
	return ok;
}
