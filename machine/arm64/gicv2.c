/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/gicv2.c - GICv2 (IHI 0048): distributor and CPU interfaces by MMIO, for at most
 * eight CPUs.  No Security Extensions, 16 levels of priority; the kernel's interrupts are in group
 * 0, and group 1 is not modelled.
 *
 * Adverse behaviour (with irq=):
 *   - the number of a CPU interface is not that of the CPU (4.3.12: software reads it)
 *   - groups, enables, pending and active states, priorities, targets and active priorities are
 *     those of earlier software; the distributor is disabled when the kernel starts
 *   - GICC_IAR returns the spurious ID at times, though the wire to the CPU was high (3.2.3)
 *   - an SGI is banked by its sender: those of two CPUs are two interrupts, in any order (3.2.4)
 */
#include "gic.h"
#include <machine/random.h>

#define BYPASS 0x1e0u /* of GICC_CTLR: kept, and without effect here */

static u8 interface[WORST_CPUS]; /* the interface number of each CPU */
static struct {
	u32 bypass, last; /* last: the value of GICC_IAR that GICC_EOIR has not ended */
} held[WORST_CPUS];
unsigned gic_accessor;

/* ---- state of earlier software ---- */
static bool adverse(void)
{
	return knobs.adversary[ADV_IRQ];
}

static void randomize_bank(struct gic_bank *b)
{
	b->group = (u32)random_u64();
	b->enabled = (u32)random_u64();
	b->pending = (u32)random_u64();
	b->active = (u32)random_u64();
	for (unsigned i = 0; i < 32; i++)
		b->priority[i] = (u8)(random_u64() & 0xf0);
}

void gicv2_reset(void)
{
	for (unsigned i = 0; i < WORST_CPUS; i++)
		interface[i] = (u8)i;
	if (!adverse())
		return;
	for (unsigned i = GICV2_CPUS; i-- > 1;) {
		unsigned other = (unsigned)random_below(i + 1);
		u8 was = interface[i];

		interface[i] = interface[other];
		interface[other] = was;
	}
	for (unsigned n = 1; n < BANKS; n++)
		randomize_bank(&gic.shared[n]);
	for (unsigned i = PRIVATE; i < IDS; i++)
		gic.route[i] = random_below(256);
}

void gicv2_reset_cpu(unsigned cpu)
{
	struct gic_part *p = &gic.part[cpu];

	held[cpu].last = SPURIOUS;
	held[cpu].bypass = 0;
	if (!adverse())
		return;
	randomize_bank(&p->own);
	for (unsigned id = 0; id < SGIS; id++)
		p->from[id] = p->own.pending >> id & 1 ? (u8)(1u << random_below(cpus_nr)) : 0;
	p->enabled = random_below(2);
	p->mask = random_u64() & 0xf0;
	p->active_priorities = random_u64() & 0xffff;
	held[cpu].bypass = (u32)random_u64() & BYPASS;
}

bool gicv2_targets(unsigned cpu, unsigned id)
{
	return cpus_nr == 1 || (gic.route[id] >> interface[cpu] & 1);
}

/* ---- the distributor ---- */
enum { CTLR = 0, TYPER = 4, SGIR = 0xf00, SGI_UNPEND = 0xf10, SGI_PEND = 0xf20, PIDR2 = 0xfe8 };

/* GICD_ITARGETSR0 to 7 have the number of the interface that reads them; on a uniprocessor they are
 * zero (4.3.12). */
static u64 targets(unsigned cpu, u64 offset, unsigned bytes)
{
	u64 v = 0;

	for (unsigned i = 0; i < bytes && cpus_nr > 1; i++) {
		u64 id = offset + i - TARGETS;
		u64 one = id < PRIVATE ? 1u << interface[cpu] : gic.route[id];

		v |= one << 8 * i;
	}
	return v;
}

/* Only these are accessible by bytes (4.1.3). */
static bool width_allowed(u64 offset, unsigned bytes)
{
	return bytes == 4 || (bytes == 1 && (gic_in_lines(offset, PRIORITIES, 8) ||
					     gic_in_lines(offset, TARGETS, 8)));
}

static bool gicd_read(u64 offset, unsigned bytes, u64 *v)
{
	if (!width_allowed(offset, bytes))
		return false;
	if (offset == CTLR)
		*v = gic.control;
	else if (offset == TYPER)
		*v = (cpus_nr - 1) << 5 | (IDS / 32 - 1);
	else if (offset == PIDR2)
		*v = 0x2b;
	else if (gic_in_lines(offset, TARGETS, 8))
		*v = targets(gic_accessor, offset, bytes);
	else
		gic_read_lines(gic_accessor, offset, bytes, v);
	return true;
}

/* GICD_SGIR: a list of interfaces, all others, or the sender. */
static void send(unsigned cpu, u64 v)
{
	for (unsigned i = 0; i < cpus_nr; i++) {
		bool to[] = { v >> (16 + interface[i]) & 1, i != cpu, i == cpu, false };

		if (to[v >> 24 & 3])
			gic_send(i, v & 15, cpu, cpus[cpu].synced);
	}
}

static void set_targets(u64 offset, unsigned bytes, u64 v)
{
	for (unsigned i = 0; i < bytes; i++)
		if (offset + i - TARGETS >= PRIVATE)
			gic.route[offset + i - TARGETS] = v >> 8 * i & 255;
}

/* Stop for writes that are not modelled, and for a change of ICFGR of an enabled interrupt
 * (4.3.13). */
static void check_write(unsigned cpu, u64 offset, u64 v)
{
	u64 old = 0;
	unsigned n = (unsigned)(offset - CONFIGURATION) / 8;
	u32 half = offset & 4 ? 0xffff0000 : 0xffff;

	if (offset == CTLR && (v & 2))
		machine_stop("CPU %u: GICD_CTLR.EnableGrp1 is not modelled", cpu);
	if (offset == SGI_PEND || offset == SGI_UNPEND)
		machine_stop("CPU %u: GICD_%cPENDSGIR is not modelled", cpu,
			     offset == SGI_PEND ? 'S' : 'C');
	if (!gic_in_lines(offset, CONFIGURATION, 2) || offset == CONFIGURATION)
		return;
	gic_read_lines(cpu, offset, 4, &old);
	for (unsigned i = 0; i < 16; i++)
		if (((old ^ v) >> (2 * i + 1) & 1) &&
		    (gic_bank_at(cpu, n)->enabled & half) >> (i + (offset & 4 ? 16 : 0)) & 1)
			machine_stop("CPU %u: GICD_ICFGR of interrupt %u changes while it is "
				     "enabled: UNPREDICTABLE (IHI 0048, 4.3.13)",
				     cpu, 32 * n + i + (offset & 4 ? 16 : 0));
}

/* Pending bits of SGIs are read-only (4.3.7, 4.3.8). */
static u64 without_sgis(u64 offset, u64 v)
{
	return offset == BITS_PEND || offset == BITS_UNPEND ? v & ~0xfffful : v;
}

static bool gicd_write(u64 offset, unsigned bytes, u64 v)
{
	if (!width_allowed(offset, bytes))
		return false;
	check_write(gic_accessor, offset, v);
	if (offset == CTLR)
		gic.control = v & 1;
	else if (offset == SGIR)
		send(gic_accessor, v);
	else if (gic_in_lines(offset, TARGETS, 8))
		set_targets(offset, bytes, v);
	else
		gic_write_lines(gic_accessor, offset, bytes, without_sgis(offset, v));
	return true;
}

/* ---- the CPU interface ---- */
enum {
	C_CTLR = 0,
	C_PMR = 4,
	C_BPR = 8,
	C_IAR = 0xc,
	C_EOIR = 0x10,
	C_RPR = 0x14,
	C_HPPIR = 0x18,
	C_APR = 0xd0,
	C_IIDR = 0xfc
};
#define LEAST_BINARY_POINT 3u /* of 16 levels */

/* The sender of an SGI is in bits 12:10. */
static u32 acknowledged(unsigned cpu)
{
	unsigned from, id;

	if (adverse() && one_in(16))
		return SPURIOUS;
	id = gic_acknowledge(cpu, &from);
	if (id != SPURIOUS)
		held[cpu].last = id < SGIS ? id | (u32)interface[from] << 10 : id;
	return id != SPURIOUS ? held[cpu].last : SPURIOUS;
}

static bool gicc_read(u64 offset, unsigned bytes, u64 *v)
{
	struct gic_part *p = &gic.part[gic_accessor];
	unsigned running = gic_running(p);

	*v = 0;
	if (bytes != 4)
		return false;
	if (offset == C_CTLR)
		*v = p->enabled | held[gic_accessor].bypass;
	else if (offset == C_PMR)
		*v = p->mask;
	else if (offset == C_BPR)
		*v = p->binary < LEAST_BINARY_POINT ? LEAST_BINARY_POINT : p->binary;
	else if (offset == C_IAR)
		*v = acknowledged(gic_accessor);
	else if (offset == C_RPR)
		*v = running < 256 ? running : 255;
	else if (offset == C_HPPIR)
		*v = gic_best(gic_accessor);
	else if (offset == C_APR)
		*v = p->active_priorities;
	else if (offset == C_IIDR)
		*v = 0x0002043b;
	return true;
}

/* The value must be the last one of GICC_IAR (4.4.5); a write of 1020 to 1023 is ignored. */
static void end(unsigned cpu, u32 v)
{
	if ((v & 1023) >= 1020)
		return;
	if (v != held[cpu].last)
		machine_stop("CPU %u: GICC_EOIR is written with %x, GICC_IAR gave %x: "
			     "UNPREDICTABLE (IHI 0048, 4.4.5)",
			     cpu, v, held[cpu].last);
	held[cpu].last = SPURIOUS;
	gic_end(cpu, v & 1023);
}

static void set_control(unsigned cpu, u64 v)
{
	if (v & ~(1ul | BYPASS))
		machine_stop("CPU %u: GICC_CTLR %lx: only EnableGrp0 is modelled", cpu, v);
	gic.part[cpu].enabled = v & 1;
	held[cpu].bypass = (u32)v & BYPASS;
}

static bool gicc_write(u64 offset, unsigned bytes, u64 v)
{
	struct gic_part *p = &gic.part[gic_accessor];

	if (bytes != 4)
		return false;
	if (offset == C_CTLR)
		set_control(gic_accessor, v);
	else if (offset == C_PMR)
		p->mask = v & 0xf0;
	else if (offset == C_BPR)
		p->binary = v & 7;
	else if (offset == C_EOIR)
		end(gic_accessor, (u32)v);
	else if (offset == C_APR)
		p->active_priorities = v & 0xffff;
	return true;
}

struct machine_device gicv2_device = { IO_BASE, 0x1000, gicd_read, gicd_write };
struct machine_device gicc_device = { IO_BASE, 0x1000, gicc_read, gicc_write };
