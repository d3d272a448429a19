#include "forms.h"

#define DEFINE_PLAIN(T)                                                                            \
	T read_##T(T *p)                                                                           \
	{                                                                                          \
		return *p;                                                                         \
	}                                                                                          \
	void write_##T(T *p, T v)                                                                  \
	{                                                                                          \
		*p = v;                                                                            \
	}                                                                                          \
	T volatile_read_##T(volatile T *p)                                                         \
	{                                                                                          \
		return *p;                                                                         \
	}                                                                                          \
	void volatile_write_##T(volatile T *p, T v)                                                \
	{                                                                                          \
		*p = v;                                                                            \
	}                                                                                          \
	T unaligned_read_##T(struct packed_##T *p)                                                 \
	{                                                                                          \
		return p->v;                                                                       \
	}                                                                                          \
	void unaligned_write_##T(struct packed_##T *p, T v)                                        \
	{                                                                                          \
		p->v = v;                                                                          \
	}                                                                                          \
	T unaligned_volatile_read_##T(volatile struct packed_##T *p)                               \
	{                                                                                          \
		return p->v;                                                                       \
	}                                                                                          \
	void unaligned_volatile_write_##T(volatile struct packed_##T *p, T v)                      \
	{                                                                                          \
		p->v = v;                                                                          \
	}                                                                                          \
	void increment_##T(T *p)                                                                   \
	{                                                                                          \
		(*p)++;                                                                            \
	}                                                                                          \
	void move_##T(T *a, T *b)                                                                  \
	{                                                                                          \
		*a = *b;                                                                           \
	}                                                                                          \
	T store_then_load_##T(T *a, T *b, T v)                                                     \
	{                                                                                          \
		*a = v;                                                                            \
		return *b;                                                                         \
	}
WIDTHS(DEFINE_PLAIN)

#define DEFINE_CHARS(n)                                                                            \
	void copy_chars##n(struct chars##n *a, struct chars##n *b)                                 \
	{                                                                                          \
		*a = *b;                                                                           \
	}                                                                                          \
	void zero_chars##n(struct chars##n *a)                                                     \
	{                                                                                          \
		*a = (struct chars##n){0};                                                         \
	}
CHARS(DEFINE_CHARS)

#define DEFINE_WORDS(n)                                                                            \
	void copy_words##n(struct words##n *a, struct words##n *b)                                 \
	{                                                                                          \
		*a = *b;                                                                           \
	}                                                                                          \
	void zero_words##n(struct words##n *a)                                                     \
	{                                                                                          \
		*a = (struct words##n){0};                                                         \
	}
WORDS(DEFINE_WORDS)

void copy_wide(struct wide *a, struct wide *b)
{
	*a = *b;
}

void copy_volatile(volatile struct four *a, volatile struct four *b)
{
	*a = *b;
}

void copy_either(struct outer *a, struct outer *b, bool first)
{
	if (first)
		a->in[1] = b->in[0];
	else
		a->in[2] = b->in[0];
}

void copy_chain(struct four *a, struct four *b, struct four *c)
{
	*a = *b;
	*c = *a;
}

void copy_element(struct outer *a, struct outer *b, unsigned i)
{
	a->in[i] = b->in[i + 1];
	a->u = b->u;
}

/* So many live values that some are saved to the stack around the callbacks */
u64 copy_among_many(struct four *a, struct four *b, u64 *v)
{
	u64 v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3], v4 = v[4], v5 = v[5], v6 = v[6], v7 = v[7];

	*a = *b;
	return ((((((v0 * 3 + v1) * 3 + v2) * 3 + v3) * 3 + v4) * 3 + v5) * 3 + v6) * 3 + v7;
}

__attribute__((noinline)) static void keep(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

u32 copy_to_local(struct four *b)
{
	struct four x;

	keep(&x);
	x = *b;
	keep(&x);
	return x.c;
}

void set_mixed(struct mixed *p, u32 a)
{
	*p = (struct mixed){a, 2, 3};
}

void bits_write(struct bits *p, u32 v)
{
	p->b = v;
}

u32 bits_read(struct bits *p)
{
	return p->b;
}

float read_float(float *p)
{
	return *p;
}

double read_double(double *p)
{
	return *p;
}

bool read_bool(bool *p)
{
	return *p;
}

u64 sum_loop(u64 *p, size_t n)
{
	u64 sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += p[i];
	return sum;
}

void fill_loop(u32 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = 0;
}

void copy_loop(u32 *a, u32 *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] = b[i];
}

void set_four(u32 *p)
{
	p[0] = p[1] = p[2] = p[3] = 7;
}

/* Nothing takes its address: compilers think that calls cannot change it */
static u64 hidden;

void static_set(u64 v)
{
	hidden = v;
}

u64 static_twice(u64 *flag)
{
	u64 first = hidden;

	__atomic_load_n(flag, __ATOMIC_ACQUIRE);
	return first * 1000 + hidden;
}

/* Compilers find out that walk changes nothing, and that bump changes no u32 */
__attribute__((noinline)) static u64 walk(struct node *p)
{
	u64 sum = 0;

	for (; p; p = p->next)
		sum += p->v;
	return sum;
}

u64 load_then_walk(u32 *p, struct node *list)
{
	u32 v = *p;

	return v + walk(list);
}

__attribute__((noinline)) static void bump(struct node *p)
{
	for (; p; p = p->next)
		p->v++;
}

u64 load_bump_load(u32 *p, struct node *list)
{
	u32 v = *p;

	bump(list);
	return v * 1000 + *p;
}
