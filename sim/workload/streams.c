/* What an issuer does and when: arrivals, think times, shares, and one operation from call to
 * return with its books. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/workload/calls.h"
#include "sim/workload/private.h"

/* All issuers look at the same arrivals, each at every n-th: drawn once, by whoever is first. */
static vs_ps arrival(struct vs_stream_state *s, uint64_t nth)
{
	while (s->n_arrivals <= nth) {
		vs_ps last = s->n_arrivals ? s->arrivals[s->n_arrivals - 1] : s->def->start_ps;

		if (s->n_arrivals == s->cap_arrivals) {
			s->cap_arrivals = s->cap_arrivals ? 2 * s->cap_arrivals : 1024;
			s->arrivals = realloc(s->arrivals, s->cap_arrivals * sizeof(*s->arrivals));
			if (!s->arrivals)
				vs_bug(__FILE__, __LINE__, "out of memory");
		}
		s->arrivals[s->n_arrivals++] = last + vs_dist_draw(&s->def->gap, s->rng);
	}
	return s->arrivals[nth];
}

/* When is the next operation due, seen at `now`, the end of the one before? */
void vs_issuer_next(struct vs_issuer *i, vs_ps now)
{
	const struct vs_stream *def = i->stream->def;

	switch (def->arrival) {
	case VS_ARRIVAL_CLOSED:
		i->due_ps = i->done ? now + vs_dist_draw(&def->gap, i->rng) : def->start_ps;
		break;
	case VS_ARRIVAL_OPEN:
		i->due_ps = arrival(i->stream, i->arrival);
		i->arrival += def->issuers;
		break;
	case VS_ARRIVAL_PACED:
		i->due_ps = i->told ? now : VS_PS_NEVER;
		break;
	}
	if (i->due_ps != VS_PS_NEVER && i->due_ps < def->start_ps)
		i->due_ps = def->start_ps;
	if (!i->done)
		i->first_due_ps = i->due_ps;
}

bool vs_issuer_over(struct vs_issuer *i, vs_ps now)
{
	const struct vs_stream *def = i->stream->def;

	if (i->done >= i->share)
		return true;
	if (i->stop && def->arrival != VS_ARRIVAL_PACED)
		return true;
	if (def->end != VS_END_FOR)
		return false;
	return (i->due_ps == VS_PS_NEVER ? now : i->due_ps) >= def->start_ps + def->for_ps;
}

/* The operation is called at `now`. An open stream's counts from when it should have been. */
void vs_issuer_begin(struct vs_issuer *i, vs_ps now)
{
	struct vs_opened *o = vs_opened_new(i->w);
	const vs_ps *books = vs_task_books(i->task);

	memcpy(o->books, books, sizeof(o->books));
	o->op = i->stream->def->op;
	o->issuer = i;
	o->start = i->began_ps = now;
	if (i->stream->def->arrival == VS_ARRIVAL_OPEN && i->due_ps < now) {
		o->books[VS_CAUSE_SCHED] -= now - i->due_ps; /* waited for its issuer */
		o->start = i->due_ps;
		i->late++;
	}
	if (i->told)
		i->told--;
	i->current = o;
	i->w->opened_of[vs_task_id(i->task)] = o;
}

static struct vs_slot *hotplug_slot(const struct vs_issuer *i, uint64_t nth)
{
	return &i->w->slots[i->w->s->boot_vcpus + i->k + nth * i->stream->def->issuers];
}

static bool hotplug(struct vs_issuer *i)
{
	struct vs_workload *w = i->w;
	struct vs_slot *slot = hotplug_slot(i, i->done);
	vs_ps syscall = w->s->machine.userspace_exit_ps;
	void *vcpu;

	vs_task_compute(syscall / 2, VS_CAUSE_COMPUTE);
	if (w->table->vcpu_create(w->vm, slot->id, &vcpu))
		return false;
	vs_task_compute(syscall - syscall / 2, VS_CAUSE_COMPUTE);
	slot->vcpu = vcpu;
	slot->create_start = i->current->start;
	return true;
}

/* The n-th to go, from the highest index down: boot vCPUs have their ids for indexes. */
static struct vs_slot *unplug_slot(const struct vs_issuer *i, uint64_t nth)
{
	return &i->w->slots[i->w->s->boot_vcpus - 1 - nth];
}

static bool create_failing(struct vs_issuer *i, const struct vs_call *call)
{
	struct vs_workload *w = i->w;
	vs_ps syscall = w->s->machine.userspace_exit_ps;
	void *vcpu = NULL;
	int r;

	vs_task_compute(syscall / 2, VS_CAUSE_COMPUTE);
	r = w->table->vcpu_create(w->vm, call->what, &vcpu);
	if (r != -ENOMEM || !w->s->enomem_every)
		vs_expect("the error of a create that must fail", (uint64_t)-r,
			  (uint64_t)vs_expected_errno(i->stream->def));
	vs_task_compute(syscall - syscall / 2, VS_CAUSE_COMPUTE);
	return !r;
}

static bool unplug(struct vs_issuer *i)
{
	struct vs_workload *w = i->w;
	struct vs_slot *slot = unplug_slot(i, i->done);
	vs_ps syscall = w->s->machine.userspace_exit_ps;
	bool ok;

	vs_task_compute(syscall / 2, VS_CAUSE_COMPUTE);
	ok = w->table->vcpu_unplug(w->vm, slot->vcpu) == 0;
	vs_task_compute(syscall - syscall / 2, VS_CAUSE_COMPUTE);
	slot->vcpu = NULL; /* has no thread any more */
	return ok;
}

/* Beside the VM that all else happens to, one without vCPUs: made by vm_create, whose caller takes
 * it down again afterwards, or made beforehand for vm_destroy. */
static bool make_vm(struct vs_issuer *i)
{
	struct vs_workload *w = i->w;
	uint32_t params[VS_TABLE_PARAMS_MAX]; /* the module reads and writes this stack only */
	struct vs_vm_params p = {.max_vcpus = w->s->max_vcpus, .table = params};
	void *vm = NULL;

	memcpy(params, w->params, sizeof(params));
	if (w->table->vm_create(&p, &vm))
		return false;
	i->vm = vm;
	return true;
}

static void take_down_vm(struct vs_issuer *i)
{
	if (i->vm)
		i->w->table->vm_destroy(i->vm);
	i->vm = NULL;
}

static bool vm_operation(struct vs_issuer *i)
{
	vs_ps syscall = i->w->s->machine.userspace_exit_ps;
	bool ok = true;

	vs_task_compute(syscall / 2, VS_CAUSE_COMPUTE);
	if (i->stream->def->op == VS_OP_VM_CREATE)
		ok = make_vm(i);
	else if (i->vm)
		take_down_vm(i);
	else
		ok = false; /* there was no memory for it */
	vs_task_compute(syscall - syscall / 2, VS_CAUSE_COMPUTE);
	return ok;
}

static bool memslot_update(struct vs_issuer *i, const struct vs_caller *c,
			   const struct vs_call *call)
{
	vs_ps syscall = i->w->s->machine.userspace_exit_ps;
	bool ok;

	vs_task_compute(syscall / 2, VS_CAUSE_COMPUTE);
	ok = vs_call(c, call, NULL);
	vs_task_compute(syscall - syscall / 2, VS_CAUSE_COMPUTE);
	return ok;
}

static bool call_table(struct vs_issuer *i)
{
	struct vs_workload *w = i->w;
	struct vs_caller c = {.s = w->s,
			      .def = i->stream->def,
			      .table = w->table,
			      .vm = w->vm,
			      .n_stay = w->n_stay,
			      .choices = i->choices};
	struct vs_call call;

	vs_call_draw(&c, &call);
	switch (c.def->op) {
	case VS_OP_CREATE_FAILING:
		return create_failing(i, &call);
	case VS_OP_MEMSLOT_UPDATE:
		return memslot_update(i, &c, &call);
	case VS_OP_INDEX_OF:
		call.vcpu = w->slots[call.what].vcpu;
		break;
	default:
		break;
	}
	return vs_call(&c, &call, i->slot ? i->slot->vcpu : NULL);
}

/* Host context; may switch. */
void vs_issuer_perform(struct vs_issuer *i)
{
	bool ok = true;

	switch (i->stream->def->op) {
	case VS_OP_HOTPLUG:
		ok = hotplug(i);
		break;
	case VS_OP_IPI_BROADCAST:
	case VS_OP_IPI_UNICAST:
		vs_sender_exit(i);
		break;
	case VS_OP_UNPLUG:
		ok = unplug(i);
		break;
	case VS_OP_ON_SPIN:
		i->w->table->on_spin(i->slot->vcpu);
		break;
	case VS_OP_VM_CREATE:
	case VS_OP_VM_DESTROY:
		ok = vm_operation(i);
		break;
	default:
		ok = i->plain ? i->plain->run(i->plain_number) == 0 : call_table(i);
	}
	i->current->error = !ok;
	i->failed += !ok;
}

void vs_issuer_end(struct vs_issuer *i, vs_ps now)
{
	struct vs_opened *o = i->current;
	const vs_ps *books = vs_task_books(i->task);
	vs_ps parts[VS_CAUSES];

	for (int c = 0; c < VS_CAUSES; c++)
		parts[c] = books[c] - o->books[c];
	i->w->sink->op(i->w->sink->ctx, o->op, o->start, now, parts, o->error);
	i->w->counted_done += i->stream->def->end == VS_END_COUNT;
	i->current = NULL;
	i->w->opened_of[vs_task_id(i->task)] = NULL;
	i->busy_ps += now - i->began_ps;
	i->done++;
	vs_opened_returned(i->w, o);
	if (i->stream->followed)
		vs_conductor_completed(i);
	vs_issuer_next(i, now);
}

void vs_issuer_retire(struct vs_issuer *i)
{
	if (i->finished)
		return;
	i->finished = true;
	vs_conductor_issuer_done(i);
}

static void wait_until_due(struct vs_issuer *i)
{
	for (;;) {
		vs_ps now = vs_now_ps();

		if (vs_issuer_over(i, now) || i->due_ps <= now)
			return;
		vs_task_block(VS_WAIT_TIMER, i, NULL, i->due_ps);
		if (i->stream->def->arrival == VS_ARRIVAL_PACED)
			vs_issuer_next(i, vs_now_ps());
	}
}

/* A control or kernel thread. */
void vs_issuer_thread(void *arg)
{
	struct vs_issuer *i = arg;

	vs_issuer_next(i, vs_now_ps());
	for (;;) {
		wait_until_due(i);
		if (vs_issuer_over(i, vs_now_ps()))
			break;
		if (i->stream->def->op == VS_OP_UNPLUG)
			vs_slot_stop(unplug_slot(i, i->done), i);
		if (i->stream->def->op == VS_OP_VM_DESTROY)
			make_vm(i);
		vs_issuer_begin(i, vs_now_ps());
		enum vs_op op = i->current->op;
		uint64_t nth = i->done;

		vs_issuer_perform(i);
		bool error = i->current->error;

		vs_issuer_end(i, vs_now_ps());
		if (op == VS_OP_HOTPLUG && !error)
			vs_task_wake(hotplug_slot(i, nth)->task);
		take_down_vm(i);
	}
	vs_issuer_retire(i);
}
