/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/window.h - allocator for the addresses of a bridge window.  No dependencies on the
 * kernel.
 *
 * Pieces are powers of two at multiples of their size (a BAR), or several of those in a row (a
 * bridge's window).  First fit, so the same devices get the same addresses again.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define PCI_PIECES 32

/* A window and its allocated pieces.  The caller serialises. */
struct pci_window {
	const char *name; /* "32-bit window" */
	u64 bus, pa, len; /* bus address, physical address, bytes */
	unsigned nr;
	struct {
		u64 at, len; /* offsets, ascending */
	} piece[PCI_PIECES];
};

/* Allocate `len` bytes at a multiple of `align`, a power of two.  Returns the bus address, or
 * PA_NONE with -ERANGE or -ENOMEM in *why. */
u64 pci_window_alloc(struct pci_window *, u64 len, u64 align, struct why *);
void pci_window_free(struct pci_window *, u64 bus); /* free the piece at this address */

/* Does [pa, pa + len) overlap the window? */
static inline bool pci_window_has(const struct pci_window *w, u64 pa, u64 len)
{
	return pa < w->pa + w->len && w->pa < pa + len;
}

/* The physical address of a bus address of the window. */
static inline u64 pci_window_pa(const struct pci_window *w, u64 bus)
{
	return bus - w->bus + w->pa;
}
