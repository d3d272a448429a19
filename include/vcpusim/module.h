/*
 * vcpusim/module.h - what a module built by vcpusim-cc exports.
 *
 * A module is a shared object with one symbol, `vs_module`. It holds tables: each the whole set of
 * KVM's call sites compiled against one way to hold the vCPUs; and plain operations: any C function
 * that is to be run by many CPUs at once. All functions run on a simulated thread and may switch;
 * vm and vcpu pointers are the module's own (struct kvm, struct kvm_vcpu).
 */
#ifndef VCPUSIM_MODULE_H
#define VCPUSIM_MODULE_H

#include <vcpusim/types.h>

#define VS_MODULE_ABI 9

#define VS_TABLE_PARAMS_MAX 4

/* What a scenario may set of a table: a whole number. */
struct vs_table_param {
	const char *name;
	uint32_t value; /* unless set */
	uint32_t min, max;
	bool power_of_two;
	const char *summary; /* one line */
};

struct vs_vm_params {
	uint32_t max_vcpus;
	/* n_params values, in the table's order; NULL: as they are unless set */
	const uint32_t *table;
	bool apic_map;      /* somebody will send by APIC id */
	bool posted;        /* interrupts are posted, not injected by the run loop */
	bool vp_mismatched; /* VP indexes run from max_vcpus - 1 down, not as the table's do */
	uint32_t memslots;  /* memory slots; 0: nobody will look at them */
};

/* Whom a guest's interrupt is for. */
enum vs_ipi_to {
	VS_IPI_SELF,
	VS_IPI_INDEX, /* the vCPU at index `first` of the table */
	VS_IPI_ID,    /* that of APIC id `first` */
	VS_IPI_SET    /* those of id first + n for each bit n of `set` */
};

struct vs_ipi {
	enum vs_ipi_to to;
	uint32_t first;
	uint64_t set[2];
};

#define VS_SLOT_PAGES (UINT64_C(1) << 18) /* a GiB: memory slots follow each other from page 0 */

/* Is a guest's page in a memory slot, and are writes to it logged? */
enum vs_page { VS_PAGE_NONE, VS_PAGE_PLAIN, VS_PAGE_LOGGED };

/* How many vCPUs are started is told by a walk, one that ends at the second, or a counter. */
enum vs_count { VS_COUNT_WALK, VS_COUNT_BREAK, VS_COUNT_COUNTER };

struct vs_table {
	/* as in a scenario's "tables": 1 to 63 letters, digits, '.', '_' and '-', no sign first */
	const char *name;
	const char *summary; /* one line */
	const struct vs_table_param *params;
	uint32_t n_params; /* VS_TABLE_PARAMS_MAX at most */
	/* NULL: vCPUs can be unplugged; else why not, as the end of "NAME can't: ..." */
	const char *no_unplug;

	/* 0 or -errno. A failed create leaves everything as it was. */
	int (*vm_create)(const struct vs_vm_params *params, void **vm);
	/* every vCPU thread has left vcpu_run */
	void (*vm_destroy)(void *vm);
	/* the KVM_CREATE_VCPU ioctl, whole */
	int (*vcpu_create)(void *vm, uint32_t id, void **vcpu);
	/* Takes out the vCPU with the highest index and frees it: 0, or -EBUSY for another one, or
	 * for one that is in vcpu_run. Only if no_unplug is NULL. */
	int (*vcpu_unplug)(void *vm, void *vcpu);
	/* the KVM_RUN loop; returns when vs_guest_run() said VS_EXIT_STOP */
	void (*vcpu_run)(void *vcpu);

	void *(*get)(void *vm, uint32_t index);
	void *(*get_by_id)(void *vm, uint32_t id);
	/* interrupt to all but `self` (NULL: to all) by shorthand; returns the number of targets */
	uint32_t (*broadcast)(void *vm, void *self);
	/* one exit of `self` that sends: returns the number of targets */
	uint32_t (*ipi)(void *vm, void *self, const struct vs_ipi *ipi);
	/* kvm_make_all_cpus_request; returns the number of vCPUs asked */
	uint32_t (*request_all)(void *vm, bool wait);
	/* kvm_vcpu_on_spin, by the vCPU's own thread: directed yield */
	void (*on_spin)(void *vcpu);
	/* the index of a vCPU that is there, by a walk; -1: it is not */
	int64_t (*index_of)(void *vm, void *vcpu);
	/* interrupt it if it runs, wake it if it sleeps; false: there is none */
	bool (*kick)(void *vm, uint32_t index);
	/* SIGP: start it if it is stopped, else stop it; false: there is none */
	bool (*start_stop)(void *vm, uint32_t index, enum vs_count how);
	/* flush the TLBs of VPs first + n for each bit n of set[2]; returns the number asked */
	uint32_t (*vp_flush)(void *vm, uint32_t first, const uint64_t *set);
	/* of a guest's page, by the thread of a vCPU in an exit, or (vcpu NULL) by another */
	enum vs_page (*memslot_read)(void *vm, void *vcpu, uint64_t gfn);
	/* has writes to a slot logged if they are not, else not: 0 or -errno */
	int (*memslot_update)(void *vm, uint32_t slot);
	uint32_t (*online)(void *vm);
};

/*
 * A plain operation. What it works on is the module's own: static data, or what its init allocated.
 * Each run has a process, and so data, of its own.
 */
struct vs_operation {
	const char *name;    /* a scenario's "op" is "MODULE:NAME" */
	const char *summary; /* one line */
	/* By issuer 0, 1, ... of all that the module's operations have. Not 0: it has failed. */
	int (*run)(uint32_t issuer);
	/* Once, by one thread, when all operations have returned; `done` of this one succeeded.
	 * Says by vs_expect() what is wrong. May be NULL. */
	void (*check)(uint64_t done);
};

struct vs_module {
	uint32_t abi; /* VS_MODULE_ABI */
	uint32_t n_tables;
	const char *name;
	const struct vs_table *const *tables;
	const struct vs_operation *operations;
	uint32_t n_operations;
	/* Before the first operation, by one thread, at no cost: 0 or -errno. May be NULL. */
	int (*init)(uint32_t issuers);
};

extern const struct vs_module vs_module;

/* Records a violation unless both are the same; costs nothing. `what` must last. */
void vs_expect(const char *what, uint64_t found, uint64_t expected);

#endif
