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
#include <kern/cpu.h>
#include <libfdt.h>

#define PRIORITY(irq) (4ull * (irq))
#define ENABLE(ctx, irq) (0x2000ull + 0x80 * (ctx) + (irq) / 32 * 4)
#define THRESHOLD(ctx) (0x200000ull + 0x1000 * (ctx))
#define CLAIM(ctx) (THRESHOLD(ctx) + 4)
#define SOURCES_MAX 1024
#define CONTEXTS_MAX 15872

#define SUPERVISOR_EXTERNAL 9
#define SBI_IPI 0x735049ull

static struct {
	volatile u8 *regs;
	u64 len;
	u32 sources; /* numbers 1 .. sources */
	struct {
		u64 hwid;
		u32 ctx;
	} harts[64];
	unsigned harts_nr;
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

/* The hart whose interrupt controller has this phandle; false when it is not a CPU's. */
static bool hart_of(const void *fdt, u32 phandle, u64 *hwid)
{
	int node = fdt_node_offset_by_phandle(fdt, phandle), cpu, len;
	const fdt32_t *reg;

	if (node < 0 || (cpu = fdt_parent_offset(fdt, node)) < 0)
		return false;
	reg = fdt_getprop(fdt, cpu, "reg", &len);
	if (!reg || len < 4)
		return false;
	*hwid = len >= 8 ? fdt64_ld((const fdt64_t *)(const void *)reg) : fdt32_ld(reg);
	return true;
}

static void find_contexts(const void *fdt, int node)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, "interrupts-extended", &len);
	u64 hwid;

	for (u32 ctx = 0; p && len >= 8 && ctx < CONTEXTS_MAX; ctx++, p += 2, len -= 8) {
		if (fdt32_ld(p + 1) != SUPERVISOR_EXTERNAL ||
		    plic.harts_nr == ARRAY_SIZE(plic.harts))
			continue;
		if (CLAIM(ctx) + 4 > plic.len || !hart_of(fdt, fdt32_ld(p), &hwid))
			continue;
		plic.harts[plic.harts_nr].hwid = hwid;
		plic.harts[plic.harts_nr++].ctx = ctx;
	}
}

static u32 context_of(u64 hwid)
{
	for (unsigned i = 0; i < plic.harts_nr; i++)
		if (plic.harts[i].hwid == hwid)
			return plic.harts[i].ctx;
	return 0;
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
	plic.harts_nr = 0;
	find_contexts(d->fdt, d->node);
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

/* One call a hart: ids are sparse, and a mask of one needs no window. */
static void ipi(cpumask_t cpus_wanted)
{
	for (unsigned i = 0; i < cpus_nr; i++)
		if (cpus_wanted & cpu_bit(i))
			arch_firmware_call(FW_SBI, SBI_IPI, 0, 1, cpus[i].hwid, 0, 0);
}

static u32 decode(const void *cells, int nr_cells, u32 *flags)
{
	*flags = 0;
	return nr_cells >= 1 ? fdt32_ld(cells) : ~0u;
}

static const char *const compatible[] = { "riscv,plic0", "sifive,plic-1.0.0", NULL };

static const struct irqchip chip = {
	.compatible = compatible,
	.name = "PLIC",
	.probe = probe,
	.cpu_init = cpu_init,
	.enable = enable,
	.disable = disable,
	.handle = handle,
	.ipi = ipi,
	.quiesce = quiesce,
	.decode = decode,
};
IRQCHIP(plic, chip);
