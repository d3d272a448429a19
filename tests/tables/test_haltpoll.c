/*
 * How a HLT's poll grows and shrinks, on KVM's own terms: the call site alone, with the kernel's
 * defaults (200 us at most, from 10 us, times 2, reset).
 */
#include <check.h>

#include "models/tables/fixed.h"

#define KVM_TABLE_NAME "haltpoll"
#define KVM_TABLE_SUMMARY "for its call sites only"
#include "models/callsites/module.h"

static struct kvm_vcpu vcpu;

static unsigned int after_us(const struct vs_halt_poll *p, u64 halted_us)
{
	kvm_vcpu_adjust_poll(&vcpu, p, halted_us * 1000);
	return vcpu.halt_poll_ns;
}

START_TEST(kernels_defaults)
{
	static const struct vs_halt_poll p = {.max_ns = 200000, .grow_start_ns = 10000, .grow = 2};

	vcpu.halt_poll_ns = 0;
	ck_assert_uint_eq(after_us(&p, 201), 0);     /* too long to be polled for */
	ck_assert_uint_eq(after_us(&p, 200), 0);     /* the limit is neither short nor long */
	ck_assert_uint_eq(after_us(&p, 199), 10000); /* short: from the start */
	ck_assert_uint_eq(after_us(&p, 10), 10000);  /* polling was enough */
	ck_assert_uint_eq(after_us(&p, 11), 20000);  /* a bit more would have been */
	ck_assert_uint_eq(after_us(&p, 150), 40000);
	ck_assert_uint_eq(after_us(&p, 150), 80000);
	ck_assert_uint_eq(after_us(&p, 150), 160000);
	ck_assert_uint_eq(after_us(&p, 150), 160000);
	ck_assert_uint_eq(after_us(&p, 200), 160000); /* as above */
	ck_assert_uint_eq(after_us(&p, 170), 200000); /* 320 would be above the limit */
	ck_assert_uint_eq(after_us(&p, 200), 200000);
	ck_assert_uint_eq(after_us(&p, 201), 0); /* reset */
}
END_TEST

START_TEST(shrinks_by_a_factor)
{
	static const struct vs_halt_poll p = {
		.max_ns = 200000, .grow_start_ns = 10000, .grow = 3, .shrink = 2};

	vcpu.halt_poll_ns = 20000;
	ck_assert_uint_eq(after_us(&p, 100), 60000);
	ck_assert_uint_eq(after_us(&p, 1000), 30000);
	ck_assert_uint_eq(after_us(&p, 1000), 15000);
	ck_assert_uint_eq(after_us(&p, 1000), 0); /* 7.5 us is below the start */
}
END_TEST

START_TEST(does_not_grow)
{
	static const struct vs_halt_poll p = {.max_ns = 200000, .grow_start_ns = 10000};

	vcpu.halt_poll_ns = 30000;
	ck_assert_uint_eq(after_us(&p, 100), 30000);
	ck_assert_uint_eq(after_us(&p, 300), 0);
	ck_assert_uint_eq(after_us(&p, 100), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("halt polling's length");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(c, kernels_defaults);
	tcase_add_test(c, shrinks_by_a_factor);
	tcase_add_test(c, does_not_grow);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
