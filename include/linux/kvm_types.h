/*
 * linux/kvm_types.h - a vCPU, as generic code and interrupt delivery see it.
 *
 * struct kvm_vcpu keeps the order and the line offsets of Linux 4.13 (x86, no lock debugging) for
 * the fields used here, because who shares a line with whom decides what a walk costs: a walk by
 * id reads the line that exits and requests dirty. The architecture's own state lies behind, on
 * lines of its own; the interrupt controller's registers are a page apart.
 *
 *	line 0   kvm, preempt_notifier, cpu, vcpu_id, srcu_idx, mode, requests, guest_debug
 *	line 1   pre_pcpu, blocked_vcpu_list, mutex, run
 *	line 2   fpu and xcr0 flags, wq
 *	...
 */
#ifndef VCPUSIM_LINUX_KVM_TYPES_H
#define VCPUSIM_LINUX_KVM_TYPES_H

#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/swait.h>

#define KVM_MAX_VCPUS 4096
#define KVM_MAX_VCPU_ID (4 * KVM_MAX_VCPUS) /* ids may have holes: topology is encoded in them */

/* vcpu->mode */
enum {
	OUTSIDE_GUEST_MODE,
	IN_GUEST_MODE,
	EXITING_GUEST_MODE /* in guest mode, and somebody has sent the kick already */
};

/* Bits of vcpu->requests */
#define KVM_REQ_TLB_FLUSH 0
#define KVM_REQ_EVENT 6
#define KVM_REQ_MOVE 9 /* stop: for a table that stops vCPUs */

struct kvm;
struct kvm_vcpu;

struct kvm_lapic {
	u32 id;
	struct kvm_vcpu *vcpu;
	unsigned long irr[256 / BITS_PER_LONG] ____cacheline_aligned; /* vectors requested */
	u8 other_regs[4096 - 2 * SMP_CACHE_BYTES] ____cacheline_aligned;
};

/* Interrupts posted, for hardware or the next entry to take; ON: a notification is under way. */
#define POSTED_INTR_ON 0

struct pi_desc {
	unsigned long pir[256 / BITS_PER_LONG];
	unsigned long control;
} ____cacheline_aligned;

struct kvm_vcpu_arch {
	struct kvm_lapic *apic; /* owned */
	void *file;             /* owned: what the descriptor refers to */
	bool apicv_active;      /* interrupts are posted */
	bool stopped;           /* by SIGP; under start_stop_lock */
	u32 vp_index;           /* Hyper-V's name for it */
	u64 regs[16];
	struct pi_desc pi_desc;
} ____cacheline_aligned;

#define KVM_VCPU_BYTES (17 * 1024) /* 4.13 has 15 to 19 KiB, by configuration */

struct kvm_vcpu {
	struct kvm *kvm;
	struct preempt_notifier preempt_notifier;
	int cpu; /* where it runs or ran last; -1: nowhere yet */
	int vcpu_id;
	int srcu_idx;
	int mode;
	unsigned long requests;
	unsigned long guest_debug;

	int pre_pcpu;
	struct list_head blocked_vcpu_list;
	struct mutex mutex; /* held by whoever runs it */
	void *run;

	int guest_fpu_loaded, guest_xcr0_loaded;
	struct swait_queue_head wq; /* sleeps here while halted */
	struct kvm_vcpu *next;      /* for a table that links vCPUs */
	struct vs_task *thread;     /* who runs it; NULL: nobody yet */
	u8 signals_stat[208];
	unsigned int halt_poll_ns; /* how long a HLT polls before it sleeps */
	u8 mmio_async_pf[116];
	bool in_spin_loop, dy_eligible; /* directed yield: spins; may be boosted all the same */
	bool preempted;                 /* could run, but lost its CPU */
	bool is_run; /* somebody is in KVM_RUN: kept for a table that stops vCPUs */

	struct kvm_vcpu_arch arch;
	u8 rest[] ____cacheline_aligned;
};

#endif
