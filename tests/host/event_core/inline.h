/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/event_core/inline.h - counts accesses by their order, and clears a va_list at va_end,
 * so that a later use fails (C11 7.16.1). */
#pragma once
#include <lib/atomic.h>
#include <stdarg.h>

extern struct counted {
	unsigned acquires, releases;
	int va_lists; /* started and not ended */
} counted;

#undef atomic_exchange_acquire
#undef atomic_load_acquire
#undef atomic_store_release
#define atomic_exchange_acquire(p, v)                                                              \
	(counted.acquires++, __atomic_exchange_n(p, v, __ATOMIC_ACQUIRE))
#define atomic_load_acquire(p) (counted.acquires++, __atomic_load_n(p, __ATOMIC_ACQUIRE))
#define atomic_store_release(p, v) (counted.releases++, __atomic_store_n(p, v, __ATOMIC_RELEASE))

#undef va_start
#undef va_copy
#undef va_end
#define va_start(ap, last) (counted.va_lists++, __builtin_va_start(ap, last))
#define va_copy(to, from) (counted.va_lists++, __builtin_va_copy(to, from))
#define va_end(ap) (counted.va_lists--, (void)__builtin_memset(&(ap), 0, sizeof(ap)))
