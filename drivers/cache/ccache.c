// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/cache/ccache.c - see ccache.h.
 *
 * A physical address written to Flush64 is written back and invalidated here and in the first-level
 * data caches, which this cache includes (FU540-C000 and FU740-C000 manuals, "Level 2 Cache
 * Controller", Flush64).  The same register in all: Linux, drivers/cache/sifive_ccache.c.  Which
 * memory is behind it: the memory maps of those manuals, of the JH7110 TRM and of the PolarFire SoC
 * MSS manual, whose other windows on DDR are not cached.
 */
#include <arch/arch.h>
#include <drivers/cache/ccache.h>
#include <drivers/fdt/fdt.h>
#include <kern/emulator.h>
#include <kern/log.h>
#include <mm/kpt.h>

#define REGISTERS 0x1000u

const struct ccache_model ccache_models[] = {
	{ "sifive,fu540-c000-ccache", { { 0x80000000, 0x2000000000 } } },
	{ "sifive,fu740-c000-ccache", { { 0x80000000, 0x2000000000 } } },
	{ "starfive,jh7110-ccache", { { 0x40000000, 0x440000000 } } },
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

static void write(u32 offset, u64 value, void *arg)
{
	(void)arg;
	arch_io_mb(); /* stores to the line are in a cache before it is flushed ... */
	mmio_write64(regs + offset, value);
	arch_io_mb(); /* ... and it is flushed before what follows */
}

static bool flush(vaddr_t va)
{
	paddr_t pa = pt_translate(&kpt, va);

	return pa != PA_NONE && ccache_flush(model, pa, write, NULL);
}

static const struct outer_cache outer = { .line = CCACHE_LINE, .flush = flush };

void ccache_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len))
{
	if (emulated_cpu())
		return; /* it has no caches, and nothing behind the node */
	for (const struct ccache_model *m = ccache_models; m->compatible && !model; m++) {
		const char *const names[] = { m->compatible, NULL };
		int node = fdt_next_compatible(fdt, -1, names);
		struct why why = { 0 };
		struct device d;

		if (node < 0)
			continue;
		if (fdt_device(fdt, node, &d, &why) || d.len[0] < REGISTERS) {
			kprintf("cache: %s: %s\n", m->compatible,
				why.code ? why.text : "its registers are too few");
			continue;
		}
		regs = map(d.pa[0], REGISTERS);
		if (regs)
			model = m;
	}
	if (model)
		arch_outer_cache(&outer);
}
