/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/aplic.c - RISC-V Advanced Platform-Level Interrupt Controller (AIA 1.0, chapter
 * 4): its sources, and direct delivery to harts.
 *
 * The driver uses one supervisor-level domain.  The root domain and the machine-level domains
 * belong to firmware, which delegates the sources.  A level-sensitive source needs no completion:
 * its pending bit follows the wire (4.7).
 */
#include <arch/arch.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/aplic.h>
#include <drivers/irq/riscv_intc.h>
#include <kern/log.h>
#include <libfdt.h>

enum { /* 4.5 */
       DOMAINCFG = 0x0000,
       SOURCECFG = 0x0000, /* + 4 x source, 1 .. 1023 */
       SETIPNUM = 0x1cdc,
       IN_CLRIP = 0x1d00,
       SETIENUM = 0x1edc,
       CLRIE = 0x1f00,
       CLRIENUM = 0x1fdc,
       TARGET = 0x3000, /* + 4 x source */
       IDC = 0x4000,    /* + 32 x hart index */
};
enum { IDELIVERY = 0x00, IFORCE = 0x04, ITHRESHOLD = 0x08, CLAIMI = 0x1c };

#define DOMAINCFG_ON 0x100u
#define DOMAINCFG_MESSAGES 0x4u /* delivery mode MSI; bit 0 stays 0: little-endian */
#define SOURCES_MAX 1023
#define PRIORITY 1u /* the highest; the same for all sources */
#define IDC_BYTES 32u

enum { MODE_INACTIVE = 0, MODE_EDGE_UP = 4, MODE_EDGE_DOWN = 5, MODE_HIGH = 6, MODE_LOW = 7 };

/* The domain in use.  The probe writes it; each CPU writes its own entry of idc[]. */
static struct {
	volatile u8 *regs;
	u64 len;
	u32 sources;                /* numbers 1 .. sources */
	volatile u8 *idc[CPUS_MAX]; /* direct delivery, by CPU number; NULL: CPU not served */
} aplic;

static u32 rd(u32 at)
{
	return mmio_read32(aplic.regs + at);
}

static void wr(u32 at, u32 v)
{
	mmio_write32(aplic.regs + at, v);
}

static bool has(u32 source)
{
	return source && source <= aplic.sources;
}

/* ---- the domain ---- */

/* Source modes are written with delivery off and in the final delivery mode, because a change of
 * that mode leaves targets unspecified (4.5.16). */
int aplic_init(struct device *d, bool messages)
{
	u32 sources = fdt_u32(d->fdt, d->node, "riscv,num-sources", 0);

	if (!d->regs[0] || d->len[0] < IDC || !sources)
		return -ENODEV;
	aplic.regs = (volatile u8 *)d->regs[0];
	aplic.len = d->len[0];
	aplic.sources = min_u32(SOURCES_MAX, sources);
	wr(DOMAINCFG, messages ? DOMAINCFG_MESSAGES : 0);
	for (u32 s = 0; s <= aplic.sources; s += 32)
		wr(CLRIE + s / 8, ~0u);
	for (u32 s = 1; s <= aplic.sources; s++)
		wr(SOURCECFG + 4 * s, MODE_INACTIVE);
	wr(DOMAINCFG, DOMAINCFG_ON | (messages ? DOMAINCFG_MESSAGES : 0));
	/* the mode is WARL: a domain may implement only one */
	return !(rd(DOMAINCFG) & DOMAINCFG_MESSAGES) == !messages ? 0 : -ENODEV;
}

/* The source mode of a trigger; device tree: 1 rising, 2 falling edge, 4 high, 8 low. */
static u32 mode_of(u32 flags)
{
	switch (flags & 15) {
	case 1:
		return MODE_EDGE_UP;
	case 2:
		return MODE_EDGE_DOWN;
	case 8:
		return MODE_LOW;
	default:
		return MODE_HIGH;
	}
}

static bool is_level(u32 source)
{
	return (rd(SOURCECFG + 4 * source) & 7) >= MODE_HIGH;
}

/* The mode is written before the target, which can only be written for an active source (4.5.16).
 */
bool aplic_source_on(u32 source, u32 flags, u32 target)
{
	u32 mode = mode_of(flags);

	if (!has(source))
		return false;
	wr(CLRIENUM, source);
	wr(SOURCECFG + 4 * source, mode);
	if (rd(SOURCECFG + 4 * source) != mode) {
		kprintf("irq: APLIC: source %u is not in this domain, or does not support the "
			"trigger\n",
			source);
		return false;
	}
	wr(TARGET + 4 * source, target);
	wr(SETIENUM, source);
	return true;
}

void aplic_source_off(u32 source)
{
	if (has(source))
		wr(CLRIENUM, source);
}

/*
 * The message has cleared the pending bit, and the APLIC ignores the wire until it is deasserted
 * (4.9.2).  This combines the two methods of 4.9.2: the input is read first, because some emulators
 * set the pending bit even if the input is low; a wire that is asserted after the read sets the bit
 * itself.
 */
void aplic_source_again(u32 source)
{
	if (has(source) && is_level(source) && rd(IN_CLRIP + source / 32 * 4) & 1u << source % 32)
		wr(SETIPNUM, source);
}

volatile u8 *aplic_idc(u32 hart_index)
{
	u64 at = IDC + (u64)IDC_BYTES * hart_index;

	return hart_index <= APLIC_HART_MAX && at + IDC_BYTES <= aplic.len ? aplic.regs + at : NULL;
}

u32 aplic_decode(const void *cells, int nr_cells, u32 *flags)
{
	const fdt32_t *p = cells;

	if (nr_cells < 2)
		return ~0u;
	*flags = fdt32_ld(p + 1) & 15;
	return fdt32_ld(p);
}

/* ---- direct delivery (4.8) ---- */

/* With one APLIC per socket the APLIC of the boot hart is used; devices of the others are polled.
 */
static int probe(struct device *d)
{
	u32 index;

	if (!riscv_harts_find(d->fdt, d->node))
		return -ENODEV;
	index = riscv_hart_index(this_cpu()->hwid);
	return index == RISCV_NO_HART ? -ENODEV : aplic_init(d, APLIC_DIRECT);
}

/* Direct delivery: enable the calling hart's interrupt delivery control. */
static void cpu_init(void)
{
	struct cpu *cpu = this_cpu();
	volatile u8 *idc = aplic_idc(riscv_hart_index(cpu->hwid));

	aplic.idc[cpu->nr] = idc;
	if (!idc)
		return;
	mmio_write32(idc + IFORCE, 0);
	mmio_write32(idc + ITHRESHOLD, 0); /* 0: no threshold */
	mmio_write32(idc + IDELIVERY, 1);
}

/* A CPU without mapped delivery registers receives no interrupts. */
static void enable(u32 irq, u32 flags, unsigned cpu)
{
	if (aplic.idc[cpu])
		aplic_source_on(irq, flags,
				APLIC_HART(riscv_hart_index(cpus[cpu].hwid)) | PRIORITY);
}

/* CLAIMI claims and completes the highest pending source; 0: none is pending. */
static void handle(void)
{
	volatile u8 *idc = aplic.idc[this_cpu()->nr];
	u32 irq;

	while (idc && (irq = mmio_read32(idc + CLAIMI) >> 16))
		irq_dispatch(irq);
}

static const char *const compatible[] = { "riscv,aplic", NULL };

static const struct irqchip chip = {
	.compatible = compatible,
	.name = "APLIC",
	.probe = probe,
	.cpu_init = cpu_init,
	.enable = enable,
	.disable = aplic_source_off,
	.handle = handle,
	.ipi = arch_firmware_ipi,
	.decode = aplic_decode,
};
IRQCHIP(aplic, chip);
