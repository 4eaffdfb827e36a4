/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/bcm2836.c - gic=0: the interrupt controller of a BCM2836 or BCM2837 (Broadcom QA7,
 * "ARM Quad A7 core"): for each core the enables of its timers and of four mailboxes, and one wire
 * for all devices, which is routed to one core.  Nothing is acknowledged: all are levels.
 *
 * A mailbox interrupt is late, as an SGI (gic.c), whose state is used: bits 15 to 0 of mailbox 0
 * are SGIs of the core.  With irq= earlier software left any enables, contents and route.  Other
 * mailboxes, FIQs, performance counters and the local timer are not modelled: a write there has no
 * effect.
 */
#include "gic.h"
#include <machine/random.h>

enum {
	ROUTE = 0x0c,
	TIMERS = 0x40,
	MAILBOXES = 0x50,
	SOURCE = 0x60,
	MAILBOX_SET = 0x80,
	MAILBOX_CLEAR = 0xc0,
	FRAME_END = 0x100
};

#define NON_SECURE 1u /* numbers of the timers */
#define VIRTUAL 3u
#define SOURCE_MAILBOX BIT(4)
#define SOURCE_DEVICES BIT(8)

static u32 timers[BCM2836_CPUS], mailboxes[BCM2836_CPUS], route;

void bcm2836_reset(void)
{
	bool adverse = knobs.adversary[ADV_IRQ];

	route = adverse ? (u32)random_below(BCM2836_CPUS) : 0;
	for (unsigned i = 0; i < cpus_nr; i++) {
		timers[i] = adverse ? (u32)random_u64() & 15 : 0;
		mailboxes[i] = adverse ? (u32)random_u64() & 15 : 0;
		gic.part[i].own.pending = adverse ? (u32)random_u64() & 0xffff : 0;
	}
}

static bool any_wire(void)
{
	bool high = false;

	for (unsigned n = 1; n < BANKS; n++)
		high |= gic.shared[n].wire != 0;
	return high;
}

static u64 source(unsigned cpu)
{
	const struct a64_cpu *c = &cpus[cpu];
	u64 fire = (cpu_timer_fires(c, &c->physical) ? BIT(NON_SECURE) : 0) |
		   (cpu_timer_fires(c, &c->virtual) ? BIT(VIRTUAL) : 0);

	return (fire & timers[cpu]) |
	       ((mailboxes[cpu] & 1) && gic.part[cpu].own.pending ? SOURCE_MAILBOX : 0) |
	       (any_wire() && route == cpu ? SOURCE_DEVICES : 0);
}

bool bcm2836_pending(unsigned cpu)
{
	return source(cpu);
}

static bool bcm2836_read(u64 offset, unsigned bytes, u64 *v)
{
	unsigned core = offset / 4 % BCM2836_CPUS, box = (unsigned)offset / 16 % BCM2836_CPUS;

	*v = 0;
	if (bytes != 4)
		return false;
	if (offset == ROUTE)
		*v = route;
	else if (offset >= TIMERS && offset < MAILBOXES)
		*v = timers[core];
	else if (offset >= MAILBOXES && offset < SOURCE)
		*v = mailboxes[core];
	else if (offset >= SOURCE && offset < SOURCE + 4 * BCM2836_CPUS && core < cpus_nr)
		*v = source(core);
	else if (offset >= MAILBOX_CLEAR && !(offset % 16) && box < cpus_nr)
		*v = gic.part[box].own.pending;
	return true;
}

/* Each bit that is set is a message. */
static void send(unsigned to, u64 v)
{
	if (v >> SGIS)
		machine_stop("CPU %u: mailbox 0 of core %u is set to %lx: only bits 15 to 0 are "
			     "modelled",
			     gic_accessor, to, v);
	for (unsigned i = 0; i < SGIS && to < cpus_nr; i++)
		if (v >> i & 1)
			gic_send(to, i, 0, cpus[gic_accessor].synced);
}

/* A message that is in flight arrives later. */
static bool bcm2836_write(u64 offset, unsigned bytes, u64 v)
{
	unsigned core = offset / 4 % BCM2836_CPUS, box = (unsigned)offset / 16 % BCM2836_CPUS;

	if (bytes != 4)
		return false;
	if (offset == ROUTE)
		route = v & 3;
	else if (offset >= TIMERS && offset < MAILBOXES)
		timers[core] = v & 15;
	else if (offset >= MAILBOXES && offset < SOURCE)
		mailboxes[core] = v & 15;
	else if (offset >= MAILBOX_SET && offset < MAILBOX_CLEAR && !(offset % 16))
		send(box, v);
	else if (offset >= MAILBOX_CLEAR && !(offset % 16) && box < cpus_nr)
		gic.part[box].own.pending &= ~(u32)v;
	else if (offset >= MAILBOX_SET)
		machine_stop("CPU %u: a mailbox other than 0 is not modelled", gic_accessor);
	return true;
}

struct machine_device bcm2836_device = { IO_BASE, FRAME_END, bcm2836_read, bcm2836_write };
