/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/cache/ccache.c - flushes lines through SiFive's composable cache; see ccache.h.
 *
 * A write of a physical address to Flush64 writes back and invalidates its line in this cache and
 * in the first-level data caches, which are inclusive (FU540-C000 and FU740-C000 manuals, "Level 2
 * Cache Controller", Flush64).  Linux uses the same register on all models
 * (drivers/cache/sifive_ccache.c). The cached ranges are from the memory maps of these manuals, of
 * the JH7110 TRM and of the PolarFire SoC MSS manual, whose other windows on DDR are not cached.
 */
#include <arch/arch.h>
#include <drivers/cache/ccache.h>
#include <drivers/fdt/fdt.h>
#include <kern/emulator.h>
#include <kern/log.h>
#include <lib/string.h>
#include <libfdt.h>

#define REGISTERS 0x1000u

/* Each row: the cached ranges of the memory map. */
const struct ccache_model ccache_models[] = {
	/* FU540-C000 and FU740-C000 manuals, "Memory Map": DDR, up to where PCIe begins on FU740 */
	{ "sifive,fu540-c000-ccache", { { 0x80000000, 0x2000000000 } } },
	{ "sifive,fu740-c000-ccache", { { 0x80000000, 0x2000000000 } } },
	/* JH-7110 TRM, "System Memory Map": the memory port; the system port's copy follows it */
	{ "starfive,jh7110-ccache", { { 0x40000000, 0x440000000 } } },
	/* PolarFire SoC MSS TRM, "Segmentation Blocks": cached 0x80000000 and 0x1000000000; not
	 * cached 0xc0000000, 0xd0000000, 0x1400000000, 0x1800000000 */
	{ "microchip,mpfs-ccache", { { 0x80000000, 0xc0000000 }, { 0x1000000000, 0x1400000000 } } },
	{ NULL, { { 0, 0 } } },
};

bool ccache_flush(const struct ccache_model *m, paddr_t pa,
		  void (*write)(u32 offset, u64 value, void *arg), void *arg)
{
	paddr_t line = align_down(pa, CCACHE_LINE);

	for (unsigned i = 0; i < ARRAY_SIZE(m->cached); i++)
		if (line >= m->cached[i].from && line < m->cached[i].end) {
			write(CCACHE_FLUSH64, line, arg);
			return true;
		}
	return false;
}

static const struct ccache_model *model;
static volatile u8 *regs;
static paddr_t registers_pa;
static paddr_t (*line_pa)(vaddr_t);

/* The only register access, by any CPU that flushes; a single store needs no lock. */
static void write(u32 offset, u64 value, void *arg)
{
	(void)arg;
	arch_io_mb(); /* stores to the line are in a cache before the flush ... */
	mmio_write64(regs + offset, value);
	arch_io_mb(); /* ... and the flush is before po-later accesses */
}

/* Hook of arch_outer_cache(): nothing is flushed for an address without a translation or outside
 * the cached ranges. */
static bool flush(vaddr_t va)
{
	paddr_t pa = line_pa(va);

	return pa != PA_NONE && ccache_flush(model, pa, write, NULL);
}

static const struct outer_cache outer = { .line = CCACHE_LINE, .flush = flush };

static const struct ccache_model *model_named(const char *compatible)
{
	for (const struct ccache_model *m = ccache_models; m->compatible; m++)
		if (!strcmp(m->compatible, compatible))
			return m;
	return NULL;
}

/* The first known string is used: MPFS is compatible with the FU540, but has uncached windows on
 * DDR that the FU540 lacks. */
const struct ccache_model *ccache_model_of(const void *fdt, int node)
{
	const struct ccache_model *m = NULL;
	const char *word;

	for (int i = 0; !m && (word = fdt_stringlist_get(fdt, node, "compatible", i, NULL)); i++)
		m = model_named(word);
	return m;
}

/* Use the registers at `at`; NULL: they could not be mapped, and the cache is not used. */
static void registers_at(volatile void *at, paddr_t (*translate)(vaddr_t))
{
	regs = at;
	line_pa = translate;
	arch_outer_cache(regs ? &outer : NULL);
	if (!regs)
		kprintf("cache: %s: no room for its registers\n", model->compatible);
}

void ccache_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len),
		 paddr_t (*translate)(vaddr_t))
{
	const char *names[ARRAY_SIZE(ccache_models)];
	struct why why = { 0 };
	struct device d;
	int node;

	if (emulated_cpu())
		return; /* an emulator models neither caches nor the registers of this node */
	for (unsigned i = 0; i < ARRAY_SIZE(ccache_models); i++)
		names[i] = ccache_models[i].compatible;
	node = fdt_next_compatible(fdt, -1, names);
	if (node < 0)
		return;
	model = ccache_model_of(fdt, node);
	if (fdt_registers(fdt, node, &d, &why) || d.len[0] < REGISTERS) {
		kprintf("cache: %s: %s\n", model->compatible,
			why.code ? why.text : "its registers are too few");
		model = NULL;
		return;
	}
	registers_pa = d.pa[0];
	registers_at(map(registers_pa, REGISTERS), translate);
}

void ccache_remap(volatile void *(*map)(paddr_t, u64 len), paddr_t (*translate)(vaddr_t))
{
	if (model)
		registers_at(map(registers_pa, REGISTERS), translate);
}
