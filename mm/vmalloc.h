/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc.h - a small region for mappings that come and go: stacks, movable pages.
 *
 * Addresses are handed out in pages with one unmapped guard page after each.  Leaves go through the
 * engine; tables are kept when a mapping goes (Linux does the like), shared with the vmemmap's or
 * disjoint by placement=.  Any CPU may call; one lock for the VA bitmap, none for the tables.
 */
#pragma once
#include <mm/page.h>

vaddr_t vmalloc_va_alloc(u64 pages); /* 0 when full */
void vmalloc_va_free(vaddr_t, u64 pages);

/* Map n pages (PAs) at va.  -ENOMEM for tables. */
int vmalloc_map(vaddr_t, const paddr_t *, u64 n, enum pt_prot);
void vmalloc_unmap(vaddr_t, u64 n); /* invalidated on every CPU when it returns */

/* n zeroed pages at a fresh VA, or NULL. */
void *vmalloc(u64 pages, unsigned node, const char *owner);
void vfree(void *, u64 pages);
int vmalloc_init(struct why *);
u64 vmalloc_in_use(void); /* pages of VA, guards included */
