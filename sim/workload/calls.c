#include "sim/workload/calls.h"

#include <errno.h>

/* Look-ups are among the vCPUs that are there from start to end: the same for every table and at
 * any time. One in 64 asks for what no VM has, as guests do, and must find nothing. */
#define ODD_ONE_IN 64

/* A vCPU that is there from start to end, by its place in the table, which is its id. */
static uint32_t draw_staying(const struct vs_caller *c)
{
	return gsl_rng_uniform_int(c->choices, c->n_stay);
}

uint32_t vs_draw_other(gsl_rng *choices, uint32_t n_stay, uint32_t self)
{
	uint32_t n = gsl_rng_uniform_int(choices, n_stay - 1);

	return n + (n >= self);
}

static void draw_lookup(const struct vs_caller *c, struct vs_call *out)
{
	uint32_t n = gsl_rng_uniform_int(c->choices, c->n_stay * ODD_ONE_IN);

	out->nobody = n % ODD_ONE_IN == 0;
	out->what = out->nobody ? c->s->max_vcpus : n / ODD_ONE_IN;
}

/* So many VPs in a row, as far as there are vCPUs that stay. */
static void draw_vps(const struct vs_caller *c, struct vs_call *out)
{
	uint32_t first = draw_staying(c), n = c->def->vps;

	if (n > c->n_stay - first)
		n = c->n_stay - first;
	for (uint32_t k = 0; k < n; k++)
		out->set[k / 64] |= UINT64_C(1) << k % 64;
	out->what = c->s->vp_mismatched ? c->s->max_vcpus - first - n : first;
	out->n = n;
}

void vs_call_draw(const struct vs_caller *c, struct vs_call *out)
{
	*out = (struct vs_call){0};
	switch (c->def->op) {
	case VS_OP_LOOKUP:
	case VS_OP_LOOKUP_BY_ID:
		draw_lookup(c, out);
		break;
	case VS_OP_INDEX_OF:
	case VS_OP_KICK:
	case VS_OP_START_STOP:
		out->what = draw_staying(c);
		break;
	case VS_OP_CREATE_FAILING:
		out->what = c->def->fail == VS_FAIL_DUPLICATE ? draw_staying(c) : c->s->max_vcpus;
		break;
	case VS_OP_VP_FLUSH:
		draw_vps(c, out);
		break;
	case VS_OP_MEMSLOT_READ: /* any page of any slot */
		out->what = gsl_rng_uniform_int(c->choices, c->s->memslots);
		out->gfn =
			out->what * VS_SLOT_PAGES + gsl_rng_uniform_int(c->choices, VS_SLOT_PAGES);
		break;
	case VS_OP_MEMSLOT_UPDATE:
		out->what = gsl_rng_uniform_int(c->choices, c->s->memslots);
		break;
	default:
		break;
	}
}

bool vs_call(const struct vs_caller *c, const struct vs_call *call, void *exit)
{
	const struct vs_table *t = c->table;

	switch (c->def->op) {
	case VS_OP_REQUEST_ALL:
		t->request_all(c->vm, c->def->wait);
		return true;
	case VS_OP_LOOKUP:
		return !t->get(c->vm, call->what) == call->nobody;
	case VS_OP_LOOKUP_BY_ID:
		return !t->get_by_id(c->vm, call->what) == call->nobody;
	case VS_OP_INDEX_OF:
		return t->index_of(c->vm, call->vcpu) == call->what;
	case VS_OP_KICK:
		return t->kick(c->vm, call->what);
	case VS_OP_START_STOP:
		return t->start_stop(c->vm, call->what, c->def->count_by);
	case VS_OP_VP_FLUSH:
		return t->vp_flush(c->vm, call->what, call->set) == call->n;
	case VS_OP_MEMSLOT_READ:
		return t->memslot_read(c->vm, exit, call->gfn) != VS_PAGE_NONE;
	case VS_OP_MEMSLOT_UPDATE:
		return t->memslot_update(c->vm, call->what) == 0;
	default:
		return false;
	}
}

int vs_expected_errno(const struct vs_stream *def)
{
	return def->fail == VS_FAIL_DUPLICATE ? EEXIST : EINVAL;
}
