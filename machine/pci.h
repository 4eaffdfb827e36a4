/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/pci.h - a PCI host bridge with ECAM (PCI Express Base 5.0, 7.2.2), and the functions of
 * its root bus.  pci=1 adds it.
 *
 * Bus addresses of both windows differ from physical ones by PCI_SHIFTED; those of DMA do not, and
 * DMA is coherent with caches.  An access to configuration space without a function, or to a window
 * where no BAR decodes, reads ones, or it fails, as with a bridge that turns an Unsupported Request
 * into a bus error; the seed chooses (unknown=).
 *
 * An access is performed at once.  A read of a register makes the earlier stores of its device
 * visible: "a Read Completion must not pass a Posted Request" (2.4.1, Table 2-42, D2a).
 */
#pragma once
#include <machine/device.h>

#define PCI_BARS 6u
#define PCI_SHIFTED 0x10000000ul
#define PCI_BUSES 16u
#define PCI_ECAM_BYTES (PCI_BUSES * MiB)
#define PCI_PINS 4u

/* A function of the root bus, type 0.  Bits of configuration space outside `settable` are
 * read-only. */
struct bus_function {
	unsigned slot;
	u8 space[256], settable[256];
	u64 bar[PCI_BARS]; /* bytes, a power of two; 0: none, or an upper half */
	bool (*read)(unsigned bar, u64 offset, unsigned bytes, u64 *value);
	bool (*write)(unsigned bar, u64 offset, unsigned bytes, u64 value);
	/* An access of configuration space: before a read, after a write; or NULL. */
	void (*config)(unsigned at, unsigned bytes, bool written);
	void (*flush)(void); /* perform its stores so far */
	bool raised;         /* it requests INTx */
};

extern u64 pci_present;                                   /* pci= */
extern struct machine_device pci_ecam, pci_low, pci_high; /* 0 bytes: absent */

/* Addresses, from an architecture; 0 bytes of the high window: no address reaches it. */
struct pci_places {
	u64 ecam, low, low_bytes, high, high_bytes;
};
void pci_power_on(const struct pci_places *p);
void pci_add(struct bus_function *f);
/* BAR n, a memory BAR, at power-on. */
void pci_set_bar(struct bus_function *f, unsigned n, u64 bytes, bool wide, bool prefetch);
/* The function asserts or deasserts INTA. */
void pci_wire(struct bus_function *f, bool high);
bool pci_is_master(const struct bus_function *f);
/* An access that no function claims; false: it fails (chosen by the seed). */
bool pci_unclaimed(unsigned bytes, u64 *value);

/* Defined by an architecture: the wire of the bridge's pin 0 to 3. */
void core_pci_wire(unsigned pin, bool high);

static inline u32 pci_get(const u8 *at, unsigned bytes)
{
	u32 v = 0;

	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | at[i];
	return v;
}

static inline void pci_put(u8 *at, unsigned bytes, u64 value)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (u8)(value >> 8 * i);
}
