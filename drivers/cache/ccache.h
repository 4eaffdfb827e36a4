/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/cache/ccache.h - SiFive's composable cache: the second level of FU540, FU740, JH7110
 * and MPFS.  On harts without Zicbom its flush register is the only way to write a line back to
 * memory (arch_outer_cache()).
 */
#pragma once
#include <lib/types.h>

#define CCACHE_LINE 64u
#define CCACHE_FLUSH64 0x200u

/* One model of the cache, from its manual. */
struct ccache_model {
	const char *compatible;
	struct {
		paddr_t from, end;
	} cached[2]; /* cached ranges; no other address is flushed */
};
extern const struct ccache_model ccache_models[]; /* ends with a compatible of NULL */

/* Write back and invalidate the line of `pa` in this cache and the first-level caches, by one
 * `write`; false: `pa` is not in a cached range, and nothing is written. */
bool ccache_flush(const struct ccache_model *, paddr_t pa,
		  void (*write)(u32 offset, u64 value, void *arg), void *arg);

/* The model of the first known string in the node's `compatible`, which begins with the most
 * specific one; NULL: none is known. */
const struct ccache_model *ccache_model_of(const void *fdt, int node);

/*
 * Boot CPU.  ccache_init() is called while the temporary boot page table is in use, because the
 * probes of RAM need flushes; ccache_remap() when the kernel's page tables are in use, before the
 * first flush with them.  `map` maps registers; `pa_of` translates an address, PA_NONE: not mapped.
 * Without a cache in the tree, or with one that cannot be used (logged), arch_outer_cache() is not
 * called.
 */
void ccache_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len),
		 paddr_t (*pa_of)(vaddr_t));
void ccache_remap(volatile void *(*map)(paddr_t, u64 len), paddr_t (*pa_of)(vaddr_t));
