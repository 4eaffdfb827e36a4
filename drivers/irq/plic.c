/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/plic.c - RISC-V platform-level interrupt controller (PLIC specification 1.0).
 *
 * Each pair of hart and mode is a context, numbered by its position in interrupts-extended.  The
 * context of a hart is the entry with interrupt 9 (supervisor external) of its local controller. It
 * cannot be computed: a hart may have a context for machine mode only (SiFive's hart 0), or none.
 * Other contexts, including those of firmware, are not accessed.  A PLIC has no IPIs: firmware
 * sends them (SBI IPI).
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/riscv_intc.h>
#include <kern/emulator.h>
#include <kern/log.h>
#include <kern/probe.h>
#include <libfdt.h>

#define PRIORITY(irq) (4ul * (irq))
#define ENABLE(ctx, irq) (0x2000ul + 0x80 * (ctx) + (irq) / 32 * 4)
#define THRESHOLD(ctx) (0x200000ul + 0x1000 * (ctx))
#define CLAIM(ctx) (THRESHOLD(ctx) + 4)
#define SOURCES_MAX 1024

/* The PLIC in use.  Only CPU n writes cpu[n]; others read `served`. */
static struct {
	volatile u8 *regs;
	u64 len;
	u32 sources; /* numbers 1 .. sources */
	bool no_irq; /* harts do not receive its interrupts: devices are polled */
	struct {
		u32 ctx;
		bool served; /* its context is known and initialised */
		u32 claimed; /* claimed and not completed */
	} cpu[CPUS_MAX];
} plic;

static u32 rd(u64 at)
{
	return mmio_read32(plic.regs + at);
}

static void wr(u64 at, u32 v)
{
	mmio_write32(plic.regs + at, v);
}

/* The context of a hart, if its registers are mapped. */
static bool context_of(u64 hwid, u32 *ctx)
{
	*ctx = riscv_hart_index(hwid);
	return *ctx != RISCV_NO_HART && CLAIM(*ctx) + 4 <= plic.len;
}

static const char *const compatible[] = { "riscv,plic0", "sifive,plic-1.0.0",
					  "andestech,nceplic100", NULL };
static const char *const compatible_thead[] = { "thead,c900-plic", NULL };

/* QEMU 7.2 connects the supervisor contexts of the first socket's PLIC only: an interrupt of
 * another socket's PLIC is pending and enabled, but its hart never receives it. */
static bool is_unconnected(const struct device *d)
{
	int first = fdt_next_compatible(d->fdt, -1, compatible);

	return emulated_board() && fdt_next_compatible(d->fdt, first, compatible) >= 0 &&
	       riscv_hart_index(0) == RISCV_NO_HART;
}

/* With one PLIC per socket the PLIC of the boot hart is used; devices of the others are polled at
 * the tick. */
static int probe(struct device *d)
{
	u32 ctx;

	if (!d->regs[0])
		return -ENODEV;
	plic.regs = (volatile u8 *)d->regs[0];
	plic.len = d->len[0];
	plic.sources = fdt_u32(d->fdt, d->node, "riscv,ndev", 0);
	if (plic.sources >= SOURCES_MAX)
		plic.sources = SOURCES_MAX - 1;
	riscv_harts_find(d->fdt, d->node);
	plic.no_irq = is_unconnected(d);
	return plic.sources && context_of(this_cpu()->hwid, &ctx) ? 0 : -ENODEV;
}

/* On T-Head's C9xx, M-mode enables S-mode access to the registers by a bit of PLIC_CTRL; unless
 * firmware has set it, an access faults. */
static int probe_thead(struct device *d)
{
	int err = probe(d);
	u32 ctx, v;

	if (err || !context_of(this_cpu()->hwid, &ctx) ||
	    !probe_load32(ptr_va((const void *)(uintptr_t)(plic.regs + THRESHOLD(ctx))), &v))
		return err;
	kprintf("irq: PLIC: firmware has not enabled S-mode access to its registers\n");
	return -ENODEV;
}

/* Firmware may have left sources enabled: disable all of them in this context. */
static void cpu_init(void)
{
	struct cpu *cpu = this_cpu();
	u32 ctx;

	if (!context_of(cpu->hwid, &ctx))
		return;
	for (u32 irq = 0; irq <= plic.sources; irq += 32)
		wr(ENABLE(ctx, irq), 0);
	wr(THRESHOLD(ctx), 0);
	plic.cpu[cpu->nr].ctx = ctx;
	plic.cpu[cpu->nr].served = true;
}

/*
 * Read-modify-write without a lock: only the boot CPU calls it, which receives all device
 * interrupts.
 */
static void set_enable(unsigned cpu, u32 irq, bool on)
{
	u64 at = ENABLE(plic.cpu[cpu].ctx, irq);
	u32 bit = 1u << irq % 32;

	wr(at, on ? rd(at) | bit : rd(at) & ~bit);
}

/* All sources have priority 1; the threshold is 0. */
static void enable(u32 irq, u32 flags, unsigned cpu)
{
	(void)flags; /* trigger types are fixed in hardware */
	if (!irq || irq > plic.sources || !plic.cpu[cpu].served)
		return;
	wr(PRIORITY(irq), 1);
	set_enable(cpu, irq, true);
}

/* Complete the claimed interrupt, so that the gateway may forward the next one. */
static void quiesce(void)
{
	unsigned nr = this_cpu()->nr;

	if (plic.cpu[nr].claimed)
		wr(CLAIM(plic.cpu[nr].ctx), plic.cpu[nr].claimed);
	plic.cpu[nr].claimed = 0;
}

/* In its own handler the interrupt is completed before its source is disabled: the PLIC ignores the
 * completion of a source that is not enabled (PLIC specification, "Interrupt Completion"), and the
 * gateway would never forward another interrupt. */
static void disable(u32 irq)
{
	if (!irq || irq > plic.sources)
		return;
	wr(PRIORITY(irq), 0); /* 0 = never interrupts any context */
	if (plic.cpu[this_cpu()->nr].claimed == irq)
		quiesce();
	for (unsigned i = 0; i < cpus_nr; i++)
		if (plic.cpu[i].served)
			set_enable(i, irq, false);
}

/* Claim and complete until no source is pending for this context. */
static void handle(void)
{
	unsigned nr = this_cpu()->nr;
	u64 claim = CLAIM(plic.cpu[nr].ctx);

	while (plic.cpu[nr].served && (plic.cpu[nr].claimed = rd(claim))) {
		irq_dispatch(plic.cpu[nr].claimed);
		quiesce();
	}
}

static u32 decode(const void *cells, int nr_cells, u32 *flags)
{
	*flags = 0;
	return nr_cells >= 1 && !plic.no_irq ? fdt32_ld(cells) : ~0u;
}

#define PLIC(what)                                                                                 \
	static const struct irqchip chip##what = {                                                 \
		.compatible = compatible##what,                                                    \
		.name = "PLIC",                                                                    \
		.probe = probe##what,                                                              \
		.cpu_init = cpu_init,                                                              \
		.enable = enable,                                                                  \
		.disable = disable,                                                                \
		.handle = handle,                                                                  \
		.ipi = arch_firmware_ipi,                                                          \
		.quiesce = quiesce,                                                                \
		.decode = decode,                                                                  \
	};                                                                                         \
	IRQCHIP(plic##what, chip##what)

PLIC();
PLIC(_thead);
