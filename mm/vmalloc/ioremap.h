/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/vmalloc/ioremap.h - mappings of what somebody else owns: registers of devices, frames of a
 * caller (S1-14).
 *
 * Registers go into the device region, from its end down, each mapping with an unmapped page above
 * it; frames go into the vmalloc region.  Both make tables where they are missing and leave them
 * when they unmap.  Any CPU may call, interrupts on, with no lock of class movable or above held:
 * the table of mappings has a lock of that class, and vmalloc_enter_first() comes before it
 * (mm/vmalloc/vmalloc.h).
 */
#pragma once
#include <mm/pt/pt_fmt.h>

/*
 * Map [pa, pa + len), neither aligned nor rounded by the caller, as device memory.  A range that
 * lies in one that is mapped already is given the same mapping, which then has one owner more.
 * NULL: the region or the table of mappings is full, or there is no memory for tables.
 */
volatile void *ioremap(paddr_t, u64 len);
/* Give up what ioremap() returned: with its last owner the mapping goes, and when this returns no
 * CPU reaches the registers there.  The owner has completed its accesses.  An address that is not
 * mapped is an assertion. */
void iounmap(volatile void *);
u64 ioremap_pages(void); /* mapped now */

/* n frames of the caller's, which has filled them, side by side; NULL: no addresses or no memory
 * for tables.  vunmap takes the same n; the frames stay the caller's, who may free them then. */
void *vmap(const paddr_t *, u64 n, enum pt_prot);
void vunmap(void *, u64 n);
