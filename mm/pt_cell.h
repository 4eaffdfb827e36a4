/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt_cell.h - the memory of a page-table cell.  Only mm/pt*.c and format self-tests may include
 * this: nobody else can store to a table, the compiler sees to it.  Three accessors (ENGINE 1).
 */
#pragma once
#include <lib/atomic.h>
#include <lib/types.h>

struct pt_cell {
	pte_t raw_;
};

/* One single-copy-atomic load with acquire semantics: a table's contents follow its pointer. */
static inline pte_t pt_cell_load(const struct pt_cell *c)
{
	return atomic_load_acquire(&c->raw_);
}

/*
 * A scan needs no ordering between its loads; each is still one single-copy-atomic access: aligned
 * and volatile, which compilers address with an offset where they spend an addition on an atomic.
 */
static inline pte_t pt_cell_peek(const struct pt_cell *c)
{
	return *(const volatile pte_t *)&c->raw_;
}

static inline void pt_cell_store(struct pt_cell *c, pte_t v)
{
	*(volatile pte_t *)&c->raw_ = v;
}

static inline bool pt_cell_install(struct pt_cell *c, pte_t v)
{
	pte_t empty = 0;

	return atomic_cas_acq_rel(&c->raw_, &empty, v);
}
