/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/window.c - first fit in a sorted list of pieces; see window.h.
 *
 * PCI_PIECES is small: a window has one piece for each BAR or bridge window in it.  Pieces are
 * found by their bus address, which the BAR holds, not by a handle.
 */
#include <drivers/pci/window.h>
#include <lib/assert.h>

/* -ERANGE: the piece is larger than the window; -ENOMEM: it does not fit now. */
static u64 refuse_piece(const struct pci_window *w, u64 len, struct why *why)
{
	if (len > w->len)
		refuse(why, ERANGE, "%lu MiB do not fit into the %s of %lu MiB", len / MiB, w->name,
		       w->len / MiB);
	else
		refuse(why, ENOMEM, "the %s has no %lu MiB left in one piece", w->name,
		       (align_up(len, MiB) / MiB));
	return PA_NONE;
}

/* Insert a piece at index i of the sorted list; the caller has checked that a slot is free. */
static void insert(struct pci_window *w, unsigned i, u64 at, u64 len)
{
	for (unsigned n = w->nr++; n > i; n--)
		w->piece[n] = w->piece[n - 1];
	w->piece[i].at = at;
	w->piece[i].len = len;
}

/* Try the gap before each piece, and the gap after the last.  align_up() may wrap at the end of the
 * address space; `at >= from` detects it. */
u64 pci_window_alloc(struct pci_window *w, u64 len, u64 align, struct why *why)
{
	u64 from = 0; /* end of the previous piece */

	for (unsigned i = 0; i <= w->nr && len && len <= w->len && w->nr < PCI_PIECES; i++) {
		u64 end = i < w->nr ? w->piece[i].at : w->len;
		/* align the bus address: the window may begin anywhere */
		u64 at = align_up(w->bus + from, align) - w->bus;

		if (at >= from && at <= end && end - at >= len) {
			insert(w, i, at, len);
			return w->bus + at;
		}
		if (i < w->nr)
			from = w->piece[i].at + w->piece[i].len;
	}
	return refuse_piece(w, len, why);
}

/* The piece must exist: a double free is an assertion. */
void pci_window_free(struct pci_window *w, u64 bus)
{
	unsigned i = 0;

	while (i < w->nr && w->bus + w->piece[i].at != bus)
		i++;
	ASSERT_OP(i, <, w->nr);
	w->nr--;
	for (; i < w->nr; i++)
		w->piece[i] = w->piece[i + 1];
}
