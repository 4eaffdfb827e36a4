/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/model/util.c - shared by the cases: options, memory pressure, checks with messages. */
#include "model.h"
#include <mm/policy/policy.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hotplug_opts model_opts(const char *memmap)
{
	return (struct hotplug_opts) {
		.memmap = memmap_scheme_find(memmap, NULL),
		.remove = remove_scheme_find("two-pass", NULL),
		.leaf = -1,
	};
}

/* ---- memory pressure ---- */
static struct page *eaten[MODEL_RAM_LEN >> 12];
static u64 nr_eaten;

void model_eat(u64 keep)
{
	struct page *p;

	while ((p = page_alloc(0, ZONE_NORMAL, 0, "pressure")))
		eaten[nr_eaten++] = p;
	WANT(nr_eaten >= keep, "memory");
	/* Every second one of the last: no two free pages are adjacent (S2-04). */
	for (u64 i = 0; i < keep && 2 * i < nr_eaten; i++) {
		page_free(eaten[2 * i], 0);
		eaten[2 * i] = NULL;
	}
}

void model_eat_end(void)
{
	while (nr_eaten)
		if (eaten[--nr_eaten])
			page_free(eaten[nr_eaten], 0);
}

/* ---- verdicts ---- */
void model_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "# FAIL %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_Exit(1);
}

void model_refused(const char *file, int line, const char *call, int r, int code,
		   const struct why *why, const char *words)
{
	if (r != -code)
		model_fail(file, line, "%s: %d (%s), wanted %d", call, r, why->text, -code);
	if (why->code != -code || !strstr(why->text, words))
		model_fail(file, line, "%s: sentence \"%s\" lacks \"%s\"", call, why->text, words);
}

void model_same(const char *file, int line, const char *call, const struct digest *a,
		const struct digest *b)
{
	struct why why = { 0 };

	if (digest_compare(a, b, &why))
		model_fail(file, line, "%s: %s", call, why.text);
}

void model_audit(void)
{
	OK(buddy_check(why));
	WANT_EQ(kpt.nr_gathers, 0);
	WANT_EQ(kpt.nr_reserved, 0);
	WANT_EQ(hotplug_in_teardown(), 0);
	WANT_EQ(movable_in_use(), 0);
	WANT(!hotplug_write_held(), "lock");
}
