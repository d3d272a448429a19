/* How streams fit each other, the VM and the limits: each must be able to start, go on and end. */
#include "sim/io/scenario_parts.h"

struct check {
	const struct vs_at *streams;
	const struct vs_scenario *s;
	const bool *valid;
	bool vm_known, limits_known;
	bool ok;
};

/* The place streams[i].key, in the caller's `stream`. */
static struct vs_at member(const struct check *c, size_t i, const char *key, struct vs_at *stream)
{
	*stream = vs_at_element(c->streams, i);
	return vs_at_member(stream, key);
}

static void check_issuers(struct check *c, size_t i)
{
	const struct vs_stream *st = &c->s->streams[i];
	struct vs_at stream, from = member(c, i, "from", &stream);
	struct vs_at n = vs_at_member(&from, vs_from_names[st->from]);

	if ((st->op == VS_OP_HOTPLUG || st->op == VS_OP_UNPLUG || st->op == VS_OP_CREATE_FAILING) &&
	    st->from != VS_FROM_CONTROL) {
		vs_at_error(
			&from, "found \"%s\", expected \"control_threads\": only the VMM %s vCPUs",
			vs_from_names[st->from], st->op == VS_OP_UNPLUG ? "unplugs" : "creates");
		c->ok = false;
	} else if ((st->op == VS_OP_VM_CREATE || st->op == VS_OP_VM_DESTROY) &&
		   st->from != VS_FROM_CONTROL) {
		vs_at_error(&from,
			    "found \"%s\", expected \"control_threads\": only the VMM has VMs",
			    vs_from_names[st->from]);
		c->ok = false;
	} else if (st->op == VS_OP_MEMSLOT_UPDATE && st->from != VS_FROM_CONTROL) {
		vs_at_error(&from,
			    "found \"%s\", expected \"control_threads\": only the VMM has "
			    "memory slots to give",
			    vs_from_names[st->from]);
		c->ok = false;
	} else if ((st->op == VS_OP_IPI_BROADCAST || st->op == VS_OP_IPI_UNICAST ||
		    st->op == VS_OP_ON_SPIN) &&
		   st->from != VS_FROM_VCPUS) {
		vs_at_error(&from,
			    "found \"%s\", expected \"vcpus\": only a guest sends interrupts "
			    "to its VM",
			    vs_from_names[st->from]);
		c->ok = false;
	} else if (c->s->no_vm && st->from == VS_FROM_VCPUS) {
		vs_at_error(&from, "found \"vcpus\", expected \"host_threads\" or "
				   "\"control_threads\": the scenario has no \"vm\"");
		c->ok = false;
	} else if (c->vm_known && st->from == VS_FROM_VCPUS && st->issuers > c->s->boot_vcpus) {
		vs_at_expected(&n, "at most boot_vcpus = %u: those that exist from the start",
			       c->s->boot_vcpus);
		c->ok = false;
	} else if (c->vm_known && st->op == VS_OP_IPI_UNICAST && st->to != VS_UNICAST_SELF &&
		   c->s->boot_vcpus < 2) {
		vs_at_error(&stream, "has nobody to send to: expected boot_vcpus of at least 2, or "
				     "\"to\": \"self\"");
		c->ok = false;
	}
}

/* What is refused as a duplicate has been counted by then, so it needs room as well. What is beyond
 * the limit needs a VM that is full from start to end. */
static void check_failing(struct check *c)
{
	uint64_t room = c->s->max_vcpus - c->s->boot_vcpus;

	for (size_t i = 0; i < c->s->n_streams; i++)
		if (c->valid[i] && c->s->streams[i].op == VS_OP_HOTPLUG)
			room -= c->s->streams[i].count < room ? c->s->streams[i].count : room;
	for (size_t i = 0; i < c->s->n_streams; i++) {
		const struct vs_stream *st = &c->s->streams[i];
		struct vs_at stream, op = member(c, i, "op", &stream);
		bool full = true;

		if (!c->valid[i] || st->op != VS_OP_CREATE_FAILING)
			continue;
		for (size_t k = 0; k < c->s->n_streams; k++)
			full &= c->s->streams[k].op != VS_OP_UNPLUG;
		full &= c->s->boot_vcpus == c->s->max_vcpus;
		if (st->fail == VS_FAIL_LIMIT && !full) {
			vs_at_error(&op, "would not fail: expected boot_vcpus = max_vcpus, and no "
					 "stream that unplugs");
			c->ok = false;
		}
		if (st->fail == VS_FAIL_DUPLICATE && room < st->issuers) {
			vs_at_error(&op,
				    "would fail for want of room, not as a duplicate: expected "
				    "max_vcpus to leave room for its issuers beside all others'");
			c->ok = false;
		}
		room -= st->fail == VS_FAIL_DUPLICATE && room >= st->issuers ? st->issuers : 0;
	}
}

/* There must be room for every vCPU that is to be plugged in. */
static void check_hotplug(struct check *c)
{
	uint64_t room = c->s->max_vcpus - c->s->boot_vcpus, sum = 0;

	for (size_t i = 0; i < c->s->n_streams; i++) {
		const struct vs_stream *st = &c->s->streams[i];
		struct vs_at stream, count = member(c, i, "count", &stream);

		if (!c->valid[i] || st->op != VS_OP_HOTPLUG)
			continue;
		if (st->end != VS_END_COUNT) {
			vs_at_expected(&count,
				       "a count: each operation of hotplug takes one of "
				       "max_vcpus - boot_vcpus = %llu places",
				       (unsigned long long)room);
			c->ok = false;
			continue;
		}
		sum += st->count;
		if (c->vm_known && sum > room) {
			vs_at_expected(&count,
				       "at most max_vcpus - boot_vcpus = %llu in all hotplug "
				       "streams, which have %llu up to here",
				       (unsigned long long)room, (unsigned long long)sum);
			c->ok = false;
		}
	}
}

static void check_unplug_tables(struct check *c, const struct vs_stream *st)
{
	struct vs_at tables = vs_at_member(c->streams->parent, "tables");

	for (size_t i = 0; i < c->s->n_tables; i++) {
		struct vs_at table = vs_at_element(&tables, i);

		if (!c->s->tables[i].no_unplug)
			continue;
		vs_at_error(&table,
			    "found \"%s\", expected a table that stream \"%s\" can unplug from: %s",
			    c->s->tables[i].name, st->name, c->s->tables[i].no_unplug);
		c->ok = false;
	}
}

/* Boot vCPUs go, from the highest index down, one at a time; those that issue stay, and no create
 * may take the place of one meanwhile. */
static void check_unplug(struct check *c, size_t i)
{
	const struct vs_stream *st = &c->s->streams[i];
	struct vs_at stream, op = member(c, i, "op", &stream),
			     count = vs_at_member(&stream, "count");
	struct vs_at from = vs_at_member(&stream, "from");
	struct vs_at n = vs_at_member(&from, vs_from_names[st->from]);
	uint32_t stay = 1;

	for (size_t k = 0; k < c->s->n_streams; k++) {
		const struct vs_stream *other = &c->s->streams[k];

		if (!c->valid[k] || k == i)
			continue;
		if (other->op == VS_OP_HOTPLUG || (other->op == VS_OP_UNPLUG && k < i)) {
			vs_at_error(&op,
				    "beside \"%s\" of stream \"%s\": only the vCPU with the "
				    "highest index can go, and two would dispute which that is",
				    vs_op_name(other->op), other->name);
			c->ok = false;
		}
		if (other->wait && other->op != VS_OP_REQUEST_ALL) {
			vs_at_error(&op,
				    "beside \"%s\" of stream \"%s\", whose guest would wait for "
				    "vCPUs that have gone",
				    vs_op_name(other->op), other->name);
			c->ok = false;
		}
		if (other->op == VS_OP_IPI_UNICAST && stay < 2)
			stay = 2; /* a target */
		if (other->from == VS_FROM_VCPUS)
			stay = other->issuers > stay ? other->issuers : stay;
	}
	if (st->issuers != 1) {
		vs_at_expected(&n, "1: vCPUs go one after the other");
		c->ok = false;
	}
	if (st->end != VS_END_COUNT) {
		vs_at_expected(&count, "a count: each operation of unplug takes a boot vCPU");
		c->ok = false;
	} else if (c->vm_known && st->count + stay > c->s->boot_vcpus) {
		vs_at_expected(&count, "at most %d: of boot_vcpus = %u, %u must stay",
			       (int)c->s->boot_vcpus - (int)stay, c->s->boot_vcpus, stay);
		c->ok = false;
	}
	check_unplug_tables(c, st);
}

/* A paced stream that counts must get as many turns as it counts. */
static void check_turns(struct check *c, size_t i)
{
	const struct vs_stream *st = &c->s->streams[i], *leader = &c->s->streams[st->pace_stream];
	struct vs_at stream, count = member(c, i, "count", &stream);
	uint64_t turns = leader->count / st->pace_every;

	if (st->end != VS_END_COUNT || !c->valid[st->pace_stream])
		return;
	if (leader->end != VS_END_COUNT) {
		vs_at_error(&count,
			    "might never be reached: stream \"%s\", which sets the pace, has no "
			    "count of its own; expected \"until\" or \"for_ms\" instead",
			    leader->name);
		c->ok = false;
	} else if (st->count > turns) {
		vs_at_expected(&count,
			       "at most %llu: \"%s\" has %llu operations and this is one per "
			       "%u of them",
			       (unsigned long long)turns, leader->name,
			       (unsigned long long)leader->count, st->pace_every);
		c->ok = false;
	}
}

/* The stream that i follows: the one that paces it, or the one it lasts until. -1: none. */
typedef int64_t (*vs_next_fn)(const struct vs_stream *st);

static int64_t paced_by(const struct vs_stream *st)
{
	return st->arrival == VS_ARRIVAL_PACED ? (int64_t)st->pace_stream : -1;
}

static int64_t lasts_until(const struct vs_stream *st)
{
	return st->end == VS_END_UNTIL ? (int64_t)st->until_stream : -1;
}

/* Does i come back to itself? Steps are bounded: it may run into a cycle that i is not in. */
static bool in_cycle(const struct check *c, size_t i, vs_next_fn next)
{
	int64_t at = (int64_t)i;

	for (size_t step = 0; step < c->s->n_streams; step++) {
		if (!c->valid[at])
			return false;
		at = next(&c->s->streams[at]);
		if (at < 0)
			return false;
		if (at == (int64_t)i)
			return true;
	}
	return false;
}

static void check_cycles(struct check *c, size_t i)
{
	const struct vs_stream *st = &c->s->streams[i];
	struct vs_at stream, until = member(c, i, "until", &stream);
	struct vs_at pace = vs_at_member(&stream, "pace"), leader = vs_at_member(&pace, "stream");

	if (in_cycle(c, i, paced_by)) {
		vs_at_error(&leader, st->pace_stream == i
					     ? "paced by itself: it would never start"
					     : "paced in a circle: none would ever start");
		c->ok = false;
	}
	if (in_cycle(c, i, lasts_until)) {
		vs_at_error(&until, st->until_stream == i
					    ? "until itself: it would never end"
					    : "until in a circle: none would ever end");
		c->ok = false;
	}
}

static void check_times(struct check *c, size_t i)
{
	const struct vs_stream *st = &c->s->streams[i];
	struct vs_at stream, start = member(c, i, "start_ms", &stream);
	struct vs_at lasts = vs_at_member(&stream, "for_ms");
	double limit_ms = (double)c->s->limit_ps / (double)VS_PS_PER_MS;

	if (st->start_ps >= c->s->limit_ps) {
		vs_at_expected(&start, "less than limits.simulated_ms = %.15g", limit_ms);
		c->ok = false;
	} else if (st->end == VS_END_FOR && st->for_ps > c->s->limit_ps - st->start_ps) {
		vs_at_expected(&lasts,
			       "at most what start_ms leaves of limits.simulated_ms = %.15g",
			       limit_ms);
		c->ok = false;
	}
}

bool vs_check_streams(const struct vs_at *streams, const struct vs_scenario *s, const bool *valid,
		      bool vm_known, bool limits_known)
{
	struct check c = {.streams = streams,
			  .s = s,
			  .valid = valid,
			  .vm_known = vm_known,
			  .limits_known = limits_known,
			  .ok = true};

	for (size_t i = 0; i < s->n_streams; i++) {
		if (!valid[i])
			continue;
		check_issuers(&c, i);
		check_cycles(&c, i);
		if (s->streams[i].op == VS_OP_UNPLUG)
			check_unplug(&c, i);
		if (s->streams[i].arrival == VS_ARRIVAL_PACED && s->streams[i].pace_stream != i)
			check_turns(&c, i);
		if (limits_known)
			check_times(&c, i);
	}
	check_hotplug(&c);
	if (vm_known)
		check_failing(&c);
	return c.ok;
}
