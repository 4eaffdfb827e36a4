/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/kpt_boot.h - table pages before the buddy, for mm/kernel/kpt*.c and
 * mm/memmap/memmap_boot.c only.
 *
 * First the boot pool inside the image (reached through the image), then arenas of boot memory
 * inside the part of the linear map that is mapped already.  Their bookkeeping is outside struct
 * page until every page has one; kpt_boot_close() moves it there and ends this phase.  Boot CPU
 * alone.
 */
#pragma once
#include <kern/args.h>
#include <mm/pt/pt.h>

extern bool kpt_boot_open;

paddr_t kpt_boot_alloc(void); /* zeroed, or PA_NONE */
void kpt_boot_free(paddr_t);  /* a table that a plan did not need; the next alloc returns it */
/* A table's bookkeeping, and back; asserts that it is a table of this phase. */
struct pt_link *kpt_boot_link(paddr_t);
paddr_t kpt_boot_pa(const struct pt_link *);
/* The linear map maps [lo, hi) of boot memory: arenas may be placed there. */
void kpt_boot_mapped(paddr_t lo, paddr_t hi);
/* Return the unused rest of the arenas to the registry; no kpt_boot_alloc() from here on. */
void kpt_boot_trim(void);
/* Move the bookkeeping into the struct pages, which exist now; the buddy allocates from here on. */
void kpt_boot_close(void);

/* True if boot memory is mapped by contiguous runs. */
static inline bool kpt_boot_contig(void)
{
	return arg_flag(NULL, ARG_CONTIG);
}
