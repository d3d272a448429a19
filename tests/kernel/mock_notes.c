/* What tables must keep true, judged from the notes. One VM at a time. */
#include <string.h>

#include "mock_private.h"

#define MAX_INDEX 4096

static struct {
	const void *ready[MAX_INDEX];
	bool created[MAX_INDEX];
	uint32_t n_created; /* 0 .. n - 1 are all created */
} vm;

void mock_notes_init(void)
{
	memset(&vm, 0, sizeof(vm));
}

static void created(uint32_t index)
{
	vm.created[index] = true;
	while (vm.n_created < MAX_INDEX && vm.created[vm.n_created])
		vm.n_created++;
}

static void handed_out(const void *vcpu, uint64_t index)
{
	if (index < MAX_INDEX && vm.ready[index] == vcpu)
		return;
	for (uint32_t i = 0; i < MAX_INDEX; i++) {
		if (vm.ready[i] == vcpu) {
			mock_fault(MOCK_WRONG_VCPU);
			return;
		}
	}
	mock_fault(MOCK_NOT_READY);
}

static void got(struct vs_task *t, const void *vcpu, uint64_t index)
{
	if (vcpu)
		handed_out(vcpu, index);
	else if (t->get_created && vm.created[index]) /* and isn't leaving by now */
		mock_fault(MOCK_LOST);
}

/* Those created when the walk began, but for who leaves. */
static uint32_t must_visit(const struct vs_task *t)
{
	return t->walk_created < vm.n_created ? t->walk_created : vm.n_created;
}

static void visited(struct vs_task *t, const void *vcpu, uint64_t index)
{
	mock.visits++;
	handed_out(vcpu, index);
	if (index < t->walk_expected)
		mock_fault(MOCK_WALK_ORDER);
	else if (index > t->walk_expected && t->walk_expected < must_visit(t))
		mock_fault(MOCK_WALK_MISSED);
	t->walk_expected = (uint32_t)index + 1;
}

void vs_note(enum vs_note what, const void *obj, uint64_t a)
{
	struct vs_task *t = vs_task_current();

	switch (what) {
	case VS_NOTE_VM_CREATED:
		mock_notes_init();
		break;
	case VS_NOTE_VM_DESTROYED:
		if (mock.live[VS_MEM_TABLE] || mock.live[VS_MEM_VCPU])
			mock_fault(MOCK_LEAK);
		break;
	case VS_NOTE_VCPU_ID: /* test_contract.c compares what it gets by id itself */
	case VS_NOTE_GET_ID_BEGIN:
	case VS_NOTE_GET_ID_END:
		break;
	case VS_NOTE_VCPU_READY:
		vm.ready[a] = obj;
		break;
	case VS_NOTE_VCPU_CREATED:
		created((uint32_t)a);
		break;
	case VS_NOTE_VCPU_LEAVING:
		vm.created[a] = false;
		if (vm.n_created > a)
			vm.n_created = (uint32_t)a;
		break;
	case VS_NOTE_VCPU_GONE:
		vm.ready[a] = NULL;
		break;
	case VS_NOTE_GET_BEGIN:
		t->get_created = a < MAX_INDEX && vm.created[a];
		break;
	case VS_NOTE_GET_END:
		got(t, obj, a);
		break;
	case VS_NOTE_WALK_BEGIN:
		t->walk_expected = 0;
		t->walk_created = vm.n_created;
		break;
	case VS_NOTE_WALK_VISIT:
		visited(t, obj, a);
		break;
	case VS_NOTE_WALK_END:
		if (!a && t->walk_expected < must_visit(t))
			mock_fault(MOCK_WALK_MISSED);
		break;
	case VS_NOTE_IPI_POSTED:
		mock.posted++;
		break;
	case VS_NOTE_IPI_TAKEN:
		mock.taken++;
		break;
	}
}

/* -- SRCU: a grace period must not end before a reader that began before it
 * ------------------------ */

#define MAX_READERS 64

static struct reader {
	const void *domain;
	const struct vs_task *task;
	uint64_t idx;
	bool before; /* the grace period that runs */
} readers[MAX_READERS];

static void reader_begins(const void *domain, uint64_t idx)
{
	for (int i = 0; i < MAX_READERS; i++) {
		if (!readers[i].domain) {
			readers[i] = (struct reader){domain, vs_task_current(), idx, false};
			return;
		}
	}
	vs_bug(__FILE__, __LINE__, "too many readers for this test");
}

static void reader_ends(const void *domain, uint64_t idx)
{
	for (int i = 0; i < MAX_READERS; i++) {
		if (readers[i].domain == domain && readers[i].task == vs_task_current() &&
		    readers[i].idx == idx) {
			readers[i].domain = NULL;
			return;
		}
	}
	mock_fault(MOCK_UNBALANCED);
}

void vs_srcu_event(enum vs_srcu_event what, const void *domain, uint64_t a, uintptr_t site)
{
	(void)site;
	if (what == VS_SRCU_LOCK)
		reader_begins(domain, a);
	if (what == VS_SRCU_UNLOCK)
		reader_ends(domain, a);
	for (int i = 0; i < MAX_READERS; i++) {
		struct reader *r = &readers[i];

		if (r->domain != domain)
			continue;
		if (what == VS_SRCU_SYNCHRONIZING && r->task == vs_task_current())
			mock_fault(MOCK_SYNC_IN_READER);
		if (what == VS_SRCU_GP_BEGIN)
			r->before = true;
		if (what == VS_SRCU_GP_END && r->before)
			mock_fault(MOCK_SHORT_GRACE_PERIOD);
	}
}
