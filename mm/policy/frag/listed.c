/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag=listed - as s390 (S3-07, S3-13): the page is on the list again at once, and only the pending
 * bit prevents the use of a fragment.  frag_alloc() finds such pages and skips them (S3-14).  The
 * list node is in struct page, so callbacks need another place: a batch.
 */
#include <mm/study/fragment.h>

static const struct frag_scheme listed = {
	.s = { .name = "listed",
	       .claim = "the page is listed at once, its pending fragments are skipped",
	       .linux_peer = "s390's page_table_free_rcu()",
	       .promises = PROMISE_ENTRIES },
};
FRAG_SCHEME(listed, listed);
