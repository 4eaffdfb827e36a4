/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/omit.c - invalidations that a test leaves out; see tests/harness/util.h. */
#include <kern/lock.h>
#include <tests/harness/util.h>

static struct {
	struct spinlock lock;
	struct pt_link *unhooked;
	void (*late)(struct pt_link *); /* the function before omit_begin() */
	bool keeps;
} omitted = { .lock = SPINLOCK_INIT(LOCK_ZONE, "unhooked tables") };

static void keep_unhooked(struct pt_link *list)
{
	struct pt_link *last = list;
	u64 flags = spin_lock_irqsave(&omitted.lock);

	while (last->next)
		last = last->next;
	last->next = omitted.unhooked;
	omitted.unhooked = list;
	spin_unlock_irqrestore(&omitted.lock, flags);
}

void omit_begin(enum omit what)
{
	ASSERT(!omitted.keeps);
	omitted.keeps = true;
	omitted.late = kpt_tables_late;
	kpt_tables_late = keep_unhooked;
	tlb_omit = what == OMIT_ALL;
	tlb_local_only = what == OMIT_REMOTE;
}

void omit_end(void)
{
	tlb_omit = tlb_local_only = false;
}

unsigned omit_flush(void)
{
	struct pt_link *list = omitted.unhooked;
	unsigned nr = 0;

	omit_end();
	tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
	kpt_tables_late = omitted.late;
	omitted.unhooked = NULL;
	omitted.keeps = false;
	for (struct pt_link *l = list; l; l = l->next)
		nr++;
	kpt_tables_free(list);
	return nr;
}

void omit_stale(struct test_run *t, unsigned stale, unsigned of)
{
	test_key(t, "stale=%u/%u", stale, of);
	if (!stale)
		test_could(t, false);
}
