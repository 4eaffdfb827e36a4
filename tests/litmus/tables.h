/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/litmus/tables.h - the pages of a litmus test with translation tables (set.h).
 *
 * Each location has a page of its own in a window of the kernel's tables.  Its values and entries
 * are not those of the set; they are translated in both directions.
 */
#pragma once
#include <mm/pt/pt_fmt.h>
#include <tests/litmus/set.h>

struct trap_info;

/* Map the pages, whose frames begin at `frames`.  An error has a sentence, and nothing is mapped;
 * -EOPNOTSUPP: the tables of this kernel cannot have the entries. */
int tables_begin(const struct set_head *, const struct set_test *, paddr_t frames, struct why *);
void tables_end(void);

/* Every entry is removed on all CPUs; then the initial ones are stored. */
void tables_break(void);
void tables_make(void);
/* This CPU can use the new entries.  `all`: it uses those that an access does not change; the
 * number of accesses that faulted. */
u32 tables_ready(bool all);

u64 tables_real(const struct set_value *);
/* A value of a register or of memory, as the set has it. */
u64 tables_shown(u64 value);
u64 tables_entry(u32 page);
/* The page of an address in the window; SET_ANY: it is not there. */
u32 tables_page(vaddr_t);
