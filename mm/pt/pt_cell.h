/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_cell.h - the memory of a page-table cell.  Only mm/pt/pt*.c and format self-tests may
 * include this: struct pt_cell is opaque elsewhere, so no other file can store to a table.  Load
 * (acquire, or relaxed for scans), store, compare-and-exchange (ENGINE 1.2).
 */
#pragma once
#include <lib/atomic.h>
#include <lib/types.h>

struct pt_cell {
	pte_t raw_;
};

/*
 * One single-copy-atomic load with acquire semantics: a table's contents are read after the pointer
 * to it.
 * Unshown (acquire fence): MODEL.md address.
 */
static inline pte_t pt_cell_load(const struct pt_cell *c)
{
	return atomic_load_acquire(&c->raw_);
}

/*
 * A scan needs no order between its loads, but each must be one single-copy-atomic access (S0-22).
 * An aligned volatile load is one, and compilers use base + offset addressing for it, where they
 * spend an addition on an atomic load.
 */
static inline pte_t pt_cell_peek(const struct pt_cell *c)
{
	return *(const volatile pte_t *)&c->raw_;
}

/* One single-copy-atomic store without order: the barriers are the duties of the store (ENGINE 4).
 * For pt_store.c alone. */
static inline void pt_cell_store(struct pt_cell *c, pte_t v)
{
	*(volatile pte_t *)&c->raw_ = v;
}

/* The cells of a table that no CPU can walk yet, as words.  For pt_store.c alone. */
static inline pte_t *pt_cell_words(struct pt_cell *c)
{
	return &c->raw_;
}

/*
 * EMPTY -> v; false: the cell was not EMPTY, another CPU was first (S0-05).
 * Unshown (release): the DMB ISHST of arch_pt_publish() is before it (mm/pt/pt_store.c
 * install_table()).
 * Unshown (fence): the FENCE w,w of PT_DUTY_PUBLISH is before it (mm/pt/pt_store.c).
 * Unshown (acquire aq): the second CPU loads the cell again by an acquire (pt_install()), and
 * coherence gives it the winner's table (B2.3; PPO 2): MODEL.md address.
 */
static inline bool pt_cell_install(struct pt_cell *c, pte_t v)
{
	pte_t empty = 0;

	return atomic_cas_acq_rel(&c->raw_, &empty, v);
}
