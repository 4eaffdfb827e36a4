/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/config.c - capabilities and base address registers; see config.h.
 *
 * A read from a removed device returns all ones.  Where all ones is also a legal value, the vendor
 * id, which is never 0xffff, is read again: it decides whether the device is present.
 */
#include <drivers/pci/config.h>

#define CAPS_FIRST 0x40 /* the end of the header */

#define BAR_IO 1u
#define BAR_KIND 6u /* 0: 32 bits, 4: 64 bits; others are reserved (PCI Express 5.0, 7.5.1.2.1) */
#define BAR_WIDE 4u
#define BAR_PREFETCH 8u

/* -ENODEV with the sentence for a removed device. */
static int refuse_absent(struct why *why)
{
	return refuse(why, ENODEV, "the device reads as all ones: it was removed");
}

/* A circular list would not end, so each word may be visited once.  With `after`, too, the list is
 * walked from its head, so that `after` need not be trusted. */
int pci_capability(const struct pci_config *c, u8 id, unsigned after, struct why *why)
{
	bool past = !after;
	u64 seen = 0; /* one bit for each 4-byte word of the 256 bytes */
	unsigned at;

	if (pci_read16(c, PCI_VENDOR) == 0xffff)
		return refuse_absent(why);
	if (!(pci_read16(c, PCI_STATUS) & PCI_STATUS_CAPABILITIES))
		return -ENOENT;
	at = pci_read8(c, PCI_CAPABILITIES) & ~3u;
	while (at) {
		u16 head;

		if (at < CAPS_FIRST || seen & BIT(at / 4))
			return refuse(why, EIO, "the capability list %s",
				      at < CAPS_FIRST ? "points into the header" : "is circular");
		seen |= BIT(at / 4);
		head = pci_read16(c, at);
		if (head == 0xffff)
			return refuse_absent(why);
		if (past && (head & 0xff) == id)
			return (int)at;
		past |= at == after;
		at = head >> 8 & ~3u;
	}
	return -ENOENT;
}

/* Read back: a bridge with other bus numbers would claim the buses of other bridges. */
int pci_set_buses(const struct pci_config *c, u8 before, u8 behind, u8 last, struct why *why)
{
	u32 buses = before | (u32)behind << 8 | (u32)last << 16, is;

	pci_write32(c, PCI_BUSES, buses);
	is = pci_read32(c, PCI_BUSES);
	if (is == ~0u)
		return refuse_absent(why);
	if ((is & 0xffffff) == buses)
		return 0;
	return refuse(why, EIO, "its bus numbers read as %02x, %02x to %02x after the write",
		      is & 0xff, is >> 8 & 0xff, is >> 16 & 0xff);
}

/* A bridge's header has its windows in place of the last four BARs (7.5.1.3). */
unsigned pci_bars_of(u8 header)
{
	switch (header & ~PCI_HEADER_MULTI) {
	case 0:
		return 6;
	case PCI_HEADER_BRIDGE:
		return 2;
	default:
		return 0;
	}
}

/* Write ones to a BAR and read it back: the address bits above its size remain set. */
static u32 mask_of(const struct pci_config *c, unsigned at)
{
	pci_write32(c, at, ~0u);
	return pci_read32(c, at);
}

/* `low`: the mask in the BAR's lower word.  A memory BAR must have a power of two as its size. */
static int size_memory(const struct pci_config *c, unsigned at, u32 low, struct pci_bar *bar,
		       struct why *why)
{
	unsigned n = (at - PCI_BAR0) / 4;
	u64 mask = low & ~15u;

	bar->prefetch = low & BAR_PREFETCH;
	bar->wide = (low & BAR_KIND) == BAR_WIDE;
	if (low & BAR_KIND & ~BAR_WIDE)
		return refuse(why, EINVAL, "BAR %u is of a reserved kind", n);
	mask |= bar->wide ? (u64)mask_of(c, at + 4) << 32 : ~0ul << 32;
	bar->len = ~mask + 1;
	if (!mask || !is_pow2(bar->len))
		return refuse(why, EINVAL, "BAR %u has no size: its mask is 0x%lx", n, mask);
	if (bar->len > BIT(PCI_ADDRESS_BITS))
		return refuse(why, EINVAL, "BAR %u has an absurd size: 2^%u bytes", n,
			      log2_u64(bar->len));
	return 0;
}

/* Find kind and size of BAR n of `nr`; *bar has no address afterwards. */
static int size_one(const struct pci_config *c, unsigned n, unsigned nr, struct pci_bar *bar,
		    struct why *why)
{
	unsigned at = PCI_BAR0 + 4 * n;
	u32 low = mask_of(c, at);

	*bar = (struct pci_bar) { .bus = PA_NONE, .pa = PA_NONE };
	if (!low)
		return 0;
	if (low == ~0u && pci_read16(c, PCI_VENDOR) == 0xffff)
		return refuse_absent(why);
	if (low & BAR_IO) { /* I/O is not used: the BAR gets no address and does not decode */
		bar->io = true;
		return 0;
	}
	if ((low & BAR_KIND) == BAR_WIDE && n + 1 == nr)
		return refuse(why, EINVAL, "BAR %u is of 64 bits and there is no upper half", n);
	return size_memory(c, at, low, bar, why);
}

/* A 64-bit BAR has two words, so the next number is skipped.  The command register is not restored:
 * nothing may decode until the BARs have addresses. */
int pci_size_bars(const struct pci_config *c, unsigned nr, struct pci_bar bar[PCI_BARS],
		  struct why *why)
{
	u16 command = pci_read16(c, PCI_COMMAND);

	/* A BAR must not decode while it is sized (PCI Express 5.0, 7.5.1.2.1). */
	pci_write16(c, PCI_COMMAND, command & (u16) ~(PCI_COMMAND_MEMORY | PCI_COMMAND_IO));
	for (unsigned n = 0; n < PCI_BARS; n++)
		bar[n] = (struct pci_bar) { .bus = PA_NONE, .pa = PA_NONE };
	for (unsigned n = 0; n < nr; n++) {
		int err = size_one(c, n, nr, &bar[n], why);

		if (err)
			return err;
		n += bar[n].wide;
	}
	return 0;
}

/* Write an address and verify that the BAR holds it; bits `kind` are read-only. */
static bool bar_holds(const struct pci_config *c, unsigned at, u32 address, u32 kind)
{
	pci_write32(c, at, address);
	return (pci_read32(c, at) & ~kind) == address;
}

/* Write one address.  An unused BAR gets 0, which need not read back. */
static int place_one(const struct pci_config *c, unsigned n, const struct pci_bar *b,
		     struct why *why)
{
	u64 at = b->len ? b->bus : 0;
	bool kept = bar_holds(c, PCI_BAR0 + 4 * n, (u32)at, 15);

	if (b->wide)
		kept &= bar_holds(c, PCI_BAR0 + 4 * n + 4, (u32)(at >> 32), 0);
	if (kept || !b->len)
		return 0;
	if (pci_read16(c, PCI_VENDOR) == 0xffff)
		return refuse_absent(why);
	return refuse(why, EIO, "BAR %u does not hold its address 0x%lx", n, at);
}

/* BARs without memory get 0 too: an address that firmware wrote could be in a window that is in
 * use. */
int pci_place_bars(const struct pci_config *c, unsigned nr, const struct pci_bar bar[PCI_BARS],
		   struct why *why)
{
	int err = 0;

	for (unsigned n = 0; !err && n < nr; n += 1u + bar[n].wide)
		err = place_one(c, n, &bar[n], why);
	return err;
}
