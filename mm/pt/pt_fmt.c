/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_fmt.c - find a registered format by the name that a user types: whole, or without its
 * family.
 */
#include <lib/string.h>
#include <mm/pt/pt_fmt.h>

static bool named(const struct pt_fmt *f, const char *name)
{
	const char *dash = strchr(f->name, '-');

	return !strcmp(f->name, name) || (dash && !strcmp(dash + 1, name));
}

const struct pt_fmt *pt_fmt_find(const char *name)
{
	reg_for_each (formats, f)
		if (named(*f, name))
			return *f;
	return NULL;
}
