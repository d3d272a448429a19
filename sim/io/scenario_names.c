/* What things are called in a scenario. */
#include "sim/io/scenario_parts.h"

#include <string.h>

const char *const vs_dist_names[] = {
	[VS_DIST_CONSTANT] = "constant",
	[VS_DIST_UNIFORM] = "uniform",
	[VS_DIST_EXPONENTIAL] = "exponential",
	[VS_DIST_LOGNORMAL] = "lognormal",
	[VS_DIST_GAMMA] = "gamma",
	[VS_DIST_WEIBULL] = "weibull",
	[VS_DIST_PARETO] = "pareto",
	[VS_DIST_EMPIRICAL] = "empirical",
};

const char *const vs_from_names[] = {
	[VS_FROM_CONTROL] = "control_threads",
	[VS_FROM_VCPUS] = "vcpus",
	[VS_FROM_KTHREADS] = "host_threads",
};

const char *const vs_unicast_names[] = {
	[VS_UNICAST_INDEX] = "index",
	[VS_UNICAST_ID] = "id",
	[VS_UNICAST_SELF] = "self",
};

const char *const vs_broadcast_names[] = {"all-but-self", "all"};

const char *const vs_count_names[] = {
	[VS_COUNT_WALK] = "walk",
	[VS_COUNT_BREAK] = "break",
	[VS_COUNT_COUNTER] = "counter",
};

const char *const vs_fail_names[] = {
	[VS_FAIL_DUPLICATE] = "duplicate",
	[VS_FAIL_LIMIT] = "limit",
};

const char *const vs_vp_names[] = {"direct", "mismatched"};

const char *const vs_arrival_names[] = {
	[VS_ARRIVAL_CLOSED] = "closed",
	[VS_ARRIVAL_OPEN] = "open",
	[VS_ARRIVAL_PACED] = "paced",
};

const char *const vs_placement_names[] = {
	[VS_PLACE_FLOAT] = "float",
	[VS_PLACE_PINNED] = "pinned",
};

const char *const vs_preempt_names[] = {
	[VS_PREEMPT_NONE] = "none",
	[VS_PREEMPT_VOLUNTARY] = "voluntary",
	[VS_PREEMPT_FULL] = "full",
};

const char *const vs_ipi_send_names[] = {
	[VS_SEND_SHORTHAND] = "shorthand",
	[VS_SEND_PHYSICAL] = "physical",
	[VS_SEND_CLUSTER] = "cluster",
	[VS_SEND_PV] = "pv",
};

const char *const vs_ipi_delivery_names[] = {
	[VS_DELIVERY_EXIT] = "exit",
	[VS_DELIVERY_POSTED] = "posted",
};

static const char *const op_names[] = {
	[VS_OP_HOTPLUG] = "hotplug",
	[VS_OP_IPI_BROADCAST] = "ipi_broadcast",
	[VS_OP_REQUEST_ALL] = "request_all",
	[VS_OP_LOOKUP] = "lookup",
	[VS_OP_LOOKUP_BY_ID] = "lookup_by_id",
	[VS_OP_UNPLUG] = "unplug",
	[VS_OP_ON_SPIN] = "on_spin",
	[VS_OP_IPI_UNICAST] = "ipi_unicast",
	[VS_OP_INDEX_OF] = "index_of",
	[VS_OP_KICK] = "kick",
	[VS_OP_START_STOP] = "start_stop",
	[VS_OP_VP_FLUSH] = "vp_flush",
	[VS_OP_VM_CREATE] = "vm_create",
	[VS_OP_VM_DESTROY] = "vm_destroy",
	[VS_OP_MEMSLOT_READ] = "memslot_read",
	[VS_OP_MEMSLOT_UPDATE] = "memslot_update",
	[VS_OP_CREATE_FAILING] = "create_failing",
	[VS_OP_GUEST_LOCK] = "guest_lock",
};

/* guest_lock is no stream's */
const struct vs_choice vs_op_choice = {"an operation", op_names, VS_OP_GUEST_LOCK};
const struct vs_choice vs_preempt_choice = {"how the host kernel preempts", vs_preempt_names,
					    VS_COUNT(vs_preempt_names)};
const struct vs_choice vs_ipi_send_choice = {"how a guest sends a broadcast", vs_ipi_send_names,
					     VS_COUNT(vs_ipi_send_names)};
const struct vs_choice vs_ipi_delivery_choice = {"how an interrupt arrives", vs_ipi_delivery_names,
						 VS_COUNT(vs_ipi_delivery_names)};

bool vs_read_choice(const struct vs_at *at, const struct vs_choice *choice, size_t *out)
{
	return vs_at_choice(at, choice->what, choice->names, choice->n, out);
}

const char *vs_op_name(enum vs_op op)
{
	return op_names[op];
}

/* One line for each that a stream may have. */
const char *vs_op_summary(enum vs_op op)
{
	static const char *const summary[VS_OP_GUEST_LOCK] = {
		[VS_OP_HOTPLUG] = "the VMM creates a vCPU: the whole ioctl, then its thread starts",
		[VS_OP_IPI_BROADCAST] = "a guest interrupts all other vCPUs, or all",
		[VS_OP_REQUEST_ALL] =
			"the host asks all vCPUs for something, and may wait for them",
		[VS_OP_LOOKUP] = "the host looks a vCPU up by its index",
		[VS_OP_LOOKUP_BY_ID] = "the host looks a vCPU up by its id",
		[VS_OP_UNPLUG] = "the VMM takes out the vCPU with the highest index",
		[VS_OP_ON_SPIN] = "a vCPU that spins yields to one that was preempted",
		[VS_OP_IPI_UNICAST] = "a guest interrupts one vCPU",
		[VS_OP_INDEX_OF] = "the host finds the index of a vCPU that it has",
		[VS_OP_KICK] = "the host makes a vCPU leave its guest",
		[VS_OP_START_STOP] = "a vCPU starts or stops, which counts the started ones",
		[VS_OP_VP_FLUSH] = "a guest has VPs flush their TLBs, found by Hyper-V's indexes",
		[VS_OP_VM_CREATE] = "a VM is made beside the one that all share",
		[VS_OP_VM_DESTROY] = "such a VM is taken down",
		[VS_OP_MEMSLOT_READ] =
			"an exit, or the host, finds the memory slot of a guest's page",
		[VS_OP_MEMSLOT_UPDATE] =
			"the VMM changes a memory slot, and waits for exits under way",
		[VS_OP_CREATE_FAILING] = "the VMM asks for a vCPU that it cannot have",
	};

	return summary[op];
}

const char *vs_scenario_op_name(const struct vs_scenario *s, enum vs_op op)
{
	return op < VS_OP_PLAIN ? op_names[op] : s->plain[op - VS_OP_PLAIN].name;
}

bool vs_op_from_name(const char *name, enum vs_op *op)
{
	for (int i = 0; i < VS_OP_PLAIN; i++) {
		if (strcmp(name, op_names[i]) == 0) {
			*op = (enum vs_op)i;
			return true;
		}
	}
	return false;
}
