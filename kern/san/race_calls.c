/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/san/race_calls.c - the functions that gcc calls with -fsanitize=thread, each for one size
 * and kind of access.
 *
 * gcc replaces the builtins of lib/atomic.h too: these execute the operation of lib/atomic.h with
 * the order that is passed, or with a stronger one if lib/atomic.h does not have it.
 */
#include <kern/cpu.h>
#include <kern/san/race.h>
#include <lib/atomic.h>

/* Only the compiler calls these functions. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* gcc's numbers of the orders. */
enum { ORDER_RELAXED, ORDER_CONSUME, ORDER_ACQUIRE, ORDER_RELEASE, ORDER_ACQ_REL, ORDER_SEQ_CST };

static inline __attribute__((always_inline)) void race_at(const volatile void *at, u32 bytes,
							  u8 kind, const void *pc)
{
	race_access((u64)(uintptr_t)at, (u64)(uintptr_t)pc, bytes, kind);
}

/* ---- plain and volatile ---- */

#define RACE_CALL(name, bytes, kind)                                                               \
	void __tsan_##name(void *at)                                                               \
	{                                                                                          \
		race_at(at, bytes, kind, __builtin_return_address(0));                             \
	}
#define RACE_CALLS(n)                                                                              \
	RACE_CALL(read##n, n, RACE_LOAD)                                                           \
	RACE_CALL(write##n, n, RACE_STORE)                                                         \
	RACE_CALL(unaligned_read##n, n, RACE_LOAD)                                                 \
	RACE_CALL(unaligned_write##n, n, RACE_STORE)                                               \
	RACE_CALL(volatile_read##n, n, RACE_LOAD | RACE_MARKED)                                    \
	RACE_CALL(volatile_write##n, n, RACE_STORE | RACE_MARKED)                                  \
	RACE_CALL(unaligned_volatile_read##n, n, RACE_LOAD | RACE_MARKED)                          \
	RACE_CALL(unaligned_volatile_write##n, n, RACE_STORE | RACE_MARKED)

RACE_CALLS(1)
RACE_CALLS(2)
RACE_CALLS(4)
RACE_CALLS(8)
RACE_CALLS(16)

void __tsan_read_range(void *at, size_t bytes)
{
	race_at(at, (u32)bytes, RACE_LOAD, __builtin_return_address(0));
}

void __tsan_write_range(void *at, size_t bytes)
{
	race_at(at, (u32)bytes, RACE_STORE, __builtin_return_address(0));
}

/* ---- lib/atomic.h ---- */

#define MARKED(at, kind)                                                                           \
	race_at(at, sizeof(*(at)), (kind) | RACE_MARKED, __builtin_return_address(0))

#define RACE_LOADS(bits)                                                                           \
	u##bits __tsan_atomic##bits##_load(const volatile u##bits *at, int order)                  \
	{                                                                                          \
		MARKED(at, RACE_LOAD);                                                             \
		return order == ORDER_RELAXED   ? atomic_load_relaxed(at)                          \
		       : order == ORDER_SEQ_CST ? atomic_load_seq_cst(at)                          \
						: atomic_load_acquire(at);                         \
	}                                                                                          \
	void __tsan_atomic##bits##_store(volatile u##bits *at, u##bits v, int order)               \
	{                                                                                          \
		MARKED(at, RACE_STORE);                                                            \
		if (order == ORDER_RELAXED)                                                        \
			atomic_store_relaxed(at, v);                                               \
		else if (order == ORDER_RELEASE)                                                   \
			atomic_store_release(at, v);                                               \
		else                                                                               \
			atomic_store_seq_cst(at, v);                                               \
	}

/* Orders other than relaxed and release become seq_cst. */
#define RACE_CHANGE(bits, what)                                                                    \
	u##bits __tsan_atomic##bits##_fetch_##what(volatile u##bits *at, u##bits v, int order)     \
	{                                                                                          \
		MARKED(at, RACE_STORE);                                                            \
		return order == ORDER_RELAXED   ? atomic_fetch_##what##_relaxed(at, v)             \
		       : order == ORDER_RELEASE ? atomic_fetch_##what##_release(at, v)             \
						: atomic_fetch_##what##_seq_cst(at, v);            \
	}

#define RACE_SWAPS(bits)                                                                           \
	u##bits __tsan_atomic##bits##_exchange(volatile u##bits *at, u##bits v, int order)         \
	{                                                                                          \
		MARKED(at, RACE_STORE);                                                            \
		if (order != ORDER_ACQUIRE)                                                        \
			atomic_fence_seq_cst();                                                    \
		return atomic_exchange_acquire(at, v);                                             \
	}                                                                                          \
	bool __tsan_atomic##bits##_compare_exchange_strong(volatile u##bits *at, u##bits *old,     \
							   u##bits new, int order, int on_failure) \
	{                                                                                          \
		(void)on_failure;                                                                  \
		MARKED(at, RACE_STORE);                                                            \
		return order == ORDER_RELAXED   ? atomic_cas_relaxed(at, old, new)                 \
		       : order == ORDER_ACQUIRE ? atomic_cas_acquire(at, old, new)                 \
						: atomic_cas_seq_cst(at, old, new);                \
	}

#define RACE_ATOMICS(bits)                                                                         \
	RACE_LOADS(bits)                                                                           \
	RACE_SWAPS(bits)                                                                           \
	RACE_CHANGE(bits, add)                                                                     \
	RACE_CHANGE(bits, sub)                                                                     \
	RACE_CHANGE(bits, or)                                                                      \
	RACE_CHANGE(bits, and)

RACE_LOADS(8)
RACE_LOADS(16)
RACE_ATOMICS(32)
RACE_ATOMICS(64)

void __tsan_atomic_thread_fence(int order)
{
	if (order == ORDER_ACQUIRE)
		atomic_fence_acquire();
	else
		atomic_fence_seq_cst();
}

void __tsan_atomic_signal_fence(int order)
{
	(void)order;
	atomic_fence_interrupt();
}

void __tsan_init(void)
{
}
