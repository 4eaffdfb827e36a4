/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/pci_bus/world.c - configuration space of the functions; see world.h. */
#include "world.h"
#include <kern/probe.h>
#include <mm/kernel/kpt.h>
#include <stdlib.h>
#include <string.h>
#include <want.h>

struct fake world[FAKE_MAX];
unsigned world_nr, no_map_bus;
static u8 ecam[(LAST - FIRST + 1) * MiB]; /* addresses only */
static u64 mapped[LAST - FIRST + 1];      /* bytes of each bus */

static void put16(struct fake *f, unsigned at, unsigned v)
{
	f->space[at] = (u8)v;
	f->space[at + 1] = (u8)(v >> 8);
}

unsigned add(struct fake p)
{
	struct fake *f = &world[world_nr];

	WANT(world_nr < FAKE_MAX);
	*f = p;
	put16(f, 0, 0x1234);
	put16(f, 2, 0x100 + world_nr);
	put16(f, 4, 7); /* firmware left it on */
	f->space[0x08] = 0x55;
	f->space[0x09] = (u8)p.class;
	put16(f, 0x0a, p.class >> 8);
	f->space[0x0e] = p.header;
	f->space[0x3d] = p.pin;
	if ((p.header & 0x7f) == 1)
		memcpy(f->space + 0x18, (const u8[]) { 1, 3, 9, 0 }, 4);
	if (p.express || p.bad_list) {
		f->space[0x06] = 0x10;
		f->space[0x34] = p.bad_list ? 0x20 : EXPRESS;
		put16(f, EXPRESS, 0x10);
		put16(f, EXPRESS + 2, 2u | (unsigned)p.express << 4 | (p.slot_bits & SLOT) << 8);
		f->space[EXPRESS + 0x14] = p.slot_bits & HOTPLUG ? 0x40 : 0x3f;
	}
	return world_nr++;
}

u32 word_of(unsigned n, unsigned at, unsigned bytes)
{
	u32 v = 0;

	memcpy(&v, world[n].space + at, bytes);
	return v;
}

/* ---- who answers ---- */

/* Does each bridge from this one up forward the bus? */
static bool forwards(int bridge, unsigned bus)
{
	for (; bridge != ROOT; bridge = world[bridge].parent)
		if (world[bridge].absent || bus < world[bridge].space[0x19] ||
		    bus > world[bridge].space[0x1a])
			return false;
	return true;
}

static struct fake *at_address(unsigned bus, unsigned slot, unsigned fn)
{
	for (unsigned i = 0; i < world_nr; i++) {
		struct fake *f = &world[i];
		unsigned is = f->parent == ROOT ? FIRST : world[f->parent].space[0x19];

		if (f->slot == slot && f->fn == fn && is == bus && !f->absent &&
		    forwards(f->parent, bus))
			return f;
	}
	return NULL;
}

/* The register at an address that has been mapped. */
static struct fake *reached(const volatile void *p, unsigned *at)
{
	u64 offset = (u64)((const volatile u8 *)p - ecam);
	unsigned bus = (unsigned)(offset / MiB);

	if ((uintptr_t)p < (uintptr_t)ecam || bus > LAST - FIRST || offset % MiB >= mapped[bus]) {
		WANT(!"an address that is mapped");
		exit(1);
	}
	*at = offset % 4096;
	WANT(*at < 256);
	return at_address(FIRST + bus, offset % MiB >> 15, offset >> 12 & 7);
}

static u32 get(const volatile void *p, unsigned bytes)
{
	unsigned at;
	struct fake *f = reached(p, &at);
	u32 v = ~0u >> (32 - 8 * bytes);

	if (f && f->lives && !--f->lives)
		f->absent = true;
	if (!f || f->absent)
		return v;
	if (at == 0 && f->not_ready)
		return v & 0xffff0001;
	v = 0;
	memcpy(&v, f->space + at, bytes);
	return v;
}

static void put(volatile void *p, unsigned bytes, u32 v)
{
	unsigned at;
	struct fake *f = reached(p, &at);

	WANT(at % bytes == 0);
	if (!f)
		return;
	if (at >= 0x10 && at < 0x28 && !((f->header & 0x7f) == 1 && at >= 0x18)) {
		WANT(!(f->space[4] & 3)); /* it does not decode meanwhile */
		v = at == 0x10 ? v & (f->bar & ~15u) : 0;
		v |= at == 0x10 ? f->bar & 15 : 0;
	}
	if (at == 0x18 && f->keeps_buses && v)
		return;
	memcpy(f->space + at, &v, bytes);
}

u8 mmio_read8(const volatile void *p)
{
	return (u8)get(p, 1);
}

u16 mmio_read16(const volatile void *p)
{
	return (u16)get(p, 2);
}

u32 mmio_read32(const volatile void *p)
{
	return get(p, 4);
}

void mmio_write8(volatile void *p, u8 v)
{
	WANT(!"a byte is written");
	put(p, 1, v);
}

void mmio_write16(volatile void *p, u16 v)
{
	put(p, 2, v);
}

void mmio_write32(volatile void *p, u32 v)
{
	put(p, 4, v);
}

/* Some bridges raise an abort where no function is. */
int probe_load32(vaddr_t va, u32 *value)
{
	unsigned at;

	if (!reached(va_ptr(va), &at))
		return -EFAULT;
	*value = get(va_ptr(va), 4);
	return 0;
}

volatile void *kpt_map_device(paddr_t pa, u64 len)
{
	unsigned bus = (unsigned)((pa - ECAM) / MiB);

	if (pa < ECAM || bus > LAST - FIRST) { /* a BAR */
		WANT(pa == 0x50000000 && len == 4096);
		return ecam;
	}
	WANT(pa % MiB == 0 && (len == MiB || len == 32 * KiB));
	if (bus + FIRST == no_map_bus)
		return NULL;
	if (mapped[bus] < len)
		mapped[bus] = len;
	return ecam + bus * MiB;
}
