/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A memory device whose range overlaps registers above all RAM is refused; its sound neighbour,
 * which is reported by the same interrupt, is added.
 */
#include <drivers/acpi/dimm.h>
#include <drivers/pci/pci.h>
#include <lib/string.h>
#include <tests/acpi/board.h>

static const char *const places[] = { "window", "window-end", "ecam", NULL };

static paddr_t place(const char *name, const struct pci_host *h)
{
	const struct pci_window *w = h->high.len ? &h->high : &h->low;

	if (!strcmp(name, "ecam"))
		return align_down(h->ecam, layout.block_bytes);
	return align_down(w->pa + (strcmp(name, "window") ? w->len - 1 : 0), layout.block_bytes);
}

static unsigned count_refusals(u64 before)
{
	const struct event_record *e;
	unsigned nr = 0;

	for (unsigned n = 0; (e = event_nth(n)) && e->nr > before; n++)
		nr += strstr(e->text, "overlaps registers of") != NULL;
	return nr;
}

TEST(acpi, over_registers,
     .claim = "a device that overlaps registers is refused, its neighbour is added",
     .rows = "S1-21 V-08", .identity = true, .needs = NEED_RANGE, .params = places)
{
	struct range r;
	u64 newest;

	if (!pci_bridge()) {
		test_skip(t, "no PCI bridge whose registers could be overlapped");
		return;
	}
	if (!range_get(t, &r, 1, NULL) || !board_up(t, r.pa, r.len))
		return;
	newest = event_nth(0) ? event_nth(0)->nr : 0;
	board_plug(0, place(t->param, pci_bridge()), layout.block_bytes,
		   SLOT_PRESENT | SLOT_INSERT);
	board_plug(1, r.pa, r.len, SLOT_PRESENT | SLOT_INSERT);
	board_interrupt();
	CHECK_EQ(t, board->slot[0].ost_count, 1);
	CHECK_EQ(t, board->slot[0].ost_status, OST_FAILURE);
	CHECK_EQ(t, count_refusals(newest), 1);
	CHECK_EQ(t, board->slot[1].ost_status, OST_SUCCESS);
	CHECK(t, range_block(&r, 0) && range_block(&r, 0)->state == BLOCK_ONLINE);
	board->slot[0].flags |= SLOT_EJECT;
	board->slot[1].flags |= SLOT_EJECT;
	board_interrupt();
	CHECK_EQ(t, board->slot[0].ejects + board->slot[1].ejects, 2);
	board_down(t);
}
