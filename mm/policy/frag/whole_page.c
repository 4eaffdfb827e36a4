/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag=whole-page - one callback per page, when no fragment of it is in use (S3-02): the callback
 * frees the page and accesses no address space (S3-15).  Deferred fragments are not reused before.
 */
#include <mm/study/fragment.h>

static void defer_whole(struct frag_space *s, struct page *p, unsigned i)
{
	(void)i;
	frag_unlist(s, p);
	if (frag_bits_of(p).allocated)
		return;
	p->frag.space = NULL;
	frag_queue(s, p);
}

static const struct frag_scheme whole_page = {
	.s = { .name = "whole-page",
	       .claim = "one callback a page, once nothing in it is in use",
	       .linux_peer = "pte_free_now() as the thread sketches it",
	       .promises = PROMISE_ENTRIES },
	.defer = defer_whole,
};
FRAG_SCHEME(whole_page, whole_page);
