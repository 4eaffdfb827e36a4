/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/vmalloc/vmalloc_internal.h - shared by the files of vmalloc; no other file includes it. */
#pragma once
#include <mm/vmalloc/vmalloc.h>

/* Allocate and map zeroed pages for a range; false: no memory, nothing is mapped.  And unmap and
 * free them, for leaves of any size. */
bool vmalloc_populate(vaddr_t va, u64 pages, unsigned node, const char *owner);
void vmalloc_depopulate(vaddr_t va, u64 n);
/* Clear the leaves of n pages.  The required invalidation is in the gather, which is open on
 * return. */
void vmalloc_clear(vaddr_t va, u64 n, struct pt_gather *);
/* Flush, release and close the gather. */
void vmalloc_finish(struct pt_gather *);
/* Free chunks that are linked by page.lru, each with its order. */
void vmalloc_free_chunks(struct list *chunks);
/* Clear the leaves and keep the addresses and `chunks`, which become empty, until the next purge.
 */
void vmalloc_defer(vaddr_t va, u64 n, struct list *chunks);
