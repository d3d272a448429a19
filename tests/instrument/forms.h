/*
 * tests/instrument/forms.h - C's ways to touch memory, one function each.
 *
 * forms_*.c is compiled by vcpusim-cc, the suites by the ordinary compiler.
 */
#ifndef VS_TEST_FORMS_H
#define VS_TEST_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned __int128 u128;

#define WIDTHS(X) X(u8) X(u16) X(u32) X(u64) X(u128)

#define DECLARE_PLAIN(T)                                                                           \
	struct packed_##T {                                                                        \
		char before;                                                                       \
		T v;                                                                               \
	} __attribute__((packed));                                                                 \
	T read_##T(T *p);                                                                          \
	void write_##T(T *p, T v);                                                                 \
	T volatile_read_##T(volatile T *p);                                                        \
	void volatile_write_##T(volatile T *p, T v);                                               \
	T unaligned_read_##T(struct packed_##T *p);                                                \
	void unaligned_write_##T(struct packed_##T *p, T v);                                       \
	T unaligned_volatile_read_##T(volatile struct packed_##T *p);                              \
	void unaligned_volatile_write_##T(volatile struct packed_##T *p, T v);                     \
	void increment_##T(T *p);                                                                  \
	void move_##T(T *a, T *b);                                                                 \
	T store_then_load_##T(T *a, T *b, T v);
WIDTHS(DECLARE_PLAIN)

/* Structures of n characters (alignment 1) and of n 8-byte words */
#define CHARS(X)                                                                                   \
	X(1)                                                                                       \
	X(2)                                                                                       \
	X(3)                                                                                       \
	X(4)                                                                                       \
	X(7)                                                                                       \
	X(8)                                                                                       \
	X(12)                                                                                      \
	X(16)                                                                                      \
	X(24)                                                                                      \
	X(31)                                                                                      \
	X(32)                                                                                      \
	X(64) X(100) X(128) X(256) X(257) X(512) X(1024) X(4095) X(4096) X(4097) X(8192) X(20000)
#define WORDS(X) X(1) X(2) X(3) X(8) X(512) X(513) X(2500)

#define DECLARE_CHARS(n)                                                                           \
	struct chars##n {                                                                          \
		char c[n];                                                                         \
	};                                                                                         \
	void copy_chars##n(struct chars##n *a, struct chars##n *b);                                \
	void zero_chars##n(struct chars##n *a);
CHARS(DECLARE_CHARS)
#define DECLARE_WORDS(n)                                                                           \
	struct words##n {                                                                          \
		u64 w[n];                                                                          \
	};                                                                                         \
	void copy_words##n(struct words##n *a, struct words##n *b);                                \
	void zero_words##n(struct words##n *a);
WORDS(DECLARE_WORDS)

struct wide {
	u128 q;
};
struct four {
	u32 a, b, c, d;
};
struct mixed {
	u32 a;
	u8 b;
	u64 c;
};
union either {
	u32 a;
	u64 b;
};
struct outer {
	struct four in[4];
	union either u;
};
struct bits {
	u32 a : 3, b : 13;
	u64 c : 40;
};

void copy_wide(struct wide *a, struct wide *b);
void copy_volatile(volatile struct four *a, volatile struct four *b);
void copy_either(struct outer *a, struct outer *b, bool first);
void copy_chain(struct four *a, struct four *b, struct four *c);
void copy_element(struct outer *a, struct outer *b, unsigned i);
u64 copy_among_many(struct four *a, struct four *b, u64 *v);
u32 copy_to_local(struct four *b);
void set_mixed(struct mixed *p, u32 a);
void bits_write(struct bits *p, u32 v);
u32 bits_read(struct bits *p);

float read_float(float *p);
double read_double(double *p);
bool read_bool(bool *p);
u64 sum_loop(u64 *p, size_t n);
void fill_loop(u32 *p, size_t n);
void copy_loop(u32 *a, u32 *b, size_t n);
void set_four(u32 *p);
u64 static_twice(u64 *flag);
void static_set(u64 v);

struct node {
	u64 v;
	struct node *next;
};
u64 load_then_walk(u32 *p, struct node *list);
u64 load_bump_load(u32 *p, struct node *list);

void *call_memcpy(void *a, const void *b, size_t n);
void *call_memmove(void *a, const void *b, size_t n);
void *call_memset(void *a, int byte, size_t n);
int call_memcmp(const void *a, const void *b, size_t n);
void memcpy_32(void *a, const void *b);
void memset_32(void *a);
void builtin_memcpy_8(void *a, const void *b);
void builtin_memcpy_200(void *a, const void *b);
void builtin_memset_300(void *a);
void builtin_memmove(void *a, const void *b, size_t n);
bool same_16(const void *a, const void *b);
void *call_malloc(size_t n);
void *call_calloc(size_t n, size_t size);
void *call_realloc(void *p, size_t n);
void call_free(void *p);
void *(*pointer_to_memcpy(void))(void *, const void *, size_t);

#define ORDERS(X) X(RELAXED) X(ACQUIRE) X(SEQ_CST)
#define OPS(X, T)                                                                                  \
	X(T, add)                                                                                  \
	X(T, sub)                                                                                  \
	X(T, and)                                                                                  \
	X(T, or)                                                                                   \
	X(T, xor)                                                                                  \
	X(T, nand)
#define DECLARE_OP(T, op)                                                                          \
	T fetch_##op##_##T(T *p, T v);                                                             \
	T op##_fetch_##T(T *p, T v);                                                               \
	T sync_fetch_##op##_##T(T *p, T v);                                                        \
	T sync_##op##_fetch_##T(T *p, T v);
#define DECLARE_ATOMIC(T)                                                                          \
	T load_relaxed_##T(T *p);                                                                  \
	T load_acquire_##T(T *p);                                                                  \
	T load_seq_cst_##T(T *p);                                                                  \
	void store_relaxed_##T(T *p, T v);                                                         \
	void store_release_##T(T *p, T v);                                                         \
	void store_seq_cst_##T(T *p, T v);                                                         \
	T exchange_##T(T *p, T v);                                                                 \
	bool cas_strong_##T(T *p, T expected, T desired, T *seen);                                 \
	bool cas_weak_##T(T *p, T expected, T desired, T *seen);                                   \
	bool cas_in_memory_##T(T *p, T *expected, T desired);                                      \
	bool sync_bool_cas_##T(T *p, T expected, T desired);                                       \
	T sync_val_cas_##T(T *p, T expected, T desired);                                           \
	T sync_test_and_set_##T(T *p, T v);                                                        \
	void sync_release_##T(T *p);                                                               \
	T c11_load_##T(T *p);                                                                      \
	void c11_store_##T(T *p, T v);                                                             \
	T c11_fetch_add_##T(T *p, T v);                                                            \
	bool c11_cas_##T(T *p, T expected, T desired);                                             \
	void c11_increment_##T(T *p);                                                              \
	OPS(DECLARE_OP, T)
WIDTHS(DECLARE_ATOMIC)

bool flag_test_and_set(bool *p);
void flag_clear(bool *p);
bool test_and_set_bit(u64 *p, unsigned bit);
bool decrement_and_test(u64 *p);
void fence_seq_cst(void);
void fence_acquire(void);
void fence_release(void);
void fence_sync(void);
void fence_signal(void);

#endif
