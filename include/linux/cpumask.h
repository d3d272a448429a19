/*
 * linux/cpumask.h - sets of CPUs. Only the words that hold possible CPUs are cleared or read.
 */
#ifndef VCPUSIM_LINUX_CPUMASK_H
#define VCPUSIM_LINUX_CPUMASK_H

#include <linux/bitops.h>
#include <linux/smp.h>
#include <linux/string.h>

#define NR_CPUS 4096

typedef struct cpumask {
	unsigned long bits[BITS_TO_LONGS(NR_CPUS)];
} cpumask_t;

static inline size_t cpumask_words(void)
{
	return BITS_TO_LONGS((size_t)nr_cpu_ids);
}

static inline void cpumask_clear(struct cpumask *mask)
{
	memset(mask->bits, 0, cpumask_words() * sizeof(mask->bits[0]));
}

static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *mask)
{
	set_bit(cpu, mask->bits);
}

static inline void __cpumask_set_cpu(unsigned int cpu, struct cpumask *mask)
{
	__set_bit(cpu, mask->bits);
}

static inline void cpumask_clear_cpu(unsigned int cpu, struct cpumask *mask)
{
	clear_bit(cpu, mask->bits);
}

static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *mask)
{
	return test_bit(cpu, mask->bits);
}

static inline bool cpumask_empty(const struct cpumask *mask)
{
	for (size_t i = 0; i < cpumask_words(); i++)
		if (mask->bits[i])
			return false;
	return true;
}

static inline unsigned int cpumask_weight(const struct cpumask *mask)
{
	unsigned int n = 0;

	for (size_t i = 0; i < cpumask_words(); i++)
		n += (unsigned int)__builtin_popcountl(mask->bits[i]);
	return n;
}

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)

#endif
