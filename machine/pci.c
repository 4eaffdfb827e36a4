/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/pci.c - the host bridge: configuration space, windows, and the wires (pci.h).
 */
#include <machine/machine.h>
#include <machine/pci.h>
#include <machine/random.h>

enum { COMMAND = 0x04, STATUS = 0x06, BAR0 = 0x10, LINE = 0x3c };

#define COMMAND_MEMORY 2u
#define COMMAND_MASTER 4u
#define COMMAND_NO_INTX 0x400u
#define STATUS_INTX 8u
#define SLOTS 32u

u64 pci_present;
static struct bus_function *slots[SLOTS];
static bool fails; /* accesses that no function claims fail */
static bool high_wires[PCI_PINS];

/* False: the access is not aligned, or wider than a register. */
static bool is_access(u64 offset, unsigned bytes)
{
	return bytes <= 4 && !(offset & (bytes - 1));
}

bool pci_unclaimed(unsigned bytes, u64 *value)
{
	if (value)
		*value = ~0ul >> (64 - 8 * bytes);
	return !fails;
}

/* ---- wires: all functions of a pin share one (PCI-to-PCI Bridge 1.2, Table 9-1: swizzled) ---- */
static u16 command(const struct bus_function *f)
{
	return (u16)pci_get(f->space + COMMAND, 2);
}

static void drive_wires(void)
{
	bool high[PCI_PINS] = { 0 };

	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i] && slots[i]->raised && !(command(slots[i]) & COMMAND_NO_INTX))
			high[i % PCI_PINS] = true;
	for (unsigned i = 0; i < PCI_PINS; i++)
		if (high[i] != high_wires[i]) {
			high_wires[i] = high[i];
			core_pci_wire(i, high[i]);
		}
}

void pci_wire(struct bus_function *f, bool high)
{
	f->raised = high;
	f->space[STATUS] = (u8)((f->space[STATUS] & ~STATUS_INTX) | (high ? STATUS_INTX : 0));
	drive_wires();
}

bool pci_is_master(const struct bus_function *f)
{
	return command(f) & COMMAND_MASTER;
}

/* ---- configuration space: 1 MiB a bus, 4 KiB a function ---- */
static struct bus_function *function_at(u64 offset)
{
	unsigned fn = offset >> 12 & 7;

	return fn || offset >> 20 ? NULL : slots[offset >> 15 & (SLOTS - 1)];
}

static bool ecam_read(u64 offset, unsigned bytes, u64 *value)
{
	struct bus_function *f = function_at(offset);
	unsigned at = offset & 0xfff;

	if (!is_access(offset, bytes))
		return false;
	if (!f)
		return pci_unclaimed(bytes, value);
	if (f->flush)
		f->flush();
	if (f->config)
		f->config(at, bytes, false);
	*value = at < sizeof(f->space) ? pci_get(f->space + at, bytes) : 0;
	return true;
}

static bool ecam_write(u64 offset, unsigned bytes, u64 value)
{
	struct bus_function *f = function_at(offset);
	unsigned at = offset & 0xfff;

	if (!is_access(offset, bytes))
		return false;
	if (!f)
		return pci_unclaimed(bytes, NULL);
	for (unsigned i = 0; i < bytes && at + i < sizeof(f->space); i++) {
		u8 mask = f->settable[at + i];

		f->space[at + i] = (u8)((f->space[at + i] & ~mask) | (value >> 8 * i & mask));
	}
	if (f->config)
		f->config(at, bytes, true);
	drive_wires();
	return true;
}

/* ---- windows ---- */
static u64 bar_address(const struct bus_function *f, unsigned n)
{
	const u8 *at = f->space + BAR0 + 4 * n;
	u64 low = pci_get(at, 4);

	return (low & ~15ul) | (low & 4 ? (u64)pci_get(at + 4, 4) << 32 : 0);
}

static struct bus_function *decodes(u64 bus, unsigned *bar, u64 *offset)
{
	for (unsigned i = 0; i < SLOTS; i++)
		for (unsigned n = 0; slots[i] && n < PCI_BARS; n++) {
			struct bus_function *f = slots[i];

			*offset = bus - bar_address(f, n);
			*bar = n;
			if (f->bar[n] && *offset < f->bar[n] && (command(f) & COMMAND_MEMORY))
				return f;
		}
	return NULL;
}

static bool bus_read(u64 bus, unsigned bytes, u64 *value)
{
	unsigned bar;
	u64 offset;
	struct bus_function *f = decodes(bus, &bar, &offset);

	if (!f)
		return pci_unclaimed(bytes, value);
	f->flush();
	return f->read(bar, offset, bytes, value);
}

static bool bus_write(u64 bus, unsigned bytes, u64 value)
{
	unsigned bar;
	u64 offset;
	struct bus_function *f = decodes(bus, &bar, &offset);

	return f ? f->write(bar, offset, bytes, value) : pci_unclaimed(bytes, NULL);
}

#define WINDOW(name)                                                                               \
	static bool name##_read(u64 offset, unsigned bytes, u64 *value)                            \
	{                                                                                          \
		return bus_read(pci_##name.base + PCI_SHIFTED + offset, bytes, value);             \
	}                                                                                          \
	static bool name##_write(u64 offset, unsigned bytes, u64 value)                            \
	{                                                                                          \
		return bus_write(pci_##name.base + PCI_SHIFTED + offset, bytes, value);            \
	}                                                                                          \
	struct machine_device pci_##name = { 0, 0, name##_read, name##_write };
WINDOW(low)
WINDOW(high)
struct machine_device pci_ecam = { 0, 0, ecam_read, ecam_write };

/* ---- power-on ---- */
static void place(struct machine_device *d, u64 base, u64 bytes)
{
	d->base = base;
	d->bytes = pci_present ? bytes : 0;
}

void pci_power_on(const struct pci_places *p)
{
	place(&pci_ecam, p->ecam, PCI_ECAM_BYTES);
	place(&pci_low, p->low, p->low_bytes);
	place(&pci_high, p->high, p->high_bytes);
	for (unsigned i = 0; i < SLOTS; i++)
		slots[i] = NULL;
	drive_wires();
	fails = pci_present && knobs.adversary[ADV_UNKNOWN] && knobs.seed % 4 >= 2;
}

void pci_set_bar(struct bus_function *f, unsigned n, u64 bytes, bool wide, bool prefetch)
{
	unsigned at = BAR0 + 4 * n;

	f->bar[n] = bytes;
	pci_put(f->space + at, 4, (wide ? 4u : 0) | (prefetch ? 8u : 0));
	pci_put(f->settable + at, 4, ~(bytes - 1) & ~15u);
	if (wide)
		pci_put(f->settable + at + 4, 4, ~(bytes - 1) >> 32);
}

void pci_add(struct bus_function *f)
{
	pci_put(f->settable + COMMAND, 2, COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTX);
	f->settable[LINE] = 0xff;
	slots[f->slot] = f;
}
