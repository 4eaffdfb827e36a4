/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/window.h - addresses of a host bridge that devices may be given.  Pure.
 *
 * Pieces are powers of two at multiples of their size (a BAR), or several of those in a row (a
 * bridge's window).  First fit: the same devices get the same addresses again.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define PCI_PIECES 32

struct pci_window {
	const char *name; /* "32-bit window" */
	u64 bus, pa, len; /* as devices see it, as CPUs see it */
	unsigned nr;
	struct {
		u64 at, len; /* offsets, ascending */
	} piece[PCI_PIECES];
};

/* An address on the bus, or PA_NONE with -ENOMEM's sentence. */
u64 pci_window_take(struct pci_window *, u64 len, u64 align, struct why *);
void pci_window_give(struct pci_window *, u64 bus);

static inline bool pci_window_has(const struct pci_window *w, u64 pa, u64 len)
{
	return pa < w->pa + w->len && w->pa < pa + len;
}

static inline u64 pci_window_pa(const struct pci_window *w, u64 bus)
{
	return bus - w->bus + w->pa;
}
