/* All that a table gives, called: what nobody calls a compiler hardly looks at. After the table. */
#ifndef VS_USE_H
#define VS_USE_H

int vs_use_init(struct kvm *kvm);
void vs_use_destroy(struct kvm *kvm);
int vs_use_create(struct kvm *kvm, struct kvm_vcpu *vcpu, bool cancel);
struct kvm_vcpu *vs_use_look_up(struct kvm *kvm, int i, int id);
unsigned long vs_use_walk(struct kvm *kvm);
size_t vs_use_bytes(int max_vcpus, const struct kvm_table_params *params);

size_t vs_use_bytes(int max_vcpus, const struct kvm_table_params *params)
{
	(void)max_vcpus;
	(void)params;
	return sizeof(struct kvm) + kvm_table_tail(max_vcpus, params) * sizeof(void *);
}

int vs_use_init(struct kvm *kvm)
{
	mutex_init(&kvm->lock);
	return kvm_table_init(kvm);
}

void vs_use_destroy(struct kvm *kvm)
{
	kvm_table_destroy(kvm);
}

int vs_use_create(struct kvm *kvm, struct kvm_vcpu *vcpu, bool cancel)
{
	struct kvm_table_insert ins;
	int r;

	mutex_lock(&kvm->lock);
	r = kvm_table_reserve(kvm, vcpu, &ins);
	if (!r && cancel)
		kvm_table_cancel(kvm, &ins);
	else if (!r)
		kvm_table_insert(kvm, &ins);
	mutex_unlock(&kvm->lock);
	if (!r && !cancel)
		kvm_table_settle(kvm, &ins);
	return r;
}

#ifndef KVM_TABLE_NO_UNPLUG
void vs_use_unplug(struct kvm *kvm, struct kvm_table_insert *ins);

void vs_use_unplug(struct kvm *kvm, struct kvm_table_insert *ins)
{
	mutex_lock(&kvm->lock);
	kvm_table_remove(kvm, ins);
	mutex_unlock(&kvm->lock);
	kvm_table_removed(kvm, ins);
}
#endif

#ifdef KVM_TABLE_STOPS_VCPUS
void vs_use_run(struct kvm_vcpu *vcpu);

/* As in KVM_RUN. */
void vs_use_run(struct kvm_vcpu *vcpu)
{
	kvm_table_vcpu_load(vcpu);
	if (kvm_table_vcpu_asked(vcpu))
		kvm_table_vcpu_stop(vcpu);
	kvm_table_vcpu_put(vcpu);
}
#endif

struct kvm_vcpu *vs_use_look_up(struct kvm *kvm, int i, int id)
{
	int cookie = kvm_vcpus_read_lock(kvm);
	struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, i);

	if (!vcpu)
		vcpu = kvm_get_vcpu_by_id(kvm, id);
	kvm_vcpus_read_unlock(kvm, cookie);
	return vcpu;
}

unsigned long vs_use_walk(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long requests = 0;
	int i, cookie = kvm_vcpus_read_lock(kvm);

	kvm_for_each_vcpu (i, vcpu, kvm) {
		set_bit(KVM_REQ_EVENT, &vcpu->requests);
		requests |= READ_ONCE(vcpu->requests);
	}
	kvm_vcpus_read_unlock(kvm, cookie);
	return requests;
}

#endif
