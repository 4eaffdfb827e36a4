/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/vmalloc/vmalloc_internal.h - what the files of vmalloc share; not for anyone else. */
#pragma once
#include <mm/vmalloc/vmalloc.h>

/* Give a range zeroed pages; false: no memory, nothing is left mapped.  And take back what is
 * mapped there, of any size. */
bool vmalloc_back(vaddr_t va, u64 pages, unsigned node, const char *owner);
void vmalloc_unback(vaddr_t va, u64 n);
/* Clear the leaves of n pages.  What that owes is in the gather, which is open on return. */
void vmalloc_clear(vaddr_t va, u64 n, struct pt_gather *);
/* Invalidate and wait; the gather is closed, and free what it kept. */
void vmalloc_finish(struct pt_gather *);
/* Free chunks that are linked by page.lru, each with its order. */
void vmalloc_free_chunks(struct list *chunks);
/* Clear the leaves and keep the addresses and `chunks`, which become empty, until the next purge.
 */
void vmalloc_put_off(vaddr_t va, u64 n, struct list *chunks);
