/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong on purpose: the first word of a table whose free is pending is overwritten. */
#include <lib/atomic.h>
#include <mm/study/fragment.h>

static void defer_written(struct frag_space *s, struct page *p, unsigned i)
{
	atomic_store_relaxed((u64 *)frag_ptr(p, i), (u64)frag_bits_of(p).pending << 8);
	frag_unlist(s, p);
	frag_queue(s, p);
}

static const struct frag_scheme wrong_entries = {
	.s = { .name = "wrong-entries",
	       .claim = "the callback returns the page to the list of its address space",
	       .promises = PROMISE_ENTRIES },
	.defer = defer_written,
	.keeps_space = true,
};
FRAG_SCHEME(wrong_entries, wrong_entries);
