/*
 * Where the fields of struct kvm_vcpu lie: line by line as in Linux 4.13 on x86-64 without lock
 * debugging, where struct preempt_notifier has 24 bytes, struct mutex 32 and a wait queue 24.
 */
#include <check.h>

#include <linux/kvm_types.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/srcu.h>

START_TEST(kvm_vcpu)
{
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, kvm), 0);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, preempt_notifier), 8);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, cpu), 32);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, vcpu_id), 36);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, srcu_idx), 40);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, mode), 44);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, requests), 48);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, guest_debug), 56);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, pre_pcpu), 64);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, blocked_vcpu_list), 72);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, mutex), 88);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, run), 120);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, guest_fpu_loaded), 128);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, wq), 136);
	ck_assert_uint_eq(offsetof(struct kvm_vcpu, arch) % 64, 0);
	ck_assert_uint_ge(KVM_VCPU_BYTES, 15 * 1024);
	ck_assert_uint_le(KVM_VCPU_BYTES, 19 * 1024);
	ck_assert_uint_le(sizeof(struct kvm_vcpu), KVM_VCPU_BYTES);
}
END_TEST

START_TEST(kvm_lapic)
{
	ck_assert_uint_eq(sizeof(struct kvm_lapic), 4096);
	ck_assert_uint_eq(offsetof(struct kvm_lapic, irr) % 64, 0);
}
END_TEST

START_TEST(kernel_types)
{
	ck_assert_uint_eq(sizeof(struct mutex), 32);
	ck_assert_uint_eq(sizeof(struct swait_queue_head), 24);
	/* readers have a line per CPU to themselves */
	ck_assert_uint_eq(offsetof(struct srcu_data, lock), 64);
	ck_assert_uint_eq(sizeof(struct srcu_data) % 64, 0);
	ck_assert_uint_le(sizeof(struct task_struct), VS_TASK_AREA_BYTES);
	/* what others write while a thread waits is on a line of its own */
	ck_assert_uint_eq(offsetof(struct task_struct, mutex) % 64, 0);
	ck_assert_uint_eq(offsetof(struct task_struct, swait) % 64, 0);
	ck_assert_uint_eq(offsetof(struct task_struct, pool) % 64, 0);
	ck_assert_uint_eq(offsetof(struct task_struct, vs) % 64, 0);
	ck_assert_uint_eq(sizeof(struct rcu_head), sizeof(struct vs_rcu_head));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("layout");
	TCase *t = tcase_create("layout");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, kvm_vcpu);
	tcase_add_test(t, kvm_lapic);
	tcase_add_test(t, kernel_types);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
