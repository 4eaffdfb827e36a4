/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/aspace/inline.h - counts accesses by their order, because CPUs load published data
 * without the lock. */
#pragma once
#include <lib/atomic.h>

extern struct counted {
	unsigned acquires, releases;
} counted;

#undef atomic_load_acquire
#undef atomic_store_release
#define atomic_load_acquire(p) (counted.acquires++, __atomic_load_n(p, __ATOMIC_ACQUIRE))
#define atomic_store_release(p, v) (counted.releases++, __atomic_store_n(p, v, __ATOMIC_RELEASE))
