/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/errata.c - which rows of the architecture's errata are in force; see errata.h. */
#include <kern/errata.h>
#include <lib/printf.h>
#include <lib/string.h>

u32 errata_rows[ERRATA_MAX];

void erratum_apply(unsigned row)
{
	atomic_fetch_or_relaxed(&errata_rows[row], ERRATUM_NEEDED);
	arch_errata_changed();
}

void errata_by_tree(const void *fdt, bool (*timer_has)(const void *fdt, const char *property))
{
	for (unsigned row = 0; arch_errata[row].name; row++)
		if (arch_errata[row].property && timer_has(fdt, arch_errata[row].property))
			erratum_apply(row);
}

/* ---- errata= ---- */

static unsigned find(const char *name, size_t len)
{
	unsigned row = 0;

	while (arch_errata[row].name &&
	       (strlen(arch_errata[row].name) != len || memcmp(arch_errata[row].name, name, len)))
		row++;
	return row;
}

static int check_word(const char *word, size_t len, struct why *why)
{
	unsigned row = len && (*word == '+' || *word == '-') ? find(word + 1, len - 1) : ERRATA_MAX;

	if (row == ERRATA_MAX || !arch_errata[row].name)
		return refuse(why, EINVAL, "errata=%.*s: + or - and a row; `errata` lists them",
			      (int)min_u64(len, 24), word);
	if (*word == '-' && arch_errata[row].nothing)
		return refuse(why, EINVAL, "errata=%.*s: nothing is done that could be left out",
			      (int)min_u64(len, 24), word);
	return 0;
}

/*
 * The later word wins.
 * Unshown (release fence): one CPU applies the words of errata=, at boot or in a test.
 */
static int apply_word(const char *word, size_t len, struct why *why)
{
	unsigned row = find(word + 1, len - 1);
	u32 set = *word == '+' ? ERRATUM_FORCED : ERRATUM_OFF;

	(void)why;
	atomic_fetch_and_release(&errata_rows[row], ERRATUM_NEEDED);
	atomic_fetch_or_relaxed(&errata_rows[row], set);
	return 0;
}

/* Call one() for each word of a comma-separated list, until one fails. */
static int each_word(const char *list, int (*one)(const char *, size_t, struct why *),
		     struct why *why)
{
	int err = 0;

	while (!err) {
		const char *comma = strchr(list, ',');
		size_t len = comma ? (size_t)(comma - list) : strlen(list);

		err = one(list, len, why);
		if (!comma)
			break;
		list = comma + 1;
	}
	return err;
}

int errata_words(const char *list, struct why *why)
{
	int err = each_word(list, check_word, why);

	if (err)
		return err;
	each_word(list, apply_word, why);
	arch_errata_changed();
	return 0;
}

/* ---- reading ---- */

bool errata_in_force(const char *name)
{
	unsigned row = find(name, strlen(name));

	return arch_errata[row].name && erratum_on(row);
}

bool erratum_needed(const struct erratum *e)
{
	return atomic_load_relaxed(&errata_rows[e - arch_errata]) & ERRATUM_NEEDED;
}

void errata_each(void (*fn)(const struct erratum *, void *arg), void *arg)
{
	for (unsigned row = 0; arch_errata[row].name; row++)
		if (erratum_on(row))
			fn(&arch_errata[row], arg);
}

void errata_each_word(void (*fn)(const struct erratum *, char sign, void *arg), void *arg)
{
	for (unsigned row = 0; arch_errata[row].name; row++) {
		u32 word = atomic_load_relaxed(&errata_rows[row]);

		if (word & (ERRATUM_FORCED | ERRATUM_OFF))
			fn(&arch_errata[row], word & ERRATUM_OFF ? '-' : '+', arg);
	}
}
