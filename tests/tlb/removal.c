/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/tlb/removal.c - see removal.h. */
#include <tests/tlb/removal.h>

static bool passes_wanted(const struct pt_event *e)
{
	return (e->kind == PT_EV_SET && !e->new && e->old &&in_region(e->va, REGION_LINEAR)) ||
	       e->kind == PT_EV_TLBI || e->kind == PT_EV_WAIT || e->kind == PT_EV_SYNC ||
	       (e->kind == PT_EV_PAGE_FREE && e->provenance == PAGE_TABLE);
}

bool removal_is_table(const struct pt_event *e)
{
	return kpt.fmt->kind(e->old, e->level) == PT_TABLE;
}

/* Remove one block of page leaves and keep the events.  `remove` NULL: the scheme of the boot. */
bool removal_record_by(struct test_run *t, const char *remove)
{
	struct range r;
	bool ok;

	if (!range_get(t, &r, 1, "host"))
		return false;
	r.opts.leaf = 0;
	if (remove)
		r.opts.remove = remove_scheme_find(remove, NULL);
	if (!range_add(t, &r))
		return false;
	record_begin(&recorded, passes_wanted);
	ok = range_remove(t, &r);
	record_end();
	range_reset(&r);
	CHECK_EQ(t, recorded.lost, 0);
	return ok;
}

bool removal_record(struct test_run *t)
{
	return removal_record_by(t, NULL);
}
