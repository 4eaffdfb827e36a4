/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/sources/cpus.c - CPUs of the device tree as records: which get one, and the messages
 * about those that do not.
 */
#include "sources.h"
#include <drivers/fdt/fdt.h>
#include <kern/cpu.h>

unsigned cpus_nr;

static const struct fdt_cpu *named;
static unsigned named_nr, room;
static char added[200];
static const int tree;

/* ---- what the file needs ---- */
void fdt_each_cpu(const void *fdt, void (*fn)(const struct fdt_cpu *, void *), void *arg)
{
	WANT(fdt == &tree);
	for (unsigned i = 0; i < named_nr; i++)
		fn(&named[i], arg);
}

int cpu_add(u64 hwid, unsigned node)
{
	size_t at = strlen(added);

	for (unsigned i = 0; i < cpus_nr; i++)
		if (cpus[i].hwid == hwid)
			return -EEXIST;
	if (cpus_nr == room)
		return -ERANGE;
	snprintf(added + at, sizeof(added) - at, "%lx@%u ", hwid, node);
	cpus[cpus_nr++].hwid = hwid;
	return 0;
}

/* ---- tests ---- */
#define OFF "its status is not okay"

static const struct row {
	const char *name;
	struct fdt_cpu c[6];
	unsigned nr, room;
	int is;
	unsigned node; /* of the boot CPU, 0x100 */
	const char *added, *said;
} rows[] = {
	{ "none",
	  { { 0 } },
	  0,
	  8,
	  -EINVAL,
	  5,
	  "",
	  "cpu: the device tree lists none, only the boot CPU is used\n" },
	{ "the boot CPU alone", { { .hwid = 0x100, .node = 7 } }, 1, 8, 1, 7, "", "" },
	{ "the boot CPU, whatever its status",
	  { { .hwid = 1, .node = 2 }, { .hwid = 0x100, .unusable = OFF }, { .hwid = 3 } },
	  3,
	  8,
	  3,
	  0,
	  "1@2 3@0 ",
	  "" },
	{ "one that must not be started",
	  { { .hwid = 0x100 }, { .hwid = 9, .unusable = OFF }, { .hwid = 0x3, .node = 7 } },
	  3,
	  8,
	  2,
	  0,
	  "3@7 ",
	  "cpu: hwid 0x9 stays off: " OFF "\n" },
	{ "nodes that are none",
	  { { .hwid = 0x100, .node = 8 }, { .hwid = 2, .node = 9 } },
	  2,
	  8,
	  2,
	  0,
	  "2@0 ",
	  "cpu: hwid 0x100 is on a node above 7: node 0 is used\n"
	  "cpu: hwid 0x2 is on a node above 7: node 0 is used\n" },
	{ "some are named twice",
	  { { .hwid = 0x100, .node = 1 },
	    { .hwid = 2 },
	    { .hwid = 0x100, .node = 3 },
	    { .hwid = 2 } },
	  4,
	  8,
	  2,
	  1,
	  "2@0 ",
	  "cpu: hwid 0x100 is listed twice in the device tree: the second node is ignored\n"
	  "cpu: hwid 0x2 is listed twice in the device tree: the second node is ignored\n" },
	{ "the boot CPU is not named",
	  { { .hwid = 2, .node = 1 } },
	  1,
	  8,
	  2,
	  5,
	  "2@1 ",
	  "cpu: hwid 0x100 is the boot CPU, and the device tree does not list it\n" },
	{ "two too many",
	  { { .hwid = 0x100 }, { .hwid = 2 }, { .hwid = 3 }, { .hwid = 4 } },
	  4,
	  2,
	  2,
	  0,
	  "2@0 ",
	  "cpu: 2 more stay off: at most 64 CPUs are used\n" },
};

void cpu_tests(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned before = want_failed;

		cpus_nr = 1;
		cpus[0] = (struct cpu) { .hwid = 0x100, .node = 5 };
		named = rows[i].c;
		named_nr = rows[i].nr;
		room = rows[i].room;
		said[0] = added[0] = 0;
		WANT(cpu_discover(&tree) == rows[i].is && cpus[0].node == rows[i].node);
		WANT_TEXT(said, rows[i].said);
		WANT_TEXT(added, rows[i].added);
		if (want_failed != before)
			printf("# FAIL ^ %s\n", rows[i].name);
	}
}
