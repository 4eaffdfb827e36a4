/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/range_apply.h - a caller's function for each page of a range of the kernel's tree.
 *
 * Like apply_to_page_range() and apply_to_existing_page_range() of Linux: the first makes the
 * tables that the range lacks and calls the function for every page, the second makes none and
 * calls it for pages that are mapped (S1-10, S1-13).  The caller owns the range: addresses from
 * vmalloc_va_alloc() or of a mapping, never memory that hot-plug adds or removes.
 *
 * Locks: the caller holds none, except as described at vmalloc_enter_first()
 * (mm/vmalloc/vmalloc.h).  `fn` runs between vmalloc_enter() and vmalloc_leave(), so it must not
 * call vmalloc nor add or remove memory.  On return, entries that were unmapped or lost rights are
 * invalidated on every CPU.
 */
#pragma once
#include <mm/pt/pt.h>

/* 0, or an error of pt_plan() (then nothing has changed), or of pt_apply() (then the entries before
 * it have). */
int range_apply(vaddr_t, u64 len, unsigned node, pt_apply_fn *fn, void *arg, struct why *);
int range_apply_existing(vaddr_t, u64 len, pt_apply_fn *fn, void *arg, struct why *);
