/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/cache/ccache.h - SiFive's composable cache: the second level of FU540, FU740, JH7110 and
 * MPFS.  Harts without Zicbom reach memory by its register alone (arch_outer_cache()).
 */
#pragma once
#include <lib/types.h>

#define CCACHE_LINE 64u
#define CCACHE_FLUSH64 0x200u

struct ccache_model {
	const char *compatible;
	struct {
		paddr_t from, end;
	} cached[2]; /* memory behind it; an address elsewhere is never written to the register */
};
extern const struct ccache_model ccache_models[]; /* ends with a compatible of NULL */

/* The line of pa, to memory and out of this cache and those that it includes; false: not its. */
bool ccache_flush(const struct ccache_model *, paddr_t pa,
		  void (*write)(u32 offset, u64 value, void *arg), void *arg);

/* The first of a node's own words that is known, as the most specific stands first; or NULL. */
const struct ccache_model *ccache_model_of(const void *fdt, int node);

/* While the throw-away map translates, so that the probes of RAM reach memory; remapped for the
 * engine's tables, before anything is flushed by them. */
void ccache_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len),
		 paddr_t (*pa_of)(vaddr_t));
void ccache_remap(volatile void *(*map)(paddr_t, u64 len), paddr_t (*pa_of)(vaddr_t));
