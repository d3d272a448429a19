/* The kernel declares it in its kvm_host.h, in whose place ours stands. */
struct kvm_vcpu *kvm_get_running_vcpu(void);
