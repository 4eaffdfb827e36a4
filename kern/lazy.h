/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/lazy.h - accesses that faulted on an entry that is valid by now (ENGINE 4).  For kern/
 * alone.
 */
#pragma once
#include <mm/pt/pt_fmt.h>

struct pt_slot; /* mm/pt/pt.h */

/* `want` is one of PT_R, PT_W, PT_X, `kind` that of the fault. */
/* The tree permits the access by now; the entry is stored to `slot`. */
bool lazy_permitted(vaddr_t, enum pt_prot want, int kind, struct pt_slot *slot);
/* A CPU may still fault on such an entry, because nothing was invalidated when it became valid. */
bool lazy_fault_possible(vaddr_t, enum pt_prot want, int kind);
/* Invalidate on this CPU, complete on return; does nothing if newmap= leaves that out. */
void lazy_settle(vaddr_t);
/* newmap= leaves the invalidation out and the bound is not over, so a retry may fault again.
 * `since`: arch_counter() at the first fault. */
bool lazy_waits(u64 since);
