/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc.h - a small region for mappings of limited lifetime: stacks, movable pages.
 *
 * Addresses are handed out in runs of pages, each with one unmapped guard page after it.  Leaves go
 * through the engine; tables stay when a mapping is removed (as in Linux), shared with the
 * vmemmap's or disjoint by placement=.  Any CPU may call; one lock for the VA bitmap, none for the
 * tables.
 */
#pragma once
#include <mm/page/page.h>

/* Address space only: 0 when full.  Free it with the same number of pages, after the unmap. */
vaddr_t vmalloc_va_alloc(u64 pages);
void vmalloc_va_free(vaddr_t, u64 pages);

/* Map n frames, which the caller owns and has filled, at va.  -ENOMEM for tables, or an error of
 * pt_plan(); then nothing is mapped. */
int vmalloc_map(vaddr_t, const paddr_t *, u64 n, enum pt_prot);
/* Invalidated on every CPU when it returns: the caller may reuse frames and addresses. */
void vmalloc_unmap(vaddr_t, u64 n);

/* n zeroed pages of zone Normal at a fresh VA, mapped read-write, `node` first; or NULL.  vfree
 * takes the same number of pages. */
void *vmalloc(u64 pages, unsigned node, const char *owner);
void vfree(void *, u64 pages);
int vmalloc_init(struct why *); /* boot, once, after the buddy: -ENOMEM for the bitmap */
u64 vmalloc_in_use(void);       /* pages of VA, guards included */
