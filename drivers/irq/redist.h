/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/redist.h - finds a CPU's GICv3 redistributor in the regions of the device tree, each
 * of which contains a sequence of redistributors (arm,gic-v3.yaml; IHI 0069, GICR_TYPER).
 */
#pragma once
#include <arch/arch.h>
#include <drivers/fdt/index.h>
#include <libfdt.h>

#define GICR_TYPER 0x0008
#define TYPER_VLPIS BIT(1) /* GICv4: two more 64 KiB frames */
#define TYPER_LAST BIT(4)
#define REDIST_V3 0x20000ul
#define REDIST_V4 0x40000ul

/* Bytes from one redistributor to the next, if the tree has a plausible value (whole frames); 0:
 * use GICR_TYPER. */
static inline u64 redist_stride(const void *fdt, int node)
{
	int len;
	const fdt32_t *p = fdt_prop(fdt, node, "redistributor-stride", &len);
	u64 stride = !p || (len != 4 && len != 8) ? 0
		     : len == 4                   ? fdt32_ld(p)
						  : (u64)fdt32_ld(p) << 32 | fdt32_ld(p + 1);

	return stride >= REDIST_V3 && is_aligned(stride, 0x10000) ? stride : 0;
}

/* Number of redistributor regions, after the distributor's range; registers of a GICv2 follow them.
 */
static inline unsigned redist_regions(const void *fdt, int node, unsigned nr_regs)
{
	u32 nr = fdt_u32(fdt, node, "#redistributor-regions", 1);

	return nr_regs < 2 ? 0 : nr && nr < nr_regs ? nr : nr_regs - 1;
}

/* The redistributor of a CPU in a mapped region of `len` bytes, or NULL.  GICR_TYPER[63:32] is
 * the affinity Aff3.Aff2.Aff1.Aff0 of its CPU. */
static inline volatile u8 *redist_find(volatile u8 *region, u64 len, u64 stride, u32 affinity)
{
	for (u64 at = 0; at <= len && len - at >= REDIST_V3;) {
		u64 typer = mmio_read64(region + at + GICR_TYPER);

		if (typer >> 32 == affinity)
			return region + at;
		if (typer & TYPER_LAST)
			break;
		at += stride ? stride : typer & TYPER_VLPIS ? REDIST_V4 : REDIST_V3;
	}
	return NULL;
}
