/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc/ioremap.h - mappings of device registers and of a caller's frames (S1-14).
 *
 * Registers are mapped in the device region, from its end down, each mapping with an unmapped page
 * above it; frames in the vmalloc region.  Both allocate missing tables, and keep them when they
 * unmap.  Any CPU may call, interrupts on, with no lock of class movable or above held: the table
 * of mappings has a lock of that class, which is taken after vmalloc_enter_first()
 * (mm/vmalloc/vmalloc.h).
 */
#pragma once
#include <mm/pt/pt_fmt.h>

/*
 * Map [pa, pa + len), neither aligned nor rounded by the caller, as device memory.  A range within
 * one that is mapped already gets the same mapping, which then has one more user. NULL: the region
 * or the table of mappings is full, or there is no memory for tables.
 */
volatile void *ioremap(paddr_t, u64 len);
/* Release a result of ioremap(): the last user unmaps it, and on return no CPU can access the
 * registers there.  The caller has completed its accesses.  An address that is not mapped is an
 * assertion. */
void iounmap(volatile void *);
u64 ioremap_pages(void); /* mapped now */

/* Map n frames, which the caller owns and has filled, at consecutive addresses; NULL: no addresses
 * or no memory for tables.  vunmap takes the same n; the caller may free the frames afterwards. */
void *vmap(const paddr_t *, u64 n, enum pt_prot);
void vunmap(void *, u64 n);
