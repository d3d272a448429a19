/*
 * linux/kvm_host.h - a virtual machine, and what a table must give.
 *
 * A table is one header. It defines, in this order,
 *
 *	struct kvm_vcpus            the table, embedded in struct kvm
 *	KVM_TABLE_PARAMS(P)         if it has parameters: P(name, default, min, max, flags,
 *	                            "what it is") for each; their values are kvm->params.name
 *	kvm_table_tail(max, params) if it wants words at the end of struct kvm: how many of
 *	                            kvm->tail[]
 *	#include <linux/kvm_host.h>
 *	struct kvm_table_insert     an insert under way; has `index` and `vcpu`
 *
 * and these functions. For the update side (the first two at the VM's birth and end, while nobody
 * else has it):
 *
 *	int  kvm_table_init(kvm)                 0 or -ENOMEM, then nothing is left allocated
 *	void kvm_table_destroy(kvm)              frees the table, not the vCPUs
 *	int  kvm_table_reserve(kvm, vcpu, ins)   kvm->lock held: 0 or -ENOMEM; gets all that the
 *	                                         insert needs, sets ins->index; nobody sees it
 *	void kvm_table_cancel(kvm, ins)          kvm->lock held: undoes a reserve
 *	void kvm_table_insert(kvm, ins)          kvm->lock held: publishes; cannot fail
 *	void kvm_table_settle(kvm, ins)          lock dropped: waits and frees as the table must;
 *	                                         online_vcpus counts the vCPU at the latest after it
 *
 * For readers, at any time, on any thread:
 *
 *	struct kvm_vcpu *kvm_get_vcpu(kvm, i)         NULL if nothing is there
 *	struct kvm_vcpu *kvm_get_vcpu_by_id(kvm, id)  NULL if there is none
 *	kvm_for_each_vcpu(i, vcpu, kvm)               in index order; may be left by break
 *	int  kvm_vcpus_read_lock(kvm)                 returns the cookie for the other
 *	void kvm_vcpus_read_unlock(kvm, cookie)
 *
 * All three are called between kvm_vcpus_read_lock() and kvm_vcpus_read_unlock(). Tables free
 * arrays, never vCPUs. A table either says why no vCPU can be unplugged,
 *
 *	KVM_TABLE_NO_UNPLUG         "its readers ...": a vCPU pointer stays good until the VM's end
 *
 * or a pointer stays good until kvm_vcpus_read_unlock(), and the vCPU with the highest index can
 * go:
 *
 *	void kvm_table_remove(kvm, ins)     kvm->lock held, ins->vcpu and ins->index set: nobody
 *	                                    finds it from now on, and online_vcpus doesn't count it
 *	void kvm_table_removed(kvm, ins)    lock dropped: returns when nobody has it any more
 *
 * A table whose update side has vCPUs stop defines KVM_TABLE_STOPS_VCPUS and, for the vCPU's own
 * thread outside of all sections,
 *
 *	void kvm_table_vcpu_load(vcpu)      it has begun KVM_RUN; may sleep
 *	void kvm_table_vcpu_put(vcpu)       it is about to end KVM_RUN
 *	bool kvm_table_vcpu_asked(vcpu)     is KVM_REQ_MOVE set? then, before it reads anything,
 *	void kvm_table_vcpu_stop(vcpu)      answers the request; sleeps until it may go on
 */
#ifndef VCPUSIM_LINUX_KVM_HOST_H
#define VCPUSIM_LINUX_KVM_HOST_H

#include <linux/atomic.h>
#include <linux/kvm_types.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>

struct kvm_apic_map;
struct kvm_memslots;

struct kvm_arch {
	bool has_apic_map;  /* somebody sends by APIC id */
	bool apicv;         /* vCPUs get their interrupts posted */
	bool vp_mismatched; /* VP indexes are not the table's */
	struct mutex apic_map_lock;
	struct kvm_apic_map *apic_map; /* RCU; NULL: none, or it could not be allocated */
	spinlock_t start_stop_lock;
	u32 stopped; /* vCPUs, under start_stop_lock */
};

#define KVM_PARAM_POWER_OF_TWO 1 /* flag of a parameter */

#ifndef KVM_TABLE_PARAMS
#define KVM_TABLE_PARAMS(P)
#endif
#ifndef kvm_table_tail
#define kvm_table_tail(max_vcpus, params) ((size_t)0)
#endif

#ifndef KVM_TABLE_STOPS_VCPUS
#define kvm_table_vcpu_asked(vcpu) ((void)(vcpu), false)
#define kvm_table_vcpu_stop(vcpu) ((void)(vcpu))
#endif

#define __KVM_PARAM_FIELD(name, default, min, max, flags, summary) unsigned int name;
struct kvm_table_params {
	KVM_TABLE_PARAMS(__KVM_PARAM_FIELD)
};

struct kvm {
	spinlock_t mmu_lock;
	struct mutex slots_lock;
	struct kvm_vcpus vcpus;

	int created_vcpus;     /* under lock; counts those still being created */
	atomic_t online_vcpus; /* created, and in the table */
	int last_boosted_vcpu;
	struct list_head vm_list;
	struct mutex lock;
	int max_vcpus;
	struct srcu_struct srcu;       /* held while a vCPU's exit is handled */
	struct kvm_memslots *memslots; /* under srcu; NULL: none are modelled */
	struct kvm_arch arch ____cacheline_aligned;
	struct kvm_table_params params;
	void *tail[]; /* the table's, zeroed */
};

#endif
