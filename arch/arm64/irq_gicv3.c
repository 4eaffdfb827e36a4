/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/irq_gicv3.c - Arm Generic Interrupt Controller v3 and v4 (Arm IHI 0069): distributor
 * and redistributors by MMIO, the CPU interface by system registers.
 *
 * Non-secure group 1 throughout, affinity routing on, SGI 0 between CPUs, EOImode 0.  LPIs and
 * extended ranges are not used.
 *
 * Unshown (isb dsb): the GIC of this machine acts at once, in program order. IHI 0069 guarantees
 * that only after ISB or DSB.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/irq/gic.h>
#include <drivers/irq/redist.h>
#include <errata.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <sgi.h>
#include <sysreg.h>

enum { /* distributor; the redistributor's SGI frame repeats those below 0x1000 */
       GICD_CTLR = 0x0000,
       GICD_TYPER = 0x0004,
       GIC_IGROUPR = 0x0080,
       GIC_ISENABLER = 0x0100,
       GIC_ICENABLER = 0x0180,
       GIC_ICPENDR = 0x0280,
       GIC_ICACTIVER = 0x0380,
       GIC_IPRIORITYR = 0x0400,
       GIC_ICFGR = 0x0c00,
       GICD_IROUTER = 0x6000,
};
enum { GICR_CTLR = 0x0000, GICR_WAKER = 0x0014, GICR_SGI_FRAME = 0x10000 };

/* ARE_NS, EnableGrp1A, EnableGrp1; with one security state the same bits are ARE and both groups */
#define GICD_CTLR_ON 0x13u
#define GICD_CTLR_ARE BIT(4)
#define GICD_CTLR_RWP BIT(31)
#define GICR_CTLR_RWP BIT(3)
#define WAKER_SLEEP 2u
#define WAKER_ASLEEP 4u
#define POLLS_MAX 1000000u

#define ICC_PMR_EL1 S3_0_C4_C6_0
#define ICC_AP1R0_EL1 S3_0_C12_C9_0
#define ICC_AP1R1_EL1 S3_0_C12_C9_1
#define ICC_AP1R2_EL1 S3_0_C12_C9_2
#define ICC_AP1R3_EL1 S3_0_C12_C9_3
#define ICC_IAR1_EL1 S3_0_C12_C12_0
#define ICC_EOIR1_EL1 S3_0_C12_C12_1
#define ICC_BPR1_EL1 S3_0_C12_C12_3
#define ICC_CTLR_EL1 S3_0_C12_C12_4
#define ICC_SRE_EL1 S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_SGI1R_EL1 S3_0_C12_C11_5

static volatile u8 *dist;
static volatile u8 *regions[DEVICE_REGS];
static u64 region_len[DEVICE_REGS], stride;
static unsigned regions_nr, irqs_nr;
static volatile u8 *redist[CPUS_MAX];
static u32 acked[CPUS_MAX]; /* acknowledged and not yet ended; 0: none, as that is an SGI */

/* Bounded: a controller that never answers does not hang the kernel, which prints a line. */
static void wait_clear(const volatile u8 *reg, u32 bit, const char *name)
{
	for (unsigned i = 0; i < POLLS_MAX; i++) {
		if (!(mmio_read32(reg) & bit))
			return;
		arch_relax();
	}
	kprintf("irq: GICv3: %s is still 1 after %u reads by CPU %u: interrupts may be lost\n",
		name, POLLS_MAX, this_cpu()->nr);
}

static void wait_distributor(void)
{
	wait_clear(dist + GICD_CTLR, GICD_CTLR_RWP, "GICD_CTLR.RWP");
}

static void wait_redistributor(const volatile u8 *rd)
{
	wait_clear(rd + GICR_CTLR, GICR_CTLR_RWP, "GICR_CTLR.RWP");
}

static bool enable_sysregs(void)
{
	SYSREG_WRITE(ICC_SRE_EL1, SYSREG_READ(ICC_SRE_EL1) | 1);
	isb(); /* SRE before it is read back, and before the other ICC registers exist */
	return SYSREG_READ(ICC_SRE_EL1) & 1;
}

static void distributor_init(void)
{
	irqs_nr = ((mmio_read32(dist + GICD_TYPER) & 31) + 1) * 32;
	if (irqs_nr > GIC_SPI_END)
		irqs_nr = GIC_SPI_END;
	/* groups off; keep ARE_NS: a change from 1 to 0 is UNPREDICTABLE (IHI 0069, GICD_CTLR) */
	mmio_write32(dist + GICD_CTLR, mmio_read32(dist + GICD_CTLR) & GICD_CTLR_ARE);
	wait_distributor();
	for (unsigned irq = 32; irq < irqs_nr; irq += 32) {
		mmio_write32(dist + GIC_ICENABLER + irq / 8, ~0u);
		mmio_write32(dist + GIC_ICPENDR + irq / 8, ~0u);
		mmio_write32(dist + GIC_ICACTIVER + irq / 8, ~0u);
		mmio_write32(dist + GIC_IGROUPR + irq / 8, ~0u);
	}
	for (unsigned irq = 32; irq < irqs_nr; irq += 4)
		mmio_write32(dist + GIC_IPRIORITYR + irq, GIC_PRIORITY_X4);
	wait_distributor();
	mmio_write32(dist + GICD_CTLR, GICD_CTLR_ON);
	wait_distributor();
}

static int probe(struct device *d)
{
	if (d->nr_regs < 2 || !d->regs[0] || !d->regs[1] ||
	    !id_field(SYSREG_READ(id_aa64pfr0_el1), 24) || !enable_sysregs())
		return -ENODEV;
	dist = (volatile u8 *)d->regs[0];
	stride = redist_stride(d->fdt, d->node);
	regions_nr = redist_regions(d->fdt, d->node, d->nr_regs);
	for (unsigned i = 0; i < regions_nr; i++) {
		regions[i] = (volatile u8 *)d->regs[i + 1];
		region_len[i] = d->regs[i + 1] ? d->len[i + 1] : 0;
	}
	distributor_init();
	return 0;
}

static volatile u8 *find_redist(void)
{
	u64 hwid = arch_cpu_hwid();
	u32 affinity = (u32)(hwid >> 32) << 24 | (u32)(hwid & 0xffffff);
	volatile u8 *r = NULL;

	for (unsigned i = 0; i < regions_nr && !r; i++)
		r = redist_find(regions[i], region_len[i], stride, affinity);
	return r;
}

static void redist_init(volatile u8 *rd)
{
	volatile u8 *sgi = rd + GICR_SGI_FRAME;

	mmio_write32(rd + GICR_WAKER, mmio_read32(rd + GICR_WAKER) & ~WAKER_SLEEP);
	wait_clear(rd + GICR_WAKER, WAKER_ASLEEP, "GICR_WAKER.ChildrenAsleep");
	mmio_write32(sgi + GIC_ICENABLER, ~0u);
	wait_redistributor(rd);
	mmio_write32(sgi + GIC_IGROUPR, ~0u);
	mmio_write32(sgi + GIC_ICPENDR, 0xffff0000);
	mmio_write32(sgi + GIC_ICACTIVER, ~0u);
	for (unsigned irq = 0; irq < 32; irq += 4)
		mmio_write32(sgi + GIC_IPRIORITYR + irq, GIC_PRIORITY_X4);
	mmio_write32(sgi + GIC_ISENABLER, 0x0000ffff); /* SGIs */
}

/*
 * Clear priorities that earlier software left active: they would mask all interrupts of the kernel
 * for ever.  The number of registers depends on the bits of a priority (IHI 0069, ICC_AP1R<n>_EL1).
 */
static void clear_active_priorities(void)
{
	unsigned bits = (SYSREG_READ(ICC_CTLR_EL1) >> 8 & 7) + 1; /* PRIbits */

	if (bits > 6) {
		SYSREG_WRITE(ICC_AP1R3_EL1, 0);
		SYSREG_WRITE(ICC_AP1R2_EL1, 0);
	}
	if (bits > 5)
		SYSREG_WRITE(ICC_AP1R1_EL1, 0);
	SYSREG_WRITE(ICC_AP1R0_EL1, 0);
	isb(); /* before the interface opens */
}

static void cpu_init(void)
{
	unsigned nr = this_cpu()->nr;

	redist[nr] = find_redist();
	if (!redist[nr]) {
		kprintf("irq: GICv3: no redistributor for CPU %u: it takes no interrupts\n", nr);
		return;
	}
	redist_init(redist[nr]);
	enable_sysregs();
	clear_active_priorities();
	SYSREG_WRITE(ICC_PMR_EL1, 0xf0);
	SYSREG_WRITE(ICC_BPR1_EL1, 0);
	SYSREG_WRITE(ICC_CTLR_EL1, 0); /* EOImode 0 */
	SYSREG_WRITE(ICC_IGRPEN1_EL1, 1);
	isb(); /* the interface is open before this CPU unmasks */
}

static u64 route_to(u64 hwid)
{
	return hwid & 0xff00fffffful; /* IROUTER has MPIDR's layout */
}

static void enable(u32 irq, u32 flags, unsigned cpu)
{
	volatile u8 *base = irq < 32 ? redist[cpu] : dist;

	if (!base || irq >= irqs_nr)
		return;
	if (irq < 32)
		base += GICR_SGI_FRAME;
	mmio_write32(base + GIC_ICENABLER + irq / 32 * 4, 1u << irq % 32);
	if (irq < 32)
		wait_redistributor(redist[cpu]);
	else
		wait_distributor();
	gic_set_trigger(base + GIC_ICFGR, irq, flags); /* only while it is disabled */
	if (irq >= 32)
		mmio_write64(dist + GICD_IROUTER + irq * 8, route_to(cpus[cpu].hwid));
	mmio_write32(base + GIC_ISENABLER + irq / 32 * 4, 1u << irq % 32);
}

static void disable(u32 irq)
{
	volatile u8 *rd = redist[this_cpu()->nr];

	if (irq < 32 && rd)
		mmio_write32(rd + GICR_SGI_FRAME + GIC_ICENABLER, 1u << irq);
	else if (irq >= 32 && irq < irqs_nr)
		mmio_write32(dist + GIC_ICENABLER + irq / 32 * 4, 1u << irq % 32);
}

static void end_of(u32 irq)
{
	SYSREG_WRITE(ICC_EOIR1_EL1, irq);
	isb(); /* deactivated before the next acknowledge */
}

/*
 * The workaround of lost-acknowledge: no other access may be in flight around the read, and its
 * result is valid only if the priority of an interrupt became active.  These GICs have five bits of
 * priority, so one register shows that.
 */
static u32 acknowledge_checked(void)
{
	u64 active = SYSREG_READ(ICC_AP1R0_EL1), irq;

	__asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop\n\t"
			 "mrs %0, " SYSREG_TEXT(ICC_IAR1_EL1) "\n\t"
							      "nop; nop; nop; nop\n\t"
							      "dsb sy" /* as below */
			 : "=r"(irq)
			 :
			 : "memory");
	return SYSREG_READ(ICC_AP1R0_EL1) == active ? GIC_NOTHING : (u32)irq;
}

static u32 acknowledge(void)
{
	u32 irq;

	if (errata_lost_acknowledge())
		return acknowledge_checked();
	irq = (u32)SYSREG_READ(ICC_IAR1_EL1);

	/* the acknowledge takes effect before anything the handler does (IHI 0069, 4.1.1) */
	__asm__ volatile("dsb sy" ::: "memory");
	return irq;
}

static const struct gic_cpu gic = { acknowledge, end_of, 0xffffff, acked };

static void quiesce(void)
{
	gic_quiesce(&gic);
}

static void handle(void)
{
	gic_handle(&gic);
}

static void ipi(cpumask_t cpus_mask)
{
	for (unsigned n = 0; cpus_mask; cpus_mask >>= 1, n++)
		if (cpus_mask & 1)
			SYSREG_WRITE(ICC_SGI1R_EL1, gicv3_sgi(cpus[n].hwid, 0));
	isb(); /* the interrupts are sent before this CPU sleeps */
}

static const char *const compatible[] = { "arm,gic-v3", NULL };

static const struct irqchip chip = {
	.compatible = compatible,
	.name = "GICv3",
	.probe = probe,
	.cpu_init = cpu_init,
	.enable = enable,
	.disable = disable,
	.handle = handle,
	.ipi = ipi,
	.quiesce = quiesce,
	.decode = gic_decode,
};
IRQCHIP(gicv3, chip);
