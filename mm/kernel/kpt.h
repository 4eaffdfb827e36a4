/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/kpt.h - the kernel's own tree: the engine bound to this machine.
 *
 * kpt_env allocates tables from the boot pool, then from boot memory (mm/kernel/kpt_boot.h), then
 * from the buddy, and invalidates through the selected tlb scheme.
 */
#pragma once
#include <mm/kernel/layout.h>
#include <mm/policy/policy.h>

struct pt_env; /* mm/pt/pt.h */
struct pt_link;

extern struct pt kpt; /* the kernel half */
extern const struct pt_env kpt_env;
/* Once boot_info and the layout are known, before the first tree of kpt_env. */
void kpt_direct_init(void);

/* Boot CPU, once: map the image and the linear map of boot memory, and load the tree on this CPU
 * (boot/start.c).  The vmemmap follows in memmap_boot().  -ENOMEM, -EINVAL for vmalloc=. */
int kpt_build(struct why *);
void kpt_load(void); /* load the tree on this CPU; every secondary calls it */
/* Unmap boot-only code [init_start, init_end) (S0-44); it has no other mapping.  Once, when no CPU
 * runs it any more. */
void kpt_discard_init(void);
/* ioremap() of registers that stay mapped until the next boot, for drivers (mm/vmalloc/ioremap.h).
 */
volatile void *kpt_map_device(paddr_t, u64 len);

/*
 * Tables that the kernel's tree frees, by the scheme of tables= (mm/policy/policy.h): the release
 * of a gather returns when the scheme has freed the last of them, so counts are exact then, even if
 * a walker without a lock is active meanwhile (S3-25).  A caller that holds the hotplug lock for
 * write passes them to the scheme when it unlocks: a scheme waits with no lock held. Default
 * at-once: only tests walk the kernel's page tables without a lock.  Select at boot, at the prompt
 * or between tests.
 */
void kpt_tables_select(const struct tables_scheme *);
const struct tables_scheme *kpt_tables_selected(void);
/* NULL: at once.  For mm/kernel/kpt.c alone. */
extern void (*kpt_tables_late)(struct pt_link *list);
/* For hotplug_write_unlock(): tables that wait for it; take the list under the lock, free it
 * afterwards. */
struct pt_link *kpt_tables_held(void);
void kpt_tables_free(struct pt_link *list);

/*
 * Select how CPUs get to observe a new leaf of the kernel's tree: the scheme of newmap=
 * (mm/policy/policy.h). Before a selection it is fence-local, which relies on no fault. Call it at
 * boot after every stack is mapped, at the prompt, or between tests; no CPU maps meanwhile.
 */
void kpt_newmap_select(const struct newmap_scheme *);
const struct newmap_scheme *kpt_newmap_selected(void);

/* ---- the TLB choke point (mm/kernel/tlb.c): SYNC, TLBI, WAIT, CTX by the selected scheme ---- */
void tlb_select(const struct tlb_scheme *);
const struct tlb_scheme *tlb_selected(void); /* never NULL: selects one if none is */
/* On return the invalidation is complete on every CPU that is online and ever loaded this root. Any
 * context in which this CPU may wait for the others. */
void tlb_invalidate(struct pt *, const struct pt_inval *);
/* One address on this CPU only: the fault path's retry after a lazily valid entry (ENGINE 4). */
void tlb_invalidate_here(struct pt *, vaddr_t);
/* Totals since boot, for reports: operations issued and completions waited for. */
struct tlb_stats {
	u64 ops, waits;
};
void tlb_stats_read(struct tlb_stats *);
extern u32 tlb_max; /* tlb-max=: operations by VA before one full invalidation (default 512) */
/* Tests only: skip every tlb_invalidate(), of all trees and on all CPUs; the "twin" of a test. */
extern bool tlb_omit;
/* Tests only: reach only this CPU (a local invalidation where a broadcast is required). */
extern bool tlb_local_only;
