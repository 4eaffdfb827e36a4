/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag=in-table - the proposal of the discussion (S3-05, S3-06, S3-09): struct page has the head of
 * the callback, so the list of free fragments uses the first two words of the fragments.  A pending
 * fragment is on it, too, and a walker reads a list node in place of entries.
 */
#include <mm/study/fragment.h>

static void defer_in_table(struct frag_space *s, struct page *p, unsigned i)
{
	frag_list_again(s, p, i);
	frag_queue(s, p);
}

static const struct frag_scheme in_table = {
	.s = { .name = "in-table",
	       .claim = "the list uses the first words of free fragments",
	       .linux_peer = "the draft that the thread discusses",
	       .unsafe = "walkers find list nodes in a table that is pending",
	       .promises = PROMISE_ENTRIES },
	.defer = defer_in_table,
	.in_table = true,
	.keeps_space = true,
};
FRAG_SCHEME(in_table, in_table);
