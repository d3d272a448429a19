/*
 * One module: all call sites compiled against one table. Included last by the table's source file,
 * after the table's header, with KVM_TABLE_NAME and KVM_TABLE_SUMMARY defined.
 */
#ifndef VS_CALLSITES_MODULE_H
#define VS_CALLSITES_MODULE_H

#include <vcpusim/module.h>

#include "create.h"
#include "run.h"

static int table_vm_create(const struct vs_vm_params *params, void **vm)
{
	struct kvm *kvm;
	int r;

	if (params->max_vcpus > KVM_MAX_VCPUS)
		return -EINVAL;
	r = kvm_create_vm((int)params->max_vcpus, &kvm);
	if (!r)
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
	return id < KVM_MAX_VCPU_ID ? kvm_get_vcpu_by_id(vm, (int)id) : NULL;
}

static uint32_t table_broadcast(void *vm, void *self)
{
	return kvm_broadcast(vm, self);
}

static uint32_t table_request_all(void *vm, bool wait)
{
	return kvm_make_all_cpus_request(vm, wait);
}

static uint32_t table_online(void *vm)
{
	return (uint32_t)atomic_read(&((struct kvm *)vm)->online_vcpus);
}

static const struct vs_table kvm_table = {
	.name = KVM_TABLE_NAME,
	.summary = KVM_TABLE_SUMMARY,
	.vm_create = table_vm_create,
	.vm_destroy = table_vm_destroy,
	.vcpu_create = table_vcpu_create,
	.vcpu_run = table_vcpu_run,
	.get = table_get,
	.get_by_id = table_get_by_id,
	.broadcast = table_broadcast,
	.request_all = table_request_all,
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
