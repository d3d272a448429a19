/*
 * abuse_main FAULT: the table linked in must show this fault ("none": no fault at all) when abused.
 * Seeds are tried until it does; a table without fault must stand all of them.
 */
#include <stdio.h>
#include <string.h>

#include "abuse.h"
#include "tests/kernel/mock.h"

#define SEEDS 100

static int must_stand(const struct vs_table *table)
{
	uint32_t left = (ABUSE_CREATORS - !!table->vcpu_unplug) * ABUSE_CREATES;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint32_t online = abuse(table, seed);

		if (mock_faults() || online != left) {
			fprintf(stderr, "%s: seed %lu, %u online\n", table->name,
				(unsigned long)seed, online);
			return 1;
		}
	}
	return 0;
}

static int must_show(const struct vs_table *table, enum mock_fault expected)
{
	mock_expect(expected); /* ends here */
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		abuse(table, seed);
	fprintf(stderr, "%s: no seed shows: %s\n", table->name, mock_fault_name(expected));
	return 1;
}

int main(int argc, char **argv)
{
	const struct vs_table *table = vs_module.tables[0];

	if (argc != 2)
		return 2;
	if (!strcmp(argv[1], "none"))
		return must_stand(table);
	for (int f = 0; f < MOCK_FAULTS; f++)
		if (!strcmp(argv[1], mock_fault_name(f)))
			return must_show(table, f);
	fprintf(stderr, "no fault is called %s\n", argv[1]);
	return 2;
}
