/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/maps/main.c - mappings that the kernel makes for others; see fake.h. */
#include "fake.h"
#include <sys/resource.h>

#define SECONDS                                                                                    \
	20 /* of CPU time, fifty times the normal use: a search without an end is noticed          \
	    */

int main(void)
{
	const struct rlimit cpu = { SECONDS, SECONDS };

	setrlimit(RLIMIT_CPU, &cpu);
	check_lazy(); /* first: its lists have no value before */
	check_devices();
	check_addresses();
	check_memory();
	check_apply();
	check_large();
	check_direct();
	printf("maps: %u not so\n", want_failed);
	return want_failed != 0;
}
