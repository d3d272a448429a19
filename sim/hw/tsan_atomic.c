/*
 * sim/hw/tsan_atomic.c - callbacks for atomics and fences.
 *
 * Each announces and then does the operation itself, in plain C: one host thread runs all
 * simulated ones, and nothing else runs between the grant and the operation. Prices follow x86:
 * a load of any order and a store short of sequentially consistent are a mov, announced like
 * READ_ONCE and WRITE_ONCE; everything else is a locked instruction (VS_ATOMIC) that takes the line
 * for writing first, a compare-exchange also when it then fails.
 */
#include "sim/engine/engine.h"
#include "sim/hw/tsan.h"

typedef unsigned __int128 u128;

/* gcc may or in hints above the order itself. */
static inline int order(int memory_order)
{
	return memory_order & 0xff;
}

static inline unsigned store_kind(int memory_order)
{
	return order(memory_order) == __ATOMIC_SEQ_CST ? VS_WRITE | VS_ATOMIC
						       : VS_WRITE | VS_VOLATILE;
}

/* gcc passes the expected value by address: nearly always a local that real code keeps in a
 * register, and then free. */
static inline bool on_own_stack(const void *p)
{
	uintptr_t lo, hi;

	if (!vs_ctx_now)
		return true;
	vs_ctx_stack(vs_ctx_now, &lo, &hi);
	return (uintptr_t)p >= lo && (uintptr_t)p < hi;
}

#define LOAD_STORE(bits, type)                                                                     \
	type __tsan_atomic##bits##_load(const volatile type *p, int mo);                           \
	type __tsan_atomic##bits##_load(const volatile type *p, int mo)                            \
	{                                                                                          \
		(void)mo;                                                                          \
		vs_access((uintptr_t)p, sizeof(type), VS_READ | VS_VOLATILE, VS_CALLER);           \
		return *p;                                                                         \
	}                                                                                          \
	void __tsan_atomic##bits##_store(volatile type *p, type value, int mo);                    \
	void __tsan_atomic##bits##_store(volatile type *p, type value, int mo)                     \
	{                                                                                          \
		vs_access((uintptr_t)p, sizeof(type), store_kind(mo), VS_CALLER);                  \
		*p = value;                                                                        \
	}

#define MODIFY(bits, type, name, expression)                                                       \
	type __tsan_atomic##bits##_##name(volatile type *p, type value, int mo);                   \
	type __tsan_atomic##bits##_##name(volatile type *p, type value, int mo)                    \
	{                                                                                          \
		type old;                                                                          \
                                                                                                   \
		(void)mo;                                                                          \
		vs_access((uintptr_t)p, sizeof(type), VS_WRITE | VS_ATOMIC, VS_CALLER);            \
		old = *p;                                                                          \
		*p = (type)(expression);                                                           \
		return old;                                                                        \
	}

#define COMPARE_EXCHANGE(bits, type)                                                               \
	static inline type cas##bits(volatile type *p, type expected, type desired, uintptr_t pc)  \
	{                                                                                          \
		type old;                                                                          \
                                                                                                   \
		vs_access((uintptr_t)p, sizeof(type), VS_WRITE | VS_ATOMIC, pc);                   \
		old = *p;                                                                          \
		if (old == expected)                                                               \
			*p = desired;                                                              \
		return old;                                                                        \
	}                                                                                          \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type expected,           \
							type desired, int mo, int fail_mo);        \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type expected,           \
							type desired, int mo, int fail_mo)         \
	{                                                                                          \
		(void)mo;                                                                          \
		(void)fail_mo;                                                                     \
		return cas##bits(p, expected, desired, VS_CALLER);                                 \
	}                                                                                          \
	COMPARE_EXCHANGE_BY_ADDRESS(bits, type, strong)                                            \
	COMPARE_EXCHANGE_BY_ADDRESS(bits, type, weak)

/* The weak form never fails without a reason: x86 has no such instruction. */
#define COMPARE_EXCHANGE_BY_ADDRESS(bits, type, strength)                                          \
	int __tsan_atomic##bits##_compare_exchange_##strength(volatile type *p, type *expected,    \
							      type desired, int mo, int fail_mo);  \
	int __tsan_atomic##bits##_compare_exchange_##strength(volatile type *p, type *expected,    \
							      type desired, int mo, int fail_mo)   \
	{                                                                                          \
		bool local = on_own_stack(expected);                                               \
		type want, old;                                                                    \
                                                                                                   \
		(void)mo;                                                                          \
		(void)fail_mo;                                                                     \
		if (!local)                                                                        \
			vs_access((uintptr_t)expected, sizeof(type), VS_READ, VS_CALLER);          \
		want = *expected;                                                                  \
		old = cas##bits(p, want, desired, VS_CALLER);                                      \
		if (old == want)                                                                   \
			return 1;                                                                  \
		if (!local)                                                                        \
			vs_access((uintptr_t)expected, sizeof(type), VS_WRITE, VS_CALLER);         \
		*expected = old;                                                                   \
		return 0;                                                                          \
	}

#define ATOMIC(bits, type)                                                                         \
	LOAD_STORE(bits, type)                                                                     \
	MODIFY(bits, type, exchange, value)                                                        \
	MODIFY(bits, type, fetch_add, old + value)                                                 \
	MODIFY(bits, type, fetch_sub, old - value)                                                 \
	MODIFY(bits, type, fetch_and, old &value)                                                  \
	MODIFY(bits, type, fetch_or, old | value)                                                  \
	MODIFY(bits, type, fetch_xor, old ^ value)                                                 \
	MODIFY(bits, type, fetch_nand, ~(old & value))                                             \
	COMPARE_EXCHANGE(bits, type)

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
ATOMIC(128, u128)

void __tsan_atomic_thread_fence(int mo);
void __tsan_atomic_thread_fence(int mo)
{
	vs_access_fence(order(mo), VS_CALLER);
}

/* Orders against a signal handler of the same thread: the compiler's business only. */
void __tsan_atomic_signal_fence(int mo);
void __tsan_atomic_signal_fence(int mo)
{
	(void)mo;
}
