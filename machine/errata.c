/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/errata.c - the words erratum= and wrong= (errata.h).
 */
#include <machine/errata.h>
#include <machine/machine.h>
#include <stdio.h>
#include <string.h>

u32 errata_effects;
u64 errata_id[ERRATA_IDS];

static NORETURN void refuse(const char *word, const struct machine_erratum *rows, const char *more)
{
	char why[400] = "the names are";
	size_t n = strlen(why);

	for (const struct machine_erratum *e = rows; e->name && n < sizeof(why); e++)
		n += (size_t)snprintf(why + n, sizeof(why) - n, " %s", e->name);
	if (n < sizeof(why))
		snprintf(why + n, sizeof(why) - n, "; with commas%s", more);
	machine_refuse(word, why);
}

static const struct machine_erratum *find(const struct machine_erratum *e, const char *name,
					  size_t n)
{
	while (e->name && (strlen(e->name) != n || memcmp(e->name, name, n)))
		e++;
	return e->name ? e : NULL;
}

/* Some erratum= was applied: errata_id is its identification. */
static bool identified(void)
{
	const struct machine_erratum *e = core_errata;

	while (e->name && !(errata_effects & e->effects))
		e++;
	return e->name;
}

static void apply(const char *word, const char *name, size_t n)
{
	const struct machine_erratum *e = find(core_errata, name, n);

	if (!e)
		refuse(word, core_errata, ", and hidden");
	if (identified() && memcmp(errata_id, e->id, sizeof(errata_id)))
		machine_refuse(word, "no CPU has both of them");
	errata_effects |= e->effects;
	memcpy(errata_id, e->id, sizeof(errata_id));
	if (e->needs)
		e->needs();
}

void errata_parse(const char *word, const char *value)
{
	bool hidden = false;

	do {
		size_t n = strcspn(value, ",");

		if (n == 6 && !memcmp(value, "hidden", n))
			hidden = true;
		else
			apply(word, value, n);
		value += n;
	} while (*value++);
	if (!identified())
		refuse(word, core_errata, ", and hidden");
	if (hidden)
		memset(errata_id, 0, sizeof(errata_id));
}

void wrong_parse(const char *word, const char *value)
{
	do {
		size_t n = strcspn(value, ",");
		const struct machine_erratum *e = find(core_wrong, value, n);

		if (!e)
			refuse(word, core_wrong, "");
		errata_effects |= e->effects;
		value += n;
	} while (*value++);
}
