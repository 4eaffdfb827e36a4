/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/gicv2m.c - the MSI frame of a GICv2; see gicv2m.h.  Boot CPU.
 *
 * The GIC's probe finds the frame, before the final page tables exist; the first allocation maps
 * it. An SPI belongs to its owner from gicv2m_alloc() to gicv2m_free().
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <drivers/irq/gic.h>
#include <drivers/irq/gicv2m.h>
#include <libfdt.h>
#include <mm/kernel/kpt.h>

enum { MSI_TYPER = 0x008, MSI_SETSPI = 0x040, FRAME_BYTES = 0x1000 };
#define TYPER_FIRST(typer) ((typer) >> 16 & 0x3ff)
#define TYPER_NR(typer) ((typer)&0x3ff)
#define USED_MAX 64 /* SPIs of the frame that are used at most */

/* The frame, and a bit for each of its SPIs in use. */
static struct {
	struct device d;
	u32 phandle, first, nr; /* nr: 0 until the frame is read */
	u64 used;
} frame;

/* Search the children of the GIC's node; the first frame that is large enough is used for all
 * functions. */
void gicv2m_find(const struct device *gic)
{
	int node;

	frame.phandle = 0;
	fdt_for_each_subnode(node, gic->fdt, gic->node)
	{
		if (fdt_node_check_compatible(gic->fdt, node, "arm,gic-v2m-frame") ||
		    fdt_device(gic->fdt, node, &frame.d, NULL) || frame.d.len[0] < FRAME_BYTES)
			continue;
		frame.phandle = fdt_get_phandle(gic->fdt, node);
		return;
	}
}

u32 gicv2m_phandle(void)
{
	return frame.phandle;
}

/* At the first allocation map and read the frame.  False: it has no usable SPIs. */
static bool read_frame(void)
{
	const volatile u8 *regs = frame.nr ? NULL : kpt_map_device(frame.d.pa[0], FRAME_BYTES);
	u32 typer = regs ? mmio_read32(regs + MSI_TYPER) : 0;

	if (!regs)
		return frame.nr;
	frame.first = TYPER_FIRST(typer);
	frame.nr = min_u32(USED_MAX, TYPER_NR(typer));
	if (frame.first < 32 || frame.first + frame.nr > GIC_SPI_END)
		frame.nr = 0;
	return frame.nr;
}

/* The lowest free SPI; a device gets the same one again after a restart. */
u32 gicv2m_alloc(void)
{
	if (!read_frame())
		return ~0u;
	for (u32 i = 0; i < frame.nr; i++)
		if (!(frame.used & BIT(i))) {
			frame.used |= BIT(i);
			return frame.first + i;
		}
	return ~0u;
}

/* The caller has released the interrupt; message_alloc() of the GIC clears its pending state. */
void gicv2m_free(u32 irq)
{
	frame.used &= ~BIT(irq - frame.first);
}

paddr_t gicv2m_address(void)
{
	return frame.d.pa[0] + MSI_SETSPI;
}
