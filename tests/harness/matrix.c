/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/matrix.c - the geometries of a run: the present one, `all` that this CPU supports,
 * or a list of names.  Uses the registered formats only.
 */
#include <arch/arch.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/layout.h>
#include <tests/harness/run.h>

static bool walks(const struct pt_fmt *fmt)
{
	char reason[120];

	return arch_geometry_ok(fmt, reason, sizeof(reason));
}

/* Named like the default one up to the dash: a geometry of this architecture, here or not. */
static bool of_this_architecture(const struct pt_fmt *fmt)
{
	const char *ours = arch_default_geometry()->name, *dash = strchr(ours, '-');

	return dash && !strncmp(fmt->name, ours, (size_t)(dash - ours) + 1);
}

static void add(struct run_row *rows, u32 *nr, const char *name)
{
	if (*nr == RUN_ROWS)
		return;
	memset(&rows[*nr], 0, sizeof(*rows));
	snprintf(rows[(*nr)++].geometry, sizeof(rows->geometry), "%s", name);
}

static bool aloud; /* print what is left out at the start of a run, not at boot */

static void add_row(struct run_row *rows, u32 *nr, const struct pt_fmt *fmt)
{
	char reason[120];

	if (arch_geometry_ok(fmt, reason, sizeof(reason)))
		add(rows, nr, fmt->name);
	else if (aloud)
		kprintf("# geometry %s is left out: %s\n", fmt->name, reason);
}

static int add_named(struct run_row *rows, u32 *nr, const char *name, struct why *why)
{
	const struct pt_fmt *fmt = pt_fmt_find(name);

	if (!fmt)
		return refuse(why, ENOENT, "geometry=%s: not known; key 0 lists those of this CPU",
			      name);
	add_row(rows, nr, fmt);
	return 0;
}

static int add_list(const char *text, struct run_row *rows, u32 *nr, struct why *why)
{
	char name[32];
	int err = 0;

	while (*text && !err) {
		const char *comma = strchr(text, ',');
		size_t n = comma ? (size_t)(comma - text) : strlen(text);

		snprintf(name, sizeof(name), "%.*s", (int)min_u64(n, sizeof(name) - 1), text);
		err = n ? add_named(rows, nr, name, why) : 0;
		text += n + (comma != NULL);
	}
	return err;
}

/* By page size, then by VA bits, not in link order. */
static unsigned rank(const struct pt_fmt *fmt)
{
	return fmt->page_shift * 64u + fmt->va_bits;
}

static void add_all(struct run_row *rows, u32 *nr)
{
	unsigned last = 0;

	for (;;) {
		const struct pt_fmt *next = NULL;

		reg_for_each (formats, it)
			if (of_this_architecture(*it) && rank(*it) > last &&
			    (!next || rank(*it) < rank(next)))
				next = *it;
		if (!next)
			return;
		last = rank(next);
		add_row(rows, nr, next);
	}
}

static int choose(const char *text, struct run_row *rows, u32 *nr, struct why *why)
{
	int err = 0;

	*nr = 0;
	if (!text)
		add(rows, nr, layout.fmt->name);
	else if (strcmp(text, "all"))
		err = add_list(text, rows, nr, why);
	else
		add_all(rows, nr);
	if (!err && !*nr)
		err = refuse(why, EOPNOTSUPP, "geometry=%s: this CPU has none of them", text);
	return err;
}

int matrix_rows(const char *text, struct run_row *rows, u32 *nr, struct why *why)
{
	aloud = true;
	return choose(text, rows, nr, why);
}

unsigned matrix_size(void)
{
	unsigned nr = 0;

	reg_for_each (formats, it)
		nr += walks(*it);
	return nr < RUN_ROWS ? nr : RUN_ROWS;
}

int matrix_first(const char *text, char name[static 32], struct why *why)
{
	static struct run_row rows[RUN_ROWS];
	u32 nr;
	int err;

	aloud = false;
	err = choose(text, rows, &nr, why);
	if (!err)
		memcpy(name, rows[0].geometry, 32);
	return err;
}
