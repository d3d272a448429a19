/* The parts of a scenario that are not streams: host, VM, guest, limits, injected faults. */
#include <math.h>
#include <stdlib.h>

#include "sim/io/scenario_parts.h"

#define GUEST_LOCKS_MAX 4096
#define MEMSLOTS 30      /* "a VM that uses a total of 30 memslots": lkml 1910.3/01985 */
#define MEMSLOTS_MAX 509 /* KVM_USER_MEM_SLOTS of x86 in Linux 4.13 */
#define POLL_US_MAX 1e6  /* a second */
#define POLL_FACTOR_MAX 1000

static bool maybe_u32(const struct vs_at *in, const char *key, int64_t min, int64_t max,
		      uint32_t *out)
{
	struct vs_at at = vs_at_member(in, key);

	return !at.value || vs_at_u32(&at, min, max, out);
}

static bool maybe_modelled(const struct vs_at *in, const char *key, const struct vs_choice *choice,
			   size_t *out)
{
	struct vs_at at = vs_at_member(in, key);

	return !at.value || vs_read_choice(&at, choice, out);
}

static bool read_cpus(const struct vs_at *host, struct vs_scenario *s, bool machine_known)
{
	struct vs_at at = vs_at_member(host, "cpus");

	if (!maybe_u32(host, "cpus", 1, VS_MAX_CORES, &s->cpus))
		return false;
	if (!at.value || !machine_known || s->cpus <= vs_machine_cores(&s->machine))
		return true;
	vs_at_expected(&at, "at most the %u cores of machine \"%s\"", vs_machine_cores(&s->machine),
		       s->machine.name);
	return false;
}

/* Whole microseconds. */
static bool maybe_us(const struct vs_at *in, const char *key, int64_t min, vs_ps *out)
{
	uint32_t us;
	struct vs_at at = vs_at_member(in, key);

	if (!at.value)
		return true;
	if (!vs_at_u32(&at, min, 10000000, &us))
		return false;
	*out = us * VS_PS_PER_US;
	return true;
}

static bool read_sched(const struct vs_at *host, struct vs_scenario *s)
{
	static const char *const keys[] = {"latency_us", "min_granularity_us",
					   "wakeup_granularity_us", "migration_cost_us"};
	struct vs_at sched = vs_at_member(host, "sched");
	struct vs_sched_params *p = &s->sched;
	bool ok;

	*p = vs_sched_defaults(s->cpus);
	if (!sched.value)
		return true;
	if (!vs_at_object(&sched, "an object with latency_us"))
		return false;
	ok = vs_at_only(&sched, keys, VS_COUNT(keys));
	ok &= maybe_us(&sched, "latency_us", 1, &p->latency_ps);
	ok &= maybe_us(&sched, "min_granularity_us", 1, &p->min_granularity_ps);
	ok &= maybe_us(&sched, "wakeup_granularity_us", 0, &p->wakeup_granularity_ps);
	ok &= maybe_us(&sched, "migration_cost_us", 0, &p->migration_cost_ps);
	return ok;
}

/* A number of decimal digits; moves on behind it. */
static bool digits(const char **text, unsigned long *out)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*out = strtoul(*text, &end, 10);
	*text = end;
	return true;
}

/* The kernel's CPU list, "1-3,8": nothing is no CPU. CPU 0 keeps the time for all. */
static bool read_cpu_list(const struct vs_at *at, uint32_t cpus, uint64_t *set)
{
	const char *text;
	unsigned long lo, hi;

	if (json_is_string(at->value) && !json_string_length(at->value))
		return true;
	if (!vs_at_string(at, "a list of CPUs such as \"1-3,8\"", &text))
		return false;
	while (*text) {
		if (!digits(&text, &lo))
			break;
		hi = lo;
		if (*text == '-' && (text++, !digits(&text, &hi)))
			break;
		if (lo < 1 || lo > hi || hi >= cpus) {
			vs_at_expected(at, "CPUs above 0 and below %u, in ascending order", cpus);
			return false;
		}
		for (; lo <= hi; lo++)
			set[lo / 64] |= UINT64_C(1) << lo % 64;
		if (*text == ',' && text[1])
			text++;
		else
			break;
	}
	if (*text)
		vs_at_expected(at, "a list of CPUs such as \"1-3,8\"");
	return !*text;
}

static bool read_rcu(const struct vs_at *host, struct vs_scenario *s)
{
	static const char *const keys[] = {"gp_self_report"};
	struct vs_at rcu = vs_at_member(host, "rcu"), self;
	bool ok;

	if (!rcu.value)
		return true;
	if (!vs_at_object(&rcu, "an object with gp_self_report"))
		return false;
	self = vs_at_member(&rcu, "gp_self_report");
	ok = vs_at_only(&rcu, keys, VS_COUNT(keys));
	return ok & (!self.value || vs_at_bool(&self, &s->gp_self_report));
}

bool vs_read_host(const struct vs_at *root, struct vs_scenario *s, bool machine_known)
{
	static const char *const keys[] = {"cpus",         "hz",    "preempt",   "ipi_send",
					   "ipi_delivery", "sched", "nohz_full", "rcu"};
	struct vs_at host = vs_at_member(root, "host"), nohz_full;
	size_t preempt = VS_PREEMPT_VOLUNTARY, send = VS_SEND_SHORTHAND,
	       delivery = VS_DELIVERY_EXIT;
	bool ok = true;

	s->cpus = machine_known ? vs_machine_cores(&s->machine) : 1;
	s->hz = 250;
	s->sched = vs_sched_defaults(s->cpus);
	if (host.value) {
		if (!vs_at_object(&host, "an object"))
			return false;
		ok = vs_at_only(&host, keys, VS_COUNT(keys));
		ok &= read_cpus(&host, s, machine_known);
		ok &= read_sched(&host, s);
		ok &= maybe_u32(&host, "hz", 1, 10000, &s->hz);
		ok &= maybe_modelled(&host, "preempt", &vs_preempt_choice, &preempt);
		ok &= maybe_modelled(&host, "ipi_send", &vs_ipi_send_choice, &send);
		ok &= maybe_modelled(&host, "ipi_delivery", &vs_ipi_delivery_choice, &delivery);
		ok &= read_rcu(&host, s);
		nohz_full = vs_at_member(&host, "nohz_full");
		ok &= !nohz_full.value ||
		      read_cpu_list(&nohz_full, machine_known ? s->cpus : VS_MAX_CORES,
				    s->nohz_full);
	}
	s->preempt = (enum vs_preempt)preempt;
	s->ipi_send = (enum vs_ipi_send)send;
	s->ipi_delivery = (enum vs_ipi_delivery)delivery;
	return ok;
}

/* Microseconds in the file, whole nanoseconds in the kernel. */
static bool maybe_us_as_ns(const struct vs_at *in, const char *key, uint32_t *ns)
{
	struct vs_at at = vs_at_member(in, key);
	double us;

	if (!at.value)
		return true;
	if (!vs_at_number(&at, 0, POLL_US_MAX, &us))
		return false;
	*ns = (uint32_t)llround(us * 1000);
	return true;
}

/* Defaults: Documentation/virt/kvm/halt-polling.rst, Linux 5.15. */
static bool read_halt_poll(const struct vs_at *vm, struct vs_halt_poll *out)
{
	static const char *const keys[] = {"max_us", "grow", "grow_start_us", "shrink"};
	struct vs_at poll = vs_at_member(vm, "halt_poll");
	bool ok;

	*out = (struct vs_halt_poll){
		.max_ns = 200000, .grow_start_ns = 10000, .grow = 2, .shrink = 0};
	if (!poll.value)
		return true;
	if (!vs_at_object(&poll, "an object with max_us, grow, grow_start_us and shrink"))
		return false;
	ok = vs_at_only(&poll, keys, VS_COUNT(keys));
	ok &= maybe_us_as_ns(&poll, "max_us", &out->max_ns);
	ok &= maybe_u32(&poll, "grow", 0, POLL_FACTOR_MAX, &out->grow);
	ok &= maybe_us_as_ns(&poll, "grow_start_us", &out->grow_start_ns);
	ok &= maybe_u32(&poll, "shrink", 0, POLL_FACTOR_MAX, &out->shrink);
	return ok;
}

bool vs_read_vm(const struct vs_at *root, struct vs_scenario *s)
{
	static const char *const keys[] = {"max_vcpus",        "boot_vcpus", "placement",
					   "vp_index",         "memslots",   "halt_poll",
					   "ple_window_cycles"};
	struct vs_at vm = vs_at_member(root, "vm"), max, boot, placement;
	struct vs_at vp = vs_at_member(&vm, "vp_index");
	size_t where = VS_PLACE_FLOAT, mismatched = false;
	bool ok, max_ok, boot_ok;

	if (s->no_vm)
		return true;
	if (!vs_at_object(&vm, "an object with max_vcpus"))
		return false;
	ok = vs_at_only(&vm, keys, VS_COUNT(keys));
	max = vs_at_member(&vm, "max_vcpus");
	boot = vs_at_member(&vm, "boot_vcpus");
	placement = vs_at_member(&vm, "placement");
	s->boot_vcpus = 1;
	max_ok = vs_at_u32(&max, 1, VS_MAX_VCPUS, &s->max_vcpus);
	boot_ok = maybe_u32(&vm, "boot_vcpus", 1, VS_MAX_VCPUS, &s->boot_vcpus);
	if (max_ok && boot_ok && s->boot_vcpus > s->max_vcpus) {
		vs_at_expected(&boot, "at most max_vcpus = %u", s->max_vcpus);
		boot_ok = false;
	}
	if (placement.value)
		ok &= vs_at_choice(&placement, "where vCPU threads run", vs_placement_names, 2,
				   &where);
	if (vp.value)
		ok &= vs_at_choice(&vp, "how VP indexes are given", vs_vp_names, 2, &mismatched);
	s->vp_mismatched = mismatched;
	s->memslots = MEMSLOTS;
	ok &= maybe_u32(&vm, "memslots", 1, MEMSLOTS_MAX, &s->memslots);
	ok &= read_halt_poll(&vm, &s->halt_poll);
	s->ple_window_cycles =
		4096; /* ple_window of kvm_intel: arch/x86/kvm/vmx/vmx.c, Linux 5.15 */
	ok &= maybe_u32(&vm, "ple_window_cycles", 0, 1000000000, &s->ple_window_cycles);
	s->placement = (enum vs_placement)where;
	return ok && max_ok && boot_ok;
}

static bool read_lock(const struct vs_at *guest, struct vs_scenario *s)
{
	static const char *const keys[] = {"locks", "every_us", "hold_us"};
	struct vs_at lock = vs_at_member(guest, "lock"), locks, every, hold;
	bool ok;

	if (!lock.value)
		return true;
	if (!vs_at_object(&lock, "an object with locks, every_us and hold_us"))
		return false;
	ok = vs_at_only(&lock, keys, VS_COUNT(keys));
	locks = vs_at_member(&lock, "locks");
	every = vs_at_member(&lock, "every_us");
	hold = vs_at_member(&lock, "hold_us");
	ok &= vs_at_u32(&locks, 1, GUEST_LOCKS_MAX, &s->guest_locks);
	ok &= vs_read_positive_dist(&every, "a guest would do nothing but take locks",
				    &s->lock_every);
	return vs_read_dist(&hold, &s->lock_hold) && ok;
}

bool vs_read_guest(const struct vs_at *root, struct vs_scenario *s)
{
	static const char *const keys[] = {"run_us", "halt_us", "lock"};
	struct vs_at guest = vs_at_member(root, "guest"), run, halt;
	bool ok;

	s->guest_run = (struct vs_dist){.kind = VS_DIST_EXPONENTIAL, .p = {20}};
	s->guest_halt = (struct vs_dist){.kind = VS_DIST_EXPONENTIAL, .p = {50000}};
	if (!guest.value)
		return true;
	if (s->no_vm) {
		vs_at_error(&guest, "there is no guest: the scenario has no \"vm\"");
		return false;
	}
	if (!vs_at_object(&guest, "an object with run_us and halt_us"))
		return false;
	ok = vs_at_only(&guest, keys, VS_COUNT(keys));
	run = vs_at_member(&guest, "run_us");
	halt = vs_at_member(&guest, "halt_us");
	if (run.value)
		ok &= vs_read_positive_dist(&run, "a guest that never runs asks for nothing",
					    &s->guest_run);
	if (halt.value)
		ok &= vs_read_dist(&halt, &s->guest_halt);
	ok &= read_lock(&guest, s);
	return ok;
}

bool vs_read_limits(const struct vs_at *root, struct vs_scenario *s)
{
	static const char *const keys[] = {"simulated_ms", "wall_s"};
	struct vs_at limits = vs_at_member(root, "limits"), simulated;
	bool ok;

	s->limit_ps = 60000 * VS_PS_PER_MS;
	s->limit_wall_s = 600;
	if (!limits.value)
		return true;
	if (!vs_at_object(&limits, "an object with simulated_ms and wall_s"))
		return false;
	simulated = vs_at_member(&limits, "simulated_ms");
	ok = vs_at_only(&limits, keys, VS_COUNT(keys));
	ok &= vs_read_ms(&simulated, 1e-3, &s->limit_ps);
	ok &= maybe_u32(&limits, "wall_s", 1, 1000000, &s->limit_wall_s);
	return ok;
}

bool vs_read_inject(const struct vs_at *root, struct vs_scenario *s)
{
	static const char *const keys[] = {"enomem_every"};
	struct vs_at inject = vs_at_member(root, "inject"), enomem;
	int64_t every = 0;
	bool ok;

	if (!inject.value)
		return true;
	if (!vs_at_object(&inject, "an object with enomem_every"))
		return false;
	enomem = vs_at_member(&inject, "enomem_every");
	ok = vs_at_only(&inject, keys, VS_COUNT(keys));
	ok &= !enomem.value || vs_at_integer(&enomem, 0, INT64_MAX, &every);
	s->enomem_every = (uint64_t)every;
	return ok;
}
