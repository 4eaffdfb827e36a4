/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag=relist - pending fragments are on no list but the callback's (S3-18, S3-22, S3-23): the page
 * is taken off the list, its callback puts it back, so the address space must exist until then
 * (S3-16).
 */
#include <mm/study/fragment.h>

static void defer_off_list(struct frag_space *s, struct page *p, unsigned i)
{
	(void)i;
	frag_unlist(s, p);
	frag_queue(s, p);
}

static const struct frag_scheme relist = {
	.s = { .name = "relist",
	       .claim = "the callback puts the page back on the list of its address space",
	       .linux_peer = "s390's pte_free_defer()",
	       .promises = PROMISE_ENTRIES },
	.defer = defer_off_list,
	.keeps_space = true,
};
FRAG_SCHEME(relist, relist);
