/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/bar_source.c - memory BARs of hot-plugged PCIe cards.
 *
 * The driver of cards of class "memory, RAM" with a prefetchable 64-bit BAR.  The slot
 * (drivers/pci/slot.c) turns power on and off; this file adds and removes the BAR's memory.  The
 * BAR is used as RAM only under an emulator, or with the argument bar-is-ram: on hardware, atomics
 * and table walks in it may fault (ENGINE 6).  Otherwise, or with bar-is-ram=off, it is device
 * memory (mm/hotplug/devmem.h): its struct pages are in other memory, and it is never allocated.
 */
#include <arch/arch.h>
#include <drivers/pci/pci.h>
#include <kern/args.h>
#include <kern/emulator.h>
#include <kern/probe.h>
#include <lib/printf.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/stale.h>
#include <mm/vmalloc/vmalloc.h>

#define CLASS_RAM 0x050000
#define BANKS 16

static const struct event_source pcie_source;

static struct bar_bank {
	struct event event;
	struct pci_function *f; /* NULL: free */
	paddr_t pa;
	u64 len;
	bool ram;                     /* else device memory */
	bool added, unbind_requested; /* added as memory; the slot has requested the unbind */
} banks[BANKS];

static bool match(const struct pci_function *f)
{
	return f->class == CLASS_RAM;
}

static struct bar_bank *bank_of(const struct pci_function *f)
{
	for (unsigned i = 0; i < BANKS; i++)
		if (banks[i].f == f)
			return &banks[i];
	return NULL;
}

/* The largest prefetchable BAR, or NULL. */
static const struct pci_bar *memory_bar(const struct pci_function *f)
{
	const struct pci_bar *best = NULL;

	for (unsigned n = 0; n < PCI_BARS; n++)
		if (f->bar[n].len && f->bar[n].prefetch && (!best || f->bar[n].len > best->len))
			best = &f->bar[n];
	return best;
}

static bool bars_are_ram(void)
{
	return arg_given(NULL, ARG_BAR_IS_RAM) ? arg_flag(NULL, ARG_BAR_IS_RAM) : emulated_board();
}

/* RAM of at least a block becomes blocks, less becomes sub-sections. */
static enum event_kind bar_event_kind(const struct bar_bank *b)
{
	if (!b->ram)
		return EVENT_DEVICE;
	return b->len < layout.block_bytes ? EVENT_SUBSECTIONS : EVENT_BLOCKS;
}

/* Post the add or removal of a BAR's memory. */
static void bar_post(struct bar_bank *b, enum event_op op)
{
	b->event.source = &pcie_source;
	b->event.op = op;
	b->event.brings = true;
	b->event.here = b->added;
	b->event.kind = bar_event_kind(b);
	b->event.uncached = !b->ram;
	b->event.cookie = b;
	b->event.nr_ranges = 1;
	b->event.range[0] = (struct event_range) { b->pa, b->len, 0 };
	event_post(&b->event);
}

/* Driver callback: bind the function and request the add of its memory. */
static int start(struct pci_function *f, struct why *why)
{
	const struct pci_bar *bar = memory_bar(f);
	struct bar_bank *b = bank_of(NULL);

	if (!bar)
		return refuse(why, EINVAL, "the card has no prefetchable memory");
	if (!b)
		return refuse(why, ENOMEM, "there are %d memory BARs already", BANKS);
	*b = (struct bar_bank) { .f = f, .pa = bar->pa, .len = bar->len, .ram = bars_are_ram() };
	f->private = b;
	bar_post(b, EVENT_ADD);
	return 0;
}

/* Remove the memory if it was added, then report to the slot that the function is unbound. */
static void bank_release(struct bar_bank *b)
{
	b->unbind_requested = false;
	if (b->added)
		bar_post(b, EVENT_REMOVE);
	else
		pci_unbound(b->f, 0, "");
}

/* Driver callback: unbind, after the answer to an outstanding add. */
static void unbind(struct pci_function *f)
{
	struct bar_bank *b = bank_of(f);

	b->unbind_requested = true;
	if (!event_pending(&b->event))
		bank_release(b);
}

static void begin(const struct event *e)
{
	stale_prime(e->range[0].pa, e->range[0].len);
}

/*
 * Slot `answer`: after a removal, check for stale TLB entries; then the slot may turn the power
 * off.
 */
static int answer(struct event *e, const struct event_answer *a)
{
	struct bar_bank *b = e->cookie;
	unsigned stale;

	if (e->op == EVENT_ADD) {
		b->added = !a->code;
		if (b->unbind_requested)
			bank_release(b);
		return EVENT_NO_OST;
	}
	if (a->code) {
		pci_unbound(b->f, a->code, a->why);
		return EVENT_NO_OST;
	}
	b->added = false;
	stale = stale_check(); /* while the card has power: see stale.h */
	if (stale)
		event_remark(PCI_SOURCE, "STALE: %u of the addresses that CPUs used still read",
			     stale);
	pci_unbound(b->f, 0, "");
	return EVENT_NO_OST;
}

/* After power-off, a read of the window must return all ones or fault; any other value is
 * reported. */
static void check_window(paddr_t pa)
{
	vaddr_t va = vmalloc_va_alloc(1);
	u64 value = ~0ul;

	if (!va)
		return;
	pa = align_down(pa, page_size());
	if (!vmalloc_map(va, &pa, 1, PT_R | PT_DEVICE | PT_GLOBAL)) {
		if (!probe_load64(va, &value) && value != ~0ul)
			event_remark(PCI_SOURCE, "0x%lx still reads 0x%lx with the power off", pa,
				     value);
		vmalloc_unmap(va, 1);
	}
	vmalloc_va_free(va, 1);
}

/* Driver callback: the power is off and the function was removed. */
static void removed(void *private)
{
	struct bar_bank *b = private;

	check_window(b->pa);
	b->f = NULL;
}

static const struct pci_driver driver = {
	.name = "memory BAR",
	.match = match,
	.start = start,
	.unbind = unbind,
	.removed = removed,
};
PCI_DRIVER(memory_bar, driver);

/* The number of hot-plug slots, and in *how the kinds of interrupt that they use. */
static unsigned describe_slots(char *how, size_t size)
{
	unsigned n = 0, seen = 0;
	const struct pci_port *p;
	size_t at = 0;

	for (unsigned i = 0; (p = pci_port_nth(i)); i++) {
		n += p->hotplug;
		if (!p->hotplug || seen & 1u << p->bridge->how || at >= size)
			continue;
		seen |= 1u << p->bridge->how;
		at += (size_t)snprintf(how + at, size - at, "%s%s", at ? "/" : "",
				       pci_irq_name(p->bridge));
	}
	return n;
}

static void describe(char *buf, size_t size)
{
	char how[24];
	unsigned n = describe_slots(how, sizeof(how)), used = 0;

	for (unsigned i = 0; i < BANKS; i++)
		used += banks[i].added;
	if (n)
		snprintf(buf, size, "%u slot%s, %u in use, %s", n, n == 1 ? "" : "s", used, how);
	else
		snprintf(buf, size, "none (PCIE_SLOTS=2)");
}

static const struct event_source pcie_source = {
	.name = PCI_SOURCE,
	.label = "PCIe",
	.describe = describe,
	.answer = answer,
	.begin = begin,
	.leaves = true, /* power is turned off */
	.in_window = true,
};
EVENT_SOURCE(pcie, pcie_source);
