#include "abuse.h"

#include "tests/kernel/mock.h"

/* Threads share these in the mock and for real: relaxed, so that they order nothing for the table.
 */
#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define NEXT(x) __atomic_fetch_add(&(x), 1, __ATOMIC_RELAXED)

#define SLOTS 3

static const struct vs_table *t;
static void *vm;
static uint32_t next_id, done, over, online;

static void birth(void *arg)
{
	struct vs_vm_params params = {
		.max_vcpus = ABUSE_CREATORS * ABUSE_CREATES, .apic_map = true, .memslots = SLOTS};

	(void)arg;
	if (t->vm_create(&params, &vm))
		vs_bug(__FILE__, __LINE__, "no VM");
}

static void end(void *arg)
{
	(void)arg;
	online = t->online(vm);
	t->vm_destroy(vm);
}

static void create(void *arg)
{
	void *vcpu;

	(void)arg;
	for (int i = 0; i < ABUSE_CREATES; i++)
		if (t->vcpu_create(vm, NEXT(next_id), &vcpu))
			vs_bug(__FILE__, __LINE__, "create failed");
	if (t->memslot_update(vm, 1))
		vs_bug(__FILE__, __LINE__, "update failed");
	if (NEXT(done) + 1 < ABUSE_CREATORS)
		return;
	/* the last to finish takes as many out again */
	for (int i = 0; t->vcpu_unplug && i < ABUSE_CREATES; i++)
		if (t->vcpu_unplug(vm, t->get(vm, t->online(vm) - 1)))
			vs_bug(__FILE__, __LINE__, "unplug failed");
	NEXT(over);
}

static void look_up(void *arg)
{
	(void)arg;
	while (!LOAD(over)) {
		t->get(vm, (uint32_t)(mock_random() % (ABUSE_CREATORS * ABUSE_CREATES)));
		t->get(vm, 4000);
		t->memslot_read(vm, NULL, mock_random() % (SLOTS * VS_SLOT_PAGES));
		t->get_by_id(vm, (uint32_t)(mock_random() % (ABUSE_CREATORS * ABUSE_CREATES)));
		mock_point();
	}
}

static void walk(void *arg)
{
	struct vs_ipi all = {.to = VS_IPI_SET, .set = {UINT64_MAX}};

	(void)arg;
	while (!LOAD(over)) {
		t->broadcast(vm, NULL);
		t->ipi(vm, NULL, &all);
		t->request_all(vm, mock_random() % 2);
		if (mock_random() % 4 == 0)
			t->index_of(vm, NULL);
		if (mock_random() % 4 == 0)
			t->vp_flush(vm, ABUSE_CREATES, (const uint64_t[]){1, 0});
		mock_point();
	}
}

uint32_t abuse(const struct vs_table *table, uint64_t seed)
{
	t = table;
	mock_init(4, seed);
	mock.point_ps = 20 * VS_PS_PER_US; /* readers never rest, grace periods take 8 ms */
	next_id = done = over = 0;
	mock_call(birth, NULL);
	for (uint32_t i = 0; i < ABUSE_CREATORS; i++)
		mock_spawn(i, create, NULL);
	mock_spawn(2, look_up, NULL);
	mock_spawn(3, walk, NULL);
	mock_spawn(0, walk, NULL);
	mock_run();
	if (!mock.faults[MOCK_DEADLOCK])
		mock_call(end, NULL);
	return online;
}
