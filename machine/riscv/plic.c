/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/plic.c - the platform-level interrupt controller.
 */
#include "devices.h"
#include "hart.h"
#include <machine/machine.h>
#include <string.h>

#define CONTEXTS (2 * WORST_CPUS)
#define ENABLES 0x2000u
#define CONTEXT 0x200000u

static u32 priority[PLIC_SOURCES], threshold[CONTEXTS], enables[CONTEXTS];
static u32 wires, pending, claimed; /* bit n: source n */

void plic_power_on(void)
{
	plic_device.base = PLIC_BASE;
	memset(priority, 0, sizeof(priority));
	memset(threshold, 0, sizeof(threshold));
	memset(enables, 0, sizeof(enables));
	pending = claimed = 0;
}

void plic_wire(unsigned source, bool high)
{
	if (high)
		wires |= 1u << source;
	else
		wires &= ~(1u << source);
	pending = (pending | wires) & ~claimed;
}

/* The best pending source that a context may take, or 0. */
static unsigned best(unsigned context)
{
	unsigned found = 0;

	for (unsigned s = 1; s < PLIC_SOURCES; s++)
		if ((pending & enables[context]) >> s & 1 && priority[s] > threshold[context] &&
		    priority[s] > (found ? priority[found] : 0))
			found = s;
	return found;
}

bool plic_pending(unsigned hart)
{
	return pending && best(hart_context(hart));
}

static u32 claim(unsigned context)
{
	unsigned s = best(context);

	pending &= ~(1u << s);
	claimed |= s ? 1u << s : 0;
	return s;
}

/* The PLIC ignores the completion of a source that the context has not enabled ("Interrupt
 * Completion"). */
static void complete(unsigned context, u64 source)
{
	if (source < PLIC_SOURCES && (enables[context] >> source & 1))
		claimed &= ~(1u << source);
	pending |= wires & ~claimed; /* a wire that is still high is pending again */
}

static bool plic_read(u64 offset, unsigned bytes, u64 *value)
{
	u64 context = offset >= CONTEXT ? (offset - CONTEXT) >> 12 : (offset - ENABLES) >> 7;

	*value = 0;
	if (bytes != 4)
		return false;
	if (offset < 4 * PLIC_SOURCES)
		*value = priority[offset / 4];
	else if (offset == 0x1000)
		*value = pending;
	else if (offset >= CONTEXT && context < CONTEXTS)
		*value = (offset & 0xfff) == 4   ? claim((unsigned)context)
			 : (offset & 0xfff) == 0 ? threshold[context]
						 : 0;
	else if (offset >= ENABLES && offset < CONTEXT && context < CONTEXTS && !(offset & 127))
		*value = enables[context];
	return true;
}

static bool plic_write(u64 offset, unsigned bytes, u64 value)
{
	u64 context = offset >= CONTEXT ? (offset - CONTEXT) >> 12 : (offset - ENABLES) >> 7;

	if (bytes != 4)
		return false;
	if (offset < 4 * PLIC_SOURCES)
		priority[offset / 4] = value & 7;
	else if (offset >= CONTEXT && context < CONTEXTS && (offset & 0xfff) == 4)
		complete((unsigned)context, value);
	else if (offset >= CONTEXT && context < CONTEXTS && (offset & 0xfff) == 0)
		threshold[context] = value & 7;
	else if (offset >= ENABLES && offset < CONTEXT && context < CONTEXTS && !(offset & 127))
		enables[context] = (u32)value & ~1u;
	return true;
}

struct machine_device plic_device = { IO_BASE, 0x600000, plic_read, plic_write };
