/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/storers.h - does a store reach a frame after the invalidation of the entry that it went
 * through?  CPUs keep storing through the entry, each to a place of its own, and the CPU that has
 * removed the entry marks these places through the linear map: a later store overwrites its mark.
 *
 * When an invalidation is complete, so are the accesses that used the old entry (Arm ARM D8, "TLB
 * maintenance ... completion": the DSB after the TLBI waits for them).  Page migration relies on
 * it.
 */
#pragma once
#include <tlblab/lab.h>

#define STORERS_PLACES 16u /* of a page; CPUs beyond share them */

struct storers {
	vaddr_t page;
	cpumask_t cpus;
	int (*store)(vaddr_t); /* as lab_probe_store(); of anything but the mark */
	u32 stop;
	u64 tries[CPUS_MAX], want[CPUS_MAX];
};

vaddr_t storers_place(vaddr_t page, unsigned cpu);
/* Returns when each CPU has stored. */
void storers_begin(struct storers *, vaddr_t page, cpumask_t, int (*store)(vaddr_t));
/* The CPUs whose stores reach the frame from now on. */
cpumask_t storers_late(struct storers *, struct page *frame);
void storers_end(struct storers *); /* no CPU has a valid translation of the page any more */
