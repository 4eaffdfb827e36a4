// SPDX-License-Identifier: BSD-2-Clause
/* kern/errata.c - rows of errata that are in force; see errata.h. */
#include <kern/errata.h>
#include <lib/printf.h>
#include <lib/string.h>

bool errata_rows[ERRATA_MAX];

static unsigned find(const char *name)
{
	unsigned row = 0;

	while (arch_errata[row].name && strcmp(arch_errata[row].name, name))
		row++;
	return row;
}

int errata_force(const char *text, struct why *why)
{
	unsigned row = *text == '+' ? find(text + 1) : ERRATA_MAX;
	char known[120] = "";
	size_t at = 0;

	if (row < ERRATA_MAX && arch_errata[row].name) {
		erratum_apply(row);
		return 0;
	}
	for (const struct erratum *e = arch_errata; e->name && at < sizeof(known); e++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, " +%s", e->name);
	return refuse(why, EINVAL, "errata=%.24s: there are%s", text, known);
}

bool errata_in_force(const char *name)
{
	unsigned row = find(name);

	return arch_errata[row].name && erratum_on(row);
}

void errata_each(void (*fn)(const struct erratum *, void *arg), void *arg)
{
	for (unsigned row = 0; arch_errata[row].name; row++)
		if (erratum_on(row))
			fn(&arch_errata[row], arg);
}
