// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/irq/plic.c - RISC-V platform-level interrupt controller (PLIC specification 1.0).
 *
 * Every (hart, mode) is a context, numbered by its place in interrupts-extended; ours is the entry
 * with interrupt 9 (supervisor external) of this hart's own controller node.  Interrupts between
 * harts are firmware's (SBI IPI): a PLIC has none.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/fdt/fdt.h>
#include <drivers/irq/riscv.h>
#include <libfdt.h>

#define PRIORITY(irq) (4ull * (irq))
#define ENABLE(ctx, irq) (0x2000ull + 0x80 * (ctx) + (irq) / 32 * 4)
#define THRESHOLD(ctx) (0x200000ull + 0x1000 * (ctx))
#define CLAIM(ctx) (THRESHOLD(ctx) + 4)
#define SOURCES_MAX 1024

static struct {
	volatile u8 *regs;
	u64 len;
	u32 sources;           /* numbers 1 .. sources */
	bool deaf;             /* nothing of it arrives: what hangs on it is polled */
	u32 in_hand[CPUS_MAX]; /* claimed and not completed */
	u32 ctx[CPUS_MAX];     /* by CPU number, 0 before cpu_init: context 0 is never S-mode */
} plic;

static u32 rd(u64 at)
{
	return mmio_read32(plic.regs + at);
}

static void wr(u64 at, u32 v)
{
	mmio_write32(plic.regs + at, v);
}

/* Context 0 is never supervisor mode: none. */
static u32 context_of(u64 hwid)
{
	u32 ctx = riscv_hart_index(hwid);

	return ctx == RISCV_NO_HART || CLAIM(ctx) + 4 > plic.len ? 0 : ctx;
}

static const char *const compatible[] = { "riscv,plic0", "sifive,plic-1.0.0", NULL };

/* QEMU 7.2 connects the supervisor's contexts of the first socket's PLIC only: one of another
 * socket has an interrupt pending and enabled, and its hart never hears of it. */
static bool is_deaf(const struct device *d)
{
	int first = fdt_next_compatible(d->fdt, -1, compatible);

	return arch_emulated() && fdt_next_compatible(d->fdt, first, compatible) >= 0 &&
	       riscv_hart_index(0) == RISCV_NO_HART;
}

/* With one PLIC a socket, the boot hart's is taken; the others' devices are polled at the tick. */
static int probe(struct device *d)
{
	int len;
	const fdt32_t *p = fdt_getprop(d->fdt, d->node, "riscv,ndev", &len);

	if (!d->regs[0])
		return -ENODEV;
	plic.regs = (volatile u8 *)d->regs[0];
	plic.len = d->len[0];
	plic.sources = p && len >= 4 ? fdt32_ld(p) : 0;
	if (plic.sources >= SOURCES_MAX)
		plic.sources = SOURCES_MAX - 1;
	riscv_harts_find(d->fdt, d->node);
	plic.deaf = is_deaf(d);
	return plic.sources && context_of(this_cpu()->hwid) ? 0 : -ENODEV;
}

/* Firmware may have left anything behind: this context takes nothing until it is asked to. */
static void cpu_init(void)
{
	struct cpu *cpu = this_cpu();

	plic.ctx[cpu->nr] = context_of(cpu->hwid);
	if (!plic.ctx[cpu->nr])
		return;
	for (u32 irq = 0; irq <= plic.sources; irq += 32)
		wr(ENABLE(plic.ctx[cpu->nr], irq), 0);
	wr(THRESHOLD(plic.ctx[cpu->nr]), 0);
}

static void enable(u32 irq, u32 flags, unsigned cpu)
{
	u64 at = ENABLE(plic.ctx[cpu], irq);

	(void)flags; /* trigger types are wired */
	if (!irq || irq > plic.sources || !plic.ctx[cpu])
		return;
	wr(PRIORITY(irq), 1);
	wr(at, rd(at) | 1u << irq % 32);
}

/* Complete: the gateway may forward the next one. */
static void quiesce(void)
{
	unsigned nr = this_cpu()->nr;

	if (plic.in_hand[nr])
		wr(CLAIM(plic.ctx[nr]), plic.in_hand[nr]);
	plic.in_hand[nr] = 0;
}

/* In its own handler it is completed first: the completion of a source that is not enabled is
 * ignored (PLIC specification, 9), and its gateway would never forward another. */
static void disable(u32 irq)
{
	if (!irq || irq > plic.sources)
		return;
	wr(PRIORITY(irq), 0); /* 0 = never interrupts, in any context */
	if (plic.in_hand[this_cpu()->nr] == irq)
		quiesce();
	for (unsigned i = 0; i < cpus_nr; i++)
		if (plic.ctx[i])
			wr(ENABLE(plic.ctx[i], irq),
			   rd(ENABLE(plic.ctx[i], irq)) & ~(1u << irq % 32));
}

static void handle(void)
{
	unsigned nr = this_cpu()->nr;
	u32 ctx = plic.ctx[nr];

	while (ctx && (plic.in_hand[nr] = rd(CLAIM(ctx)))) {
		irq_dispatch(plic.in_hand[nr]);
		quiesce();
	}
}

static u32 decode(const void *cells, int nr_cells, u32 *flags)
{
	*flags = 0;
	return nr_cells >= 1 && !plic.deaf ? fdt32_ld(cells) : ~0u;
}

static const struct irqchip chip = {
	.compatible = compatible,
	.name = "PLIC",
	.probe = probe,
	.cpu_init = cpu_init,
	.enable = enable,
	.disable = disable,
	.handle = handle,
	.ipi = riscv_ipi,
	.quiesce = quiesce,
	.decode = decode,
};
IRQCHIP(plic, chip);
