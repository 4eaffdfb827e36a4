/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/config.h - configuration space of one function (PCI Express Base 5.0, 7.5).
 *
 * Every access uses struct pci_config, so the same code reads ECAM and a fuzzer's bytes.  A device
 * is not trusted: lists are bounded, sizes are checked, and a removed device (all reads return
 * ones) gives -ENODEV, never a value.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

enum { /* offsets, type 0 and 1 headers */
       PCI_VENDOR = 0x00,
       PCI_DEVICE = 0x02,
       PCI_COMMAND = 0x04,
       PCI_STATUS = 0x06,
       PCI_CLASS = 0x08, /* revision in the low byte */
       PCI_HEADER = 0x0e,
       PCI_BAR0 = 0x10,
       PCI_BUSES = 0x18, /* bridge: primary, secondary, subordinate, latency */
       PCI_IO_WINDOW = 0x1c,
       PCI_MEMORY_WINDOW = 0x20,
       PCI_PREFETCH_WINDOW = 0x24,
       PCI_PREFETCH_BASE_HIGH = 0x28,
       PCI_PREFETCH_LIMIT_HIGH = 0x2c,
       PCI_IO_WINDOW_HIGH = 0x30,
       PCI_CAPABILITIES = 0x34,
       PCI_PIN = 0x3d,
};

#define PCI_COMMAND_IO 1u
#define PCI_COMMAND_MEMORY 2u
#define PCI_COMMAND_MASTER 4u
#define PCI_COMMAND_NO_INTX 0x400u
#define PCI_STATUS_CAPABILITIES 0x10u
#define PCI_HEADER_MULTI 0x80u
#define PCI_HEADER_BRIDGE 1u

#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_EXPRESS 0x10

#define PCI_BARS 6
#define PCI_ADDRESS_BITS 52 /* no CPU has more address bits: a larger BAR is refused */

/* Accesses of 1, 2 or 4 bytes at a multiple of their size. */
struct pci_config {
	u32 (*read)(const struct pci_config *, unsigned at, unsigned bytes);
	void (*write)(const struct pci_config *, unsigned at, unsigned bytes, u32 value);
	volatile void *regs;
};

/* A base address register.  `wide`: 64 bits, so the next BAR is its upper half. */
struct pci_bar {
	u64 len;     /* bytes, a power of two; 0: no memory BAR */
	u64 bus, pa; /* its bus address and physical address; PA_NONE: none yet */
	bool io, wide, prefetch;
};

/* Accesses of one width, at an offset that is a multiple of it; below 256, or 4096 with ECAM.  A
 * read from a removed function returns all ones; a write is dropped. */
static inline u8 pci_read8(const struct pci_config *c, unsigned at)
{
	return (u8)c->read(c, at, 1);
}

static inline u16 pci_read16(const struct pci_config *c, unsigned at)
{
	return (u16)c->read(c, at, 2);
}

static inline u32 pci_read32(const struct pci_config *c, unsigned at)
{
	return c->read(c, at, 4);
}

/* There is no write of one byte: no driver writes a register of one byte. */
static inline void pci_write16(const struct pci_config *c, unsigned at, u16 v)
{
	c->write(c, at, 2, v);
}

static inline void pci_write32(const struct pci_config *c, unsigned at, u32 v)
{
	c->write(c, at, 4, v);
}

/*
 * Find the first capability `id` after offset `after` (0: from the start of the list).  Returns
 * its offset.  -ENOENT: there is none (no sentence); -EIO: the list is malformed; -ENODEV: the
 * device was removed.
 */
int pci_capability(const struct pci_config *, u8 id, unsigned after, struct why *);
/*
 * Find the sizes of the first `nr` BARs by writing ones.  The device must not be in use:
 * decoding is off afterwards and the old addresses are lost.  -EINVAL: a BAR is impossible;
 * -ENODEV.
 */
int pci_size_bars(const struct pci_config *, unsigned nr, struct pci_bar bar[PCI_BARS],
		  struct why *);
/* Write the addresses bar[].bus; BARs without a size get 0.  Decoding is off.  -ENODEV: the
 * device was removed; -EIO: a BAR does not hold its address. */
int pci_place_bars(const struct pci_config *, unsigned nr, const struct pci_bar bar[PCI_BARS],
		   struct why *);
/* Set a bridge's primary (`before`), secondary (`behind`) and subordinate (`last`) bus.  -EIO:
 * it does not hold them; -ENODEV: it was removed. */
int pci_set_buses(const struct pci_config *, u8 before, u8 behind, u8 last, struct why *);
/* Number of BARs of a header type; 0: unknown type. */
unsigned pci_bars_of(u8 header);
