/*
 * One module: all call sites compiled against one table. Included last by the table's source file,
 * after the table's header, with KVM_TABLE_NAME and KVM_TABLE_SUMMARY defined.
 */
#ifndef VS_CALLSITES_MODULE_H
#define VS_CALLSITES_MODULE_H

#include <vcpusim/module.h>

#include "create.h"
#include "memslot.h"
#include "run.h"
#include "start_stop.h"
#include "unplug.h"
#include "vp.h"

#define __KVM_PARAM(name_, value_, min_, max_, flags_, summary_)                                   \
	{.name = #name_,                                                                           \
	 .value = (value_),                                                                        \
	 .min = (min_),                                                                            \
	 .max = (max_),                                                                            \
	 .power_of_two = (flags_)&KVM_PARAM_POWER_OF_TWO,                                          \
	 .summary = (summary_)},

static const struct vs_table_param kvm_table_param[] = {
	KVM_TABLE_PARAMS(__KVM_PARAM){.name = NULL}};

#define KVM_N_PARAMS (ARRAY_SIZE(kvm_table_param) - 1)

static int table_vm_create(const struct vs_vm_params *params, void **vm)
{
	union {
		struct kvm_table_params params;
		u32 value[KVM_N_PARAMS + 1];
	} table;
	struct kvm *kvm = NULL;
	int r;

	BUILD_BUG_ON(sizeof(table.params) != KVM_N_PARAMS * sizeof(u32));
	BUILD_BUG_ON(KVM_N_PARAMS > VS_TABLE_PARAMS_MAX);
	if (params->max_vcpus > KVM_MAX_VCPUS)
		return -EINVAL;
	for (size_t k = 0; kvm_table_param[k].name; k++)
		table.value[k] = params->table ? params->table[k] : kvm_table_param[k].value;
	r = kvm_create_vm((int)params->max_vcpus, &table.params, &kvm);
	if (r)
		return r;
	kvm->arch.has_apic_map = params->apic_map;
	kvm->arch.apicv = params->posted;
	kvm->arch.vp_mismatched = params->vp_mismatched;
	r = kvm_create_memslots(kvm, params->memslots);
	if (r)
		kvm_destroy_vm(kvm);
	else
		*vm = kvm;
	return r;
}

static void table_vm_destroy(void *vm)
{
	kvm_destroy_vm(vm);
}

static int table_vcpu_create(void *vm, uint32_t id, void **out)
{
	struct kvm_vcpu *vcpu;
	int r = kvm_vm_ioctl_create_vcpu(vm, id, &vcpu);

	if (!r)
		*out = vcpu;
	return r;
}

#ifndef KVM_TABLE_NO_UNPLUG
static int table_vcpu_unplug(void *vm, void *vcpu)
{
	return kvm_vm_unplug_vcpu(vm, vcpu);
}
#endif

static void table_vcpu_run(void *vcpu)
{
	kvm_vcpu_run(vcpu);
}

static void *table_get(void *vm, uint32_t index)
{
	return kvm_lookup(vm, index);
}

static void *table_get_by_id(void *vm, uint32_t id)
{
	return kvm_lookup_by_id(vm, id);
}

static uint32_t table_broadcast(void *vm, void *self)
{
	return kvm_broadcast(vm, self);
}

static uint32_t table_ipi(void *vm, void *self, const struct vs_ipi *ipi)
{
	return kvm_send_ipi(vm, self, ipi);
}

static uint32_t table_request_all(void *vm, bool wait)
{
	return kvm_make_all_cpus_request(vm, wait);
}

static void table_on_spin(void *vcpu)
{
	kvm_vcpu_on_spin(vcpu);
}

static int64_t table_index_of(void *vm, void *vcpu)
{
	return kvm_index_of(vm, vcpu);
}

static bool table_kick(void *vm, uint32_t index)
{
	return kvm_kick_index(vm, index);
}

static bool table_start_stop(void *vm, uint32_t index, enum vs_count how)
{
	return kvm_start_stop(vm, index, how);
}

static uint32_t table_vp_flush(void *vm, uint32_t first, const uint64_t *set)
{
	return kvm_flush_vps(vm, first, set);
}

static enum vs_page table_memslot_read(void *vm, void *vcpu, uint64_t gfn)
{
	return kvm_read_memslot(vm, vcpu != NULL, gfn);
}

static int table_memslot_update(void *vm, uint32_t slot)
{
	return kvm_toggle_dirty_log(vm, slot);
}

static uint32_t table_online(void *vm)
{
	return (uint32_t)atomic_read(&((struct kvm *)vm)->online_vcpus);
}

static const struct vs_table kvm_table = {
	.name = KVM_TABLE_NAME,
	.summary = KVM_TABLE_SUMMARY,
	.params = kvm_table_param,
	.n_params = KVM_N_PARAMS,
#ifdef KVM_TABLE_NO_UNPLUG
	.no_unplug = KVM_TABLE_NO_UNPLUG,
#else
	.vcpu_unplug = table_vcpu_unplug,
#endif
	.vm_create = table_vm_create,
	.vm_destroy = table_vm_destroy,
	.vcpu_create = table_vcpu_create,
	.vcpu_run = table_vcpu_run,
	.get = table_get,
	.get_by_id = table_get_by_id,
	.broadcast = table_broadcast,
	.ipi = table_ipi,
	.request_all = table_request_all,
	.on_spin = table_on_spin,
	.index_of = table_index_of,
	.kick = table_kick,
	.start_stop = table_start_stop,
	.vp_flush = table_vp_flush,
	.memslot_read = table_memslot_read,
	.memslot_update = table_memslot_update,
	.online = table_online,
};

static const struct vs_table *const kvm_tables[] = {&kvm_table};

const struct vs_module vs_module = {
	.abi = VS_MODULE_ABI,
	.n_tables = ARRAY_SIZE(kvm_tables),
	.name = KVM_TABLE_NAME,
	.tables = kvm_tables,
};

#endif
