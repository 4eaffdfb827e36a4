/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/tlb/removal.c - see removal.h. */
#include <tests/tlb/removal.h>

static void (*removal_see)(const struct pt_event *);

static bool passes_wanted(const struct pt_event *e)
{
	return (e->kind == PT_EV_SET && !e->new && e->old &&in_region(e->va, REGION_LINEAR)) ||
	       e->kind == PT_EV_TLBI || e->kind == PT_EV_WAIT || e->kind == PT_EV_SYNC ||
	       (e->kind == PT_EV_PAGE_FREE && e->provenance == PAGE_TABLE);
}

/* A filter that records nothing. */
static bool removal_seen(const struct pt_event *e)
{
	if (passes_wanted(e))
		removal_see(e);
	return false;
}

bool removal_is_table(const struct pt_event *e)
{
	return kpt.fmt->kind(e->old, e->level) == PT_TABLE;
}

const char *removal_scheme(u32 promise, const char *other)
{
	const struct remove_scheme *s = remove_scheme_find(arg_text(NULL, ARG_REMOVE), NULL);

	return s && s->s.promises & promise ? s->s.name : other;
}

bool removal_watch(struct test_run *t, const char *remove, int leaf,
		   void (*see)(const struct pt_event *), struct hotplug_report *report)
{
	struct range r;
	bool ok;

	if (!range_get(t, &r, 1, "host"))
		return false;
	r.opts.leaf = leaf;
	if (remove)
		r.opts.remove = remove_scheme_find(remove, NULL);
	if (!range_add(t, &r))
		return false;
	removal_see = see;
	record_begin(&recorded, removal_seen);
	ok = range_remove(t, &r);
	record_end();
	if (report)
		*report = r.report;
	range_reset(&r);
	return ok;
}
