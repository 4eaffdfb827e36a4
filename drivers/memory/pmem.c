/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/pmem.c - claims of ranges of persistent memory by their sources; see pmem.h.
 *
 * Boot CPU, or its worker: the table has no lock.
 */
#include <drivers/memory/pmem.h>
#include <lib/printf.h>

/* Claims of ranges by sources; a source may hold several. */
static struct claim {
	const struct event_source *by; /* NULL: free */
	paddr_t pa;
	u64 len;
} claims[PMEM_CLAIMS];

/* Only exactly equal ranges are duplicates: two descriptions of one device have the same size.  The
 * add reports any other overlap as an error. */
int pmem_claim(const struct event_source *by, paddr_t pa, u64 len, struct why *why)
{
	struct claim *unused = NULL;

	for (unsigned i = 0; i < PMEM_CLAIMS; i++) {
		struct claim *c = &claims[i];

		if (!c->by)
			unused = unused ? unused : c;
		else if (c->pa == pa && c->len == len && c->by == by)
			return 0;
		else if (c->pa == pa && c->len == len)
			return refuse(why, EEXIST, "%s is listed twice: it is added by its %s",
				      range_text(pa, len).text, c->by->label);
	}
	if (!unused)
		return refuse(why, ENOMEM, "%s is left out: there are %u ranges already",
			      range_text(pa, len).text, PMEM_CLAIMS);
	*unused = (struct claim) { by, pa, len };
	return 0;
}

/* len 0: release all claims of the source, as when its tables are freed. */
void pmem_release(const struct event_source *by, paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < PMEM_CLAIMS; i++)
		if (claims[i].by == by && (!len || (claims[i].pa == pa && claims[i].len == len)))
			claims[i].by = NULL;
}
