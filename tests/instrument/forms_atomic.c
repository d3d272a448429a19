#include <stdatomic.h>

#include "forms.h"

#define DEFINE_OP(T, op)                                                                           \
	T fetch_##op##_##T(T *p, T v)                                                              \
	{                                                                                          \
		return __atomic_fetch_##op(p, v, __ATOMIC_RELAXED);                                \
	}                                                                                          \
	T op##_fetch_##T(T *p, T v)                                                                \
	{                                                                                          \
		return __atomic_##op##_fetch(p, v, __ATOMIC_SEQ_CST);                              \
	}                                                                                          \
	T sync_fetch_##op##_##T(T *p, T v)                                                         \
	{                                                                                          \
		return __sync_fetch_and_##op(p, v);                                                \
	}                                                                                          \
	T sync_##op##_fetch_##T(T *p, T v)                                                         \
	{                                                                                          \
		return __sync_##op##_and_fetch(p, v);                                              \
	}

#define DEFINE_CAS(T, strength, weak)                                                              \
	bool cas_##strength##_##T(T *p, T expected, T desired, T *seen)                            \
	{                                                                                          \
		bool done = __atomic_compare_exchange_n(p, &expected, desired, weak,               \
							__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);       \
		*seen = expected;                                                                  \
		return done;                                                                       \
	}

#define DEFINE_ATOMIC(T)                                                                           \
	T load_relaxed_##T(T *p)                                                                   \
	{                                                                                          \
		return __atomic_load_n(p, __ATOMIC_RELAXED);                                       \
	}                                                                                          \
	T load_acquire_##T(T *p)                                                                   \
	{                                                                                          \
		return __atomic_load_n(p, __ATOMIC_ACQUIRE);                                       \
	}                                                                                          \
	T load_seq_cst_##T(T *p)                                                                   \
	{                                                                                          \
		return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                       \
	}                                                                                          \
	void store_relaxed_##T(T *p, T v)                                                          \
	{                                                                                          \
		__atomic_store_n(p, v, __ATOMIC_RELAXED);                                          \
	}                                                                                          \
	void store_release_##T(T *p, T v)                                                          \
	{                                                                                          \
		__atomic_store_n(p, v, __ATOMIC_RELEASE);                                          \
	}                                                                                          \
	void store_seq_cst_##T(T *p, T v)                                                          \
	{                                                                                          \
		__atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                          \
	}                                                                                          \
	T exchange_##T(T *p, T v)                                                                  \
	{                                                                                          \
		return __atomic_exchange_n(p, v, __ATOMIC_ACQUIRE);                                \
	}                                                                                          \
	DEFINE_CAS(T, strong, false)                                                               \
	DEFINE_CAS(T, weak, true)                                                                  \
	bool cas_in_memory_##T(T *p, T *expected, T desired)                                       \
	{                                                                                          \
		return __atomic_compare_exchange_n(p, expected, desired, false, __ATOMIC_SEQ_CST,  \
						   __ATOMIC_SEQ_CST);                              \
	}                                                                                          \
	bool sync_bool_cas_##T(T *p, T expected, T desired)                                        \
	{                                                                                          \
		return __sync_bool_compare_and_swap(p, expected, desired);                         \
	}                                                                                          \
	T sync_val_cas_##T(T *p, T expected, T desired)                                            \
	{                                                                                          \
		return __sync_val_compare_and_swap(p, expected, desired);                          \
	}                                                                                          \
	T sync_test_and_set_##T(T *p, T v)                                                         \
	{                                                                                          \
		return __sync_lock_test_and_set(p, v);                                             \
	}                                                                                          \
	void sync_release_##T(T *p)                                                                \
	{                                                                                          \
		__sync_lock_release(p);                                                            \
	}                                                                                          \
	T c11_load_##T(T *p)                                                                       \
	{                                                                                          \
		return atomic_load((_Atomic T *)p);                                                \
	}                                                                                          \
	void c11_store_##T(T *p, T v)                                                              \
	{                                                                                          \
		atomic_store((_Atomic T *)p, v);                                                   \
	}                                                                                          \
	T c11_fetch_add_##T(T *p, T v)                                                             \
	{                                                                                          \
		return atomic_fetch_add_explicit((_Atomic T *)p, v, memory_order_relaxed);         \
	}                                                                                          \
	bool c11_cas_##T(T *p, T expected, T desired)                                              \
	{                                                                                          \
		return atomic_compare_exchange_strong((_Atomic T *)p, &expected, desired);         \
	}                                                                                          \
	void c11_increment_##T(T *p)                                                               \
	{                                                                                          \
		(*(_Atomic T *)p)++;                                                               \
	}                                                                                          \
	OPS(DEFINE_OP, T)
WIDTHS(DEFINE_ATOMIC)

bool flag_test_and_set(bool *p)
{
	return __atomic_test_and_set(p, __ATOMIC_ACQUIRE);
}

void flag_clear(bool *p)
{
	__atomic_clear(p, __ATOMIC_RELEASE);
}

bool test_and_set_bit(u64 *p, unsigned bit)
{
	return __atomic_fetch_or(p, UINT64_C(1) << bit, __ATOMIC_SEQ_CST) >> bit & 1;
}

bool decrement_and_test(u64 *p)
{
	return __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST) == 0;
}

void fence_seq_cst(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void fence_acquire(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

void fence_release(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

void fence_sync(void)
{
	__sync_synchronize();
}

void fence_signal(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}
