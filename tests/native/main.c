/*
 * main.c contract | stand | show SECONDS - the table linked in, by real threads: its contract one
 * thread at a time; many threads at once, with no fault; or so long that a fault must show, which a
 * sanitizer ends or a note tells. Status 0: as it should be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernel/mock.h"
#include "tests/tables/abuse.h"

#define ROUNDS 5

int contract_main(int argc, char **argv); /* tests/tables/test_contract.c */

static int stand(const struct vs_table *table)
{
	uint32_t left = (ABUSE_CREATORS - !!table->vcpu_unplug) * ABUSE_CREATES;

	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		uint32_t online = abuse(table, seed);

		if (mock_faults() || online != left) {
			fprintf(stderr, "%s: round %lu, %u online\n", table->name,
				(unsigned long)seed, online);
			return 1;
		}
	}
	return 0;
}

static int show(const struct vs_table *table, uint64_t seconds)
{
	vs_ps end = vs_now_ps() + seconds * VS_PS_PER_S;

	for (uint64_t seed = 1; vs_now_ps() < end; seed++) {
		abuse(table, seed);
		if (mock_faults())
			return 0;
	}
	fprintf(stderr, "%s: no fault in %lu s\n", table->name, (unsigned long)seconds);
	return 1;
}

int main(int argc, char **argv)
{
	const struct vs_table *table = vs_module.tables[0];

	if (argc >= 2 && !strcmp(argv[1], "contract"))
		return contract_main(argc - 1, argv + 1);
	if (argc == 2 && !strcmp(argv[1], "stand"))
		return stand(table);
	if (argc == 3 && !strcmp(argv[1], "show"))
		return show(table, strtoull(argv[2], NULL, 10));
	fprintf(stderr, "usage: %s contract | stand | show SECONDS\n", argv[0]);
	return 2;
}
