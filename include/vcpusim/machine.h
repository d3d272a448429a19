/*
 * vcpusim/machine.h - a host machine, as loaded from models/machines/NAME.json.
 *
 * Plain data: sim/io fills it and checks it, sim/hw and sim/host read it. Every number stands in
 * the JSON with a source, or is marked assumed or derived there; none has a default in C.
 * Times are picoseconds here and nanoseconds in the JSON (same name, _ns for _ps).
 */
#ifndef VCPUSIM_MACHINE_H
#define VCPUSIM_MACHINE_H

#include <vcpusim/types.h>

#define VS_MAX_SOCKETS 64
#define VS_MAX_DOMAINS 64
#define VS_MAX_CORES 4096
#define VS_MAX_IN_FLIGHT 32 /* most for mlp and prefetch_streams */

struct vs_cache_geometry {
	uint64_t size_bytes;
	uint32_t ways;
};

struct vs_machine {
	char name[64];
	char description[256];
	/* topology: cores are numbered socket by socket, L3 domain by L3 domain */
	uint32_t sockets;
	uint32_t l3_per_socket;
	uint32_t cores_per_l3;
	uint32_t threads_per_core; /* 1: the only value modelled so far */
	uint32_t clock_mhz;
	uint32_t line_bytes;                                     /* 64 */
	uint8_t socket_distance[VS_MAX_SOCKETS][VS_MAX_SOCKETS]; /* links: 0 self, 1 cross, 2 far */

	struct vs_cache_geometry l1d, l2, l3; /* l3: per domain */

	/* a core on its own */
	vs_ps issue_ps;  /* computing between two announced accesses */
	vs_ps l1_ps;     /* hit in L1: latency that an in-order reader sees */
	vs_ps l2_ps;     /* hit in L2 */
	vs_ps atomic_ps; /* an atomic's own work, on top of getting the line */
	vs_ps fence_ps;  /* a full fence */

	/* lines that come from elsewhere: whole latencies of a lone requester */
	vs_ps l3_ps;                     /* clean line in the domain's L3 */
	vs_ps memory_ps[VS_DISTANCES];   /* by distance to the home socket; [0] == [1] */
	vs_ps transfer_ps[VS_DISTANCES]; /* line dirty, exclusive or to be invalidated elsewhere */
	bool home_in_path;               /* outside one L3, distance to the home counts too */

	/* the inside of a transfer: request leg, snoop leg, data hop */
	vs_ps leg_ps[VS_DISTANCES]; /* core <-> home, one way; [0] == [1] */
	vs_ps hop_ps[VS_DISTANCES]; /* owner -> next: what a contended line pays per move */
	uint32_t local_burst;       /* hand-overs within a domain before the line must leave */

	/* independent misses */
	uint32_t mlp;              /* misses in flight; 1 = none overlap */
	uint32_t prefetch_streams; /* sequential streams followed; 0 = no prefetcher */
	uint32_t prefetch_depth;   /* lines ahead of the demand miss */
	vs_ps bulk_line_ps;        /* each further line of a bulk operation */

	/* the host kernel on it */
	vs_ps context_switch_ps; /* one thread to another on one CPU */
	vs_ps wake_send_ps;      /* waker's cost of waking a thread on another CPU */
	vs_ps wake_flight_ps;    /* until the other CPU takes notice */
	vs_ps idle_exit_ps;      /* leaving idle */
	vs_ps tick_ps;           /* the HZ tick's handler */
	vs_ps migration_ps;      /* first run on another CPU, on top of cold caches */
	vs_ps ipi_send_ps;       /* sender's cost per target */
	vs_ps ipi_flight_ps[VS_DISTANCES];
	vs_ps ipi_handler_ps;    /* handler at the target, host mode */
	vs_ps ipi_exit_ps;       /* own work per exit by which a guest sends interrupts */
	vs_ps ipi_accept_ps;     /* own work per vCPU that such an interrupt is for */
	vs_ps guest_handler_ps;  /* a guest's own handler of an interrupt */
	vs_ps guest_exit_ps;     /* guest -> host handler */
	vs_ps guest_entry_ps;    /* host -> guest */
	vs_ps exit_hlt_ps;       /* handling an exit, between the two, beside what is simulated: */
	vs_ps exit_operation_ps; /* an interrupt's is ipi_handler_ps or tick_ps */
	vs_ps exit_pause_ps;
	vs_ps userspace_exit_ps; /* exit to the VMM and back: the ioctl's own entry and return */
	vs_ps arch_create_ps;    /* arch part of creating a vCPU, beside what is simulated */
	vs_ps alloc_ps;          /* allocator fast path */
	vs_ps free_ps;
	vs_ps page_alloc_ps;   /* taking fresh memory from the page allocator */
	vs_ps rcu_scan_cpu_ps; /* RCU kthread looking at one CPU in a scan */
	vs_ps rcu_softirq_ps;  /* one pass of the RCU softirq */

	/* computed by the loader from the above: see docs/architecture.md, "windows" */
	vs_ps agent_delay_ps;  /* a: smallest core -> agent */
	vs_ps effect_delay_ps; /* b: smallest agent -> effect on a core */
	vs_ps loss_delay_ps;   /* h: smallest grant - loss it depends on */
	vs_ps message_ps;      /* m: smallest core -> core flight */
	vs_ps window_ps;       /* W = min(a + b, h, m) */
};

/* Where a number of the machine file comes from. */
enum vs_provenance { VS_SOURCED, VS_DERIVED, VS_ASSUMED };

/* One entry of the machine file, for the result's provenance and for sensitivity analysis. */
struct vs_machine_param {
	char pointer[80]; /* JSON pointer of the entry, e.g. "/transfer_ns/same_l3" */
	double value;     /* in the file's unit; NAN for what is not a number (socket distances) */
	enum vs_provenance provenance;
	char *note; /* the sentence that was given */
};

struct vs_machine_params {
	struct vs_machine_param *v; /* in the order of the format */
	size_t n;
};

void vs_machine_params_release(struct vs_machine_params *params); /* implemented in sim/io */

static inline uint32_t vs_machine_cores(const struct vs_machine *m)
{
	return m->sockets * m->l3_per_socket * m->cores_per_l3;
}

#endif
