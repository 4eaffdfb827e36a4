/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/atomic.h - every atomic access: the operation and its order are in the name.
 *
 * Objects are naturally aligned integers and pointers of 4 or 8 bytes.  No other file calls the
 * compiler's builtins (tools/hotplate lint layers), so defects of a compiler are corrected here.
 *
 * relaxed   single-copy atomic, coherent, no order with other objects.
 * acquire   later accesses of this CPU are ordered after the load.
 * release   earlier accesses of this CPU are ordered before the store.
 * acq_rel   both.
 * seq_cst   both, and one order of all seq_cst accesses that every CPU agrees on.
 *
 * Compare-and-exchange: `old` points to the expected value and receives the value that was read. A
 * failed one has the order of the load of a successful one.  Two defects of gcc 12 for riscv64
 * determine the builtin's arguments (gcc 13 and later have neither):
 * - it takes the fence of a release from the order on *failure*, which may have no release: only
 *   seq_cst has the fence in both.  Without it ACQ_REL is lr.d.aq, sc.d.aq, RELEASE lr.d, sc.d.
 * - it takes the .aq of lr from the order on failure too: ACQUIRE with RELAXED is lr.d, sc.d.aq,
 *   and an SC with aq and no rl orders no more than one without (RISC-V unprivileged manual, "A"
 *   extension, load-reserved/store-conditional).
 * On arm64 the exclusive pair is the same for acq_rel and seq_cst.
 */
#pragma once
#include <lib/types.h>

#define atomic_load_relaxed(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define atomic_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define atomic_load_seq_cst(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)

#define atomic_store_relaxed(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define atomic_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define atomic_store_seq_cst(p, v) __atomic_store_n(p, v, __ATOMIC_SEQ_CST)

#define atomic_exchange_acquire(p, v) __atomic_exchange_n(p, v, __ATOMIC_ACQUIRE)

#define atomic_fetch_add_relaxed(p, v) __atomic_fetch_add(p, v, __ATOMIC_RELAXED)
#define atomic_fetch_add_release(p, v) __atomic_fetch_add(p, v, __ATOMIC_RELEASE)
#define atomic_fetch_add_acq_rel(p, v) __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL)
#define atomic_fetch_add_seq_cst(p, v) __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST)
#define atomic_add_fetch_relaxed(p, v) __atomic_add_fetch(p, v, __ATOMIC_RELAXED)
#define atomic_add_fetch_release(p, v) __atomic_add_fetch(p, v, __ATOMIC_RELEASE)
#define atomic_add_fetch_acq_rel(p, v) __atomic_add_fetch(p, v, __ATOMIC_ACQ_REL)

#define atomic_fetch_sub_relaxed(p, v) __atomic_fetch_sub(p, v, __ATOMIC_RELAXED)
#define atomic_fetch_sub_release(p, v) __atomic_fetch_sub(p, v, __ATOMIC_RELEASE)
#define atomic_fetch_sub_seq_cst(p, v) __atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST)
#define atomic_sub_fetch_relaxed(p, v) __atomic_sub_fetch(p, v, __ATOMIC_RELAXED)

#define atomic_fetch_or_relaxed(p, v) __atomic_fetch_or(p, v, __ATOMIC_RELAXED)
#define atomic_fetch_or_release(p, v) __atomic_fetch_or(p, v, __ATOMIC_RELEASE)
#define atomic_fetch_or_seq_cst(p, v) __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST)
#define atomic_fetch_and_relaxed(p, v) __atomic_fetch_and(p, v, __ATOMIC_RELAXED)
#define atomic_fetch_and_release(p, v) __atomic_fetch_and(p, v, __ATOMIC_RELEASE)
#define atomic_fetch_and_seq_cst(p, v) __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST)
#define atomic_and_fetch_seq_cst(p, v) __atomic_and_fetch(p, v, __ATOMIC_SEQ_CST)

#define ATOMIC_CAS(p, old, new, order) __atomic_compare_exchange_n(p, old, new, false, order, order)
#define atomic_cas_relaxed(p, old, new) ATOMIC_CAS(p, old, new, __ATOMIC_RELAXED)
#define atomic_cas_acquire(p, old, new) ATOMIC_CAS(p, old, new, __ATOMIC_ACQUIRE)
#define atomic_cas_release(p, old, new) ATOMIC_CAS(p, old, new, __ATOMIC_SEQ_CST)
#define atomic_cas_acq_rel(p, old, new) ATOMIC_CAS(p, old, new, __ATOMIC_SEQ_CST)
#define atomic_cas_seq_cst(p, old, new) ATOMIC_CAS(p, old, new, __ATOMIC_SEQ_CST)

/* Between this CPU and its own interrupts: no instruction, but the compiler moves no access across
 * it. */
#define atomic_fence_interrupt() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define atomic_fence_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define atomic_fence_seq_cst() __atomic_thread_fence(__ATOMIC_SEQ_CST)
