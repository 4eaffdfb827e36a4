/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/gicv3/main.c - arch/arm64/irq_gicv3.c on a GICv3 with the slowest permitted behaviour
 * (model.h): the final enables, the routes of interrupts, and every function of the driver has
 * taken effect when it returns.
 */
#include "model.h"
#include <arch_inline.h>
#include <drivers/device.h>
#include <errata.h>
#include <fakes/log.h>
#include <kern/log.h>
#include <libfdt.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

REG_DECLARE(irqchips, struct irqchip);

unsigned cpus_nr = MODEL_CPUS;
static u64 tree[256];
static bool lost, crashes;
static jmp_buf out;

static const struct machine machines[] = {
	{ 96, 5, false, false, 0, 2, { 0, 0x100, 0x8100020305 }, { 0, 0, 1 }, { 0, 1, 0 } },
	{ 1024, 7, true, true, 0, 2, { 0, 0x10000, 0x11 }, { 0, 1, 1 }, { 0, 0, 1 } },
	{ 64, 6, false, true, 0, 2, { 1, 2, 3 }, { 1, 1, 0 }, { 1, 0, 0 } },
	{ 992, 5, true, false, 0x30000, 1, { 3, 2, 1 }, { 0, 0, 0 }, { 1, 0, 2 } },
};

static const struct irqchip *chip(void)
{
	return __start_reg_irqchips[0];
}

u64 arch_cpu_hwid(void)
{
	return host_cpu->hwid;
}

bool errata_lost_acknowledge(void)
{
	return lost;
}

static u32 handled[8];
static unsigned handled_nr;

static void note(u32 irq)
{
	if (!model.barrier)
		complain("a handler runs before the acknowledge is complete");
	handled[handled_nr++ % ARRAY_SIZE(handled)] = irq;
}

/* The SGI is ended before the handler runs, so that a later request raises it again. */
void ipi_handle(void)
{
	WANT(model.ended == model.acknowledged && !model.unsynced);
	note(0);
}

void irq_dispatch(u32 irq)
{
	WANT(model.ended + 1 == model.acknowledged);
	note(irq);
	if (crashes)
		longjmp(out, 1);
}

static void in_effect(void)
{
	if (model.unsynced)
		complain("the driver returns with a write that no ISB follows");
}

/* ---- a machine is set up ---- */
static void boot(const struct machine *m)
{
	struct device d = { .fdt = tree, .node = 0, .nr_regs = 1 + MODEL_REGIONS };

	fdt_create(tree, sizeof(tree));
	fdt_finish_reservemap((void *)tree);
	fdt_begin_node(tree, "");
	fdt_property_u32(tree, "#redistributor-regions", m->regions);
	if (m->stride)
		fdt_property_u64(tree, "redistributor-stride", m->stride);
	fdt_end_node(tree);
	fdt_finish(tree);
	model_begin(m);
	for (unsigned i = 0; i < MODEL_CPUS; i++)
		cpus[i] = (struct cpu) { .nr = i, .hwid = m->hwid[i] };
	d.regs[0] = model_distributor;
	for (unsigned i = 0; i < MODEL_REGIONS; i++) {
		d.regs[1 + i] = model_region[i];
		d.len[1 + i] = REGION_FRAMES;
	}
	WANT(!chip()->probe(&d));
	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		host_cpu = &cpus[i];
		chip()->cpu_init();
		in_effect();
	}
	host_cpu = &cpus[0];
}

static void lines_ready(const struct model_lines *l, unsigned first, unsigned end, unsigned sgis)
{
	for (unsigned i = first; i < end && i < 1020; i++) {
		WANT(l->enabled[i] == (i < sgis) && l->forwarded[i] == (i < sgis));
		WANT(l->group[i] && !l->active[i] && l->priority[i] == 0xa0);
		WANT(i < 16 || !l->pending[i]);
	}
}

static void set_up(const struct machine *m)
{
	boot(m);
	WANT(!fake_lines);
	WANT(model.groups_in_force == 3 && model.are_in_force && !model.spi.busy);
	lines_ready(&model.spi, 32, m->lines, 0);
	for (unsigned i = 0; i < MODEL_CPUS; i++) {
		const struct model_cpu *c = &model.cpu[i];

		lines_ready(&c->own, 0, 32, 16);
		WANT(c->pmr == 0xf0 && !c->bpr && !c->ctlr && c->enabled == 1 && c->sre == 7);
		for (unsigned n = 0; n < (m->pribits < 6 ? 1 : m->pribits < 7 ? 2 : 4); n++)
			WANT(!c->ap[n]);
	}
}

/* ---- wires ---- */
static void wire(const struct machine *m, u32 irq, unsigned cpu, u32 flags, bool edge)
{
	const struct model_lines *l = irq < 32 ? &model.cpu[cpu].own : &model.spi;

	for (unsigned again = 0; again < 3; again++) {
		host_cpu = &cpus[cpu];
		chip()->enable(irq, again == 1 ? (flags & 12 ? 1 : 4) : flags, cpu);
		in_effect();
		if (again == 1)
			continue;
		WANT(l->enabled[irq] && l->forwarded[irq] && l->edge[irq] == edge);
		if (irq >= 32)
			WANT(model.route[irq] == (cpus[cpu].hwid & 0xff00fffffful));
	}
	WANT(irq == 32 || !l->enabled[irq - 1]);
	WANT(irq == 31 || irq == MODEL_LINES - 1 || !l->enabled[irq + 1] || irq + 1 == m->lines);
	chip()->disable(irq);
	WANT(!l->enabled[irq]);
	host_cpu = &cpus[0];
}

static void wires(const struct machine *m)
{
	for (unsigned cpu = 0; cpu < MODEL_CPUS; cpu++) {
		wire(m, 27, cpu, 4, false);
		wire(m, 31, cpu, 1, true);
		wire(m, 32, cpu, 4, false);
		wire(m, 33, cpu, 2, true);
		wire(m, 33, cpu, 8, false);
		wire(m, min_u32(m->lines, 1020) - 1, cpu, 1, true);
	}
}

/* Interrupts that the distributor does not implement are not accessed; 1020 to 1023 are special
 * INTIDs (2.2.1). */
static void no_wires(const struct machine *m)
{
	unsigned before = model.accesses, none = min_u32(m->lines, 1020);

	chip()->enable(none, 4, 0);
	chip()->disable(none);
	chip()->enable(1023, 4, 0);
	chip()->disable(1023);
	WANT(model.accesses == before);
}

/* ---- interrupts between CPUs: ICC_SGI1R_EL1 ---- */
static u64 sgi_to(u64 hwid)
{
	u64 aff0 = hwid & 255, aff1 = hwid >> 8 & 255, aff2 = hwid >> 16 & 255, aff3 = hwid >> 32;

	return aff3 << 48 | aff0 / 16 << 44 | aff2 << 32 | aff1 << 16 | 1ul << aff0 % 16;
}

static void messages(void)
{
	for (cpumask_t to = 0; to < 1u << MODEL_CPUS; to++) {
		unsigned sent = 0;

		model.sgis = 0;
		chip()->ipi(to);
		in_effect();
		for (unsigned i = 0; i < MODEL_CPUS; i++)
			if (to >> i & 1)
				WANT(model.sgi[sent++] == sgi_to(cpus[i].hwid));
		WANT(model.sgis == sent);
	}
}

/* ---- acknowledge and end of interrupts ---- */
static void taken(void)
{
	static const u32 pending[] = { 40, ~0u, 27, 41 }, order[] = { 40, 0, 27, 41 };

	memset(model.acknowledge, 0, sizeof(model.acknowledge));
	memcpy(model.acknowledge, pending, sizeof(pending));
	model.acknowledged = model.ended = handled_nr = 0;
	chip()->handle();
	in_effect();
	WANT(handled_nr == ARRAY_SIZE(order) && !memcmp(handled, order, sizeof(order)));
	WANT(model.ended == ARRAY_SIZE(order) && !memcmp(model.end, order, sizeof(order)));
	chip()->quiesce();
	WANT(model.ended == ARRAY_SIZE(order));
	chip()->handle();
	WANT(handled_nr == ARRAY_SIZE(order) && model.ended == ARRAY_SIZE(order));
}

/* A handler crashes: its interrupt is ended before the CPU continues. */
static void crashed(void)
{
	memset(model.acknowledge, 0, sizeof(model.acknowledge));
	model.acknowledge[0] = 40;
	model.acknowledged = model.ended = handled_nr = 0;
	crashes = true;
	if (!setjmp(out))
		chip()->handle();
	crashes = false;
	WANT(handled_nr == 1 && !model.ended);
	chip()->quiesce();
	in_effect();
	WANT(model.ended == 1 && model.end[0] == 40);
	chip()->quiesce();
	WANT(model.ended == 1);
}

/* With the erratum a read that activates no priority has acknowledged no interrupt. */
static void nothing_taken(void)
{
	lost = true;
	model.acknowledged = model.ended = handled_nr = 0;
	chip()->handle();
	WANT(!handled_nr && !model.ended);
	lost = false;
}

/* ---- a CPU without a redistributor ---- */
static void alone(const struct machine *m)
{
	u64 hwid = cpus[1].hwid;
	unsigned before;

	boot(m);
	cpus[1].hwid = 0x55;
	host_cpu = &cpus[1];
	model.cpu[1].enabled = 0;
	fake_lines = 0;
	chip()->cpu_init();
	WANT(fake_lines == 1 && !model.cpu[1].enabled);
	before = model.accesses;
	chip()->enable(27, 4, 1);
	chip()->disable(27);
	chip()->enable(31, 4, 1); /* the last interrupt that does not belong to the distributor */
	chip()->disable(31);
	WANT(model.accesses == before);
	cpus[1].hwid = hwid;
	host_cpu = &cpus[0];
	fake_lines = 0;
}

/* ---- a controller whose changes never complete ---- */
static void says(void (*act)(const struct machine *), const struct machine *m, unsigned lines)
{
	fake_lines = 0;
	act(m);
	WANT(fake_lines == lines);
}

static void enable_one(const struct machine *m)
{
	chip()->enable(33, 4, 0);
}

static void enable_own(const struct machine *m)
{
	chip()->enable(27, 4, 0);
}

/* Each wait ends and prints a line: three for the distributor, two for each redistributor. */
static void stuck(const struct machine *m)
{
	model_stuck = true;
	says(boot, m, 3 + 2 * MODEL_CPUS);
	says(enable_one, m, 1);
	says(enable_own, m, 1);
	model_stuck = false;
	says(boot, m, 0);
}

/* The tree has fewer ranges than a distributor and one region, or a range cannot be mapped. */
static void refused(void)
{
	struct device d = { .fdt = tree, .node = 0, .nr_regs = 1 };

	d.regs[0] = model_distributor;
	d.regs[1] = model_region[0];
	d.len[1] = REGION_FRAMES;
	WANT(chip()->probe(&d) == -ENODEV);
	d.nr_regs = 2;
	d.regs[1] = NULL;
	WANT(chip()->probe(&d) == -ENODEV);
	d.regs[1] = model_region[0];
	d.regs[0] = NULL;
	WANT(chip()->probe(&d) == -ENODEV);
	d.regs[0] = model_distributor;
	WANT(!chip()->probe(&d));
}

int main(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(machines); i++) {
		set_up(&machines[i]);
		wires(&machines[i]);
		no_wires(&machines[i]);
		messages();
		taken();
		crashed();
		nothing_taken();
		alone(&machines[i]);
	}
	stuck(&machines[1]); /* ARE is in force: otherwise redistributors ignore writes */
	refused();
	printf("gicv3: %u not so\n", want_failed);
	return want_failed != 0;
}
