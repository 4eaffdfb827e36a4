/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kpt.h - the kernel's own tree: the engine bound to this machine.
 *
 * kpt_env allocates tables from the boot pool, then from region_alloc, then from the buddy, and
 * invalidates through the selected tlb scheme.
 */
#pragma once
#include <mm/layout.h>
#include <mm/policy/policy.h>

extern struct pt kpt; /* the kernel half */
extern const struct pt_env kpt_env;

/* Boot: build image, linear map of boot memory, vmemmap; load it on this CPU (boot/start.c). */
int kpt_build(struct why *);
void kpt_load(void); /* this CPU; also called by every secondary */
/* Unmap boot-only code [init_start, init_end) (S0-44); it has no other mapping. */
void kpt_discard_init(void);
/* Map device registers; the VA stays for good.  NULL when the device region is full. */
volatile void *kpt_map_device(paddr_t, u64 len);

/* ---- the TLB choke point (mm/tlb.c): SYNC, TLBI, WAIT, CTX by the selected scheme ---- */
void tlb_select(const struct tlb_scheme *);
const struct tlb_scheme *tlb_selected(void);
void tlb_invalidate(struct pt *, const struct pt_inval *);
/* One address on this CPU only: the fault path's retry after a lazily valid entry (ENGINE 4). */
void tlb_invalidate_here(struct pt *, vaddr_t);
/* Totals since boot, for reports: operations issued and completions waited for. */
struct tlb_stats {
	u64 ops, waits;
};
void tlb_stats_read(struct tlb_stats *);
extern u32 tlb_max; /* tlb-max=: operations by VA before one full invalidation (default 512) */
/* Tests only: swallow invalidations of the calling operation's tree, the "twin" of a test. */
extern bool tlb_omit;
/* Tests only: reach only this CPU (a local invalidation where a broadcast is owed). */
extern bool tlb_local_only;
