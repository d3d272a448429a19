/*
 * The run loop against broadcasts, under many interleavings: no request may be overlooked. A guest
 * stays in guest mode until its CPU is kicked (or another thread needs it), and a halted vCPU
 * sleeps until it is woken, so that a lost kick or wake-up leaves a vCPU where it is for ever; the
 * sender gives up after PATIENCE points.
 *
 * Then the same vCPUs, reading the table in their exits, against creates that outgrow it and, where
 * that can be done, unplugs: no reader may see what has been freed, nor a create wait for ever for
 * a vCPU that sleeps.
 */
#include <stdio.h>
#include <stdlib.h>

#include <vcpusim/module.h>

#include "tests/kernel/mock.h"

#define SEEDS 100
#define VCPUS 3
#define ROUNDS 10
#define PATIENCE 400000
#define PLUGGED 14 /* to 17: an array that doubles does so three times */

static const struct vs_table *t;
static void *vm, *vcpus[VCPUS];
static int left, operations;
static bool reading; /* rather than waiting for interrupts */
static uint64_t in_guest, lost, notifications;

static bool take(uint64_t *pending)
{
	uint64_t bit = UINT64_C(1) << vs_cpu_id();
	bool there = *pending & bit;

	*pending &= ~bit;
	return there;
}

static enum vs_exit guest(void)
{
	uint64_t what = mock_random() % (reading ? 8 : 4);

	in_guest++;
	if (mock.stopped)
		return VS_EXIT_STOP;
	if (what == 0)
		return VS_EXIT_HLT;
	if (what == 1 || what > 3)
		return VS_EXIT_OPERATION;
	while (!take(mock.kicked) && !mock.stopped && !mock_cpu_wanted()) {
		if (take(mock.notified))
			return VS_EXIT_NONE;
		mock_point();
	}
	return VS_EXIT_INTERRUPT;
}

static void operation(void)
{
	operations++;
	t->get(vm, (uint32_t)(mock_random() % (VCPUS + PLUGGED)));
	t->get_by_id(vm, VCPUS + PLUGGED - 1);
	t->request_all(vm, false);
}

static bool need_resched(void)
{
	return mock_random() % 8 == 0;
}

static void birth(void *arg)
{
	const bool *posted = arg;
	struct vs_vm_params params = {
		.max_vcpus = VCPUS + PLUGGED, .apic_map = true, .posted = *posted};

	if (t->vm_create(&params, &vm))
		abort();
	for (uint32_t i = 0; i < VCPUS; i++)
		if (t->vcpu_create(vm, i, &vcpus[i]))
			abort();
}

static void end(void *arg)
{
	(void)arg;
	t->vm_destroy(vm);
}

static void run(void *vcpu)
{
	t->vcpu_run(vcpu);
	left--;
}

static void stop(void)
{
	mock.stopped = true;
	while (left) {
		t->broadcast(vm, NULL); /* wakes those that sleep */
		mock_point();
	}
}

static void plug(void *arg)
{
	void *plugged[PLUGGED];

	(void)arg;
	for (uint32_t i = 0; i < PLUGGED; i++)
		if (t->vcpu_create(vm, VCPUS + i, &plugged[i]))
			abort();
	for (uint32_t i = PLUGGED; t->vcpu_unplug && i--;)
		if (t->vcpu_unplug(vm, plugged[i]))
			abort();
	stop();
}

static void send(void *arg)
{
	struct vs_ipi all = {.to = VS_IPI_SET, .set = {(1 << VCPUS) - 1}};

	(void)arg;
	for (uint64_t round = 1; round <= ROUNDS && !lost; round++) {
		uint64_t patience = PATIENCE;

		t->request_all(vm, mock_random() % 2);
		if ((round % 2 ? t->broadcast(vm, NULL) : t->ipi(vm, NULL, &all)) != VCPUS)
			abort();
		while (mock.taken < round * VCPUS && --patience)
			mock_point();
		lost += mock.taken != round * VCPUS;
	}
	stop();
}

static void one(uint64_t seed, void (*against)(void *))
{
	bool posted = seed / 2 % 2;

	mock_init(VCPUS + 1, seed);
	reading = against == plug;
	if (reading)
		mock.point_ps = 20 * VS_PS_PER_US; /* creates wait for grace periods */
	mock.pinned = seed % 2; /* nobody needs a guest's CPU: only kicks end it */
	mock.guest = (struct mock_guest){.run = guest,
					 .operation = operation,
					 .should_exit = need_resched,
					 .halt_ps = VS_PS_NEVER};
	left = VCPUS;
	mock_call(birth, &posted);
	mock_spawn(VCPUS, against, NULL);
	for (uint32_t i = 0; i < VCPUS; i++)
		mock_spawn(i, run, vcpus[i]);
	mock_run();
	if (!mock.faults[MOCK_DEADLOCK])
		mock_call(end, NULL);
	notifications += mock.notifications;
}

int main(void)
{
	t = vs_module.tables[0];
	for (uint64_t seed = 1; seed <= 2 * SEEDS; seed++) {
		one(seed, seed <= SEEDS ? send : plug);
		if (mock_faults() || lost) {
			fprintf(stderr, "%s: seed %lu: lost %lu\n", t->name, (unsigned long)seed,
				(unsigned long)lost);
			return 1;
		}
	}
	/* guests were entered, and exits for operations and notifications were among what was tried
	 */
	return in_guest < SEEDS * ROUNDS || !operations || !notifications;
}
