// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/pci/bar_source.c - a memory BAR that comes with its card, and goes with it.
 *
 * A card of class "memory, RAM" with a prefetchable 64-bit BAR.  The slot (drivers/pci/slot.c)
 * turns power on and off; here the BAR becomes memory and stops being it.  Such a BAR is RAM only
 * under an emulator, or where the operator says so (bar-is-ram): on hardware it is no main memory,
 * atomics and table walks in it may fault (ENGINE 6).  There, or with bar-is-ram=off, it is memory
 * of a device (mm/hotplug/devmem.h): struct pages elsewhere, and nobody allocates it.
 */
#include <arch/arch.h>
#include <drivers/events/pcie.h>
#include <drivers/events/stale.h>
#include <drivers/pci/pci.h>
#include <kern/args.h>
#include <kern/emulator.h>
#include <kern/probe.h>
#include <lib/printf.h>
#include <mm/vmalloc.h>

#define CLASS_RAM 0x050000
#define BANKS 16

static struct bank {
	struct event event;
	struct pci_function *f; /* NULL: free */
	paddr_t pa;
	u64 len;
	bool ram;          /* else memory of a device */
	bool added, asked; /* in use as memory; the slot wants it back */
} banks[BANKS];

static bool match(const struct pci_function *f)
{
	return f->class == CLASS_RAM;
}

static struct bank *bank_of(const struct pci_function *f)
{
	for (unsigned i = 0; i < BANKS; i++)
		if (banks[i].f == f)
			return &banks[i];
	return NULL;
}

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

static enum event_kind becomes(const struct bank *b)
{
	if (!b->ram)
		return EVENT_DEVICE;
	return b->len < layout.block_bytes ? EVENT_SUBSECTIONS : EVENT_BLOCKS;
}

static void ask(struct bank *b, enum event_op op)
{
	b->event.source = &pcie_source;
	b->event.op = op;
	b->event.brings = true;
	b->event.here = b->added;
	b->event.kind = becomes(b);
	b->event.uncached = !b->ram;
	b->event.cookie = b;
	b->event.nr_ranges = 1;
	b->event.range[0] = (struct event_range) { b->pa, b->len, 0 };
	event_post(&b->event);
}

static int start(struct pci_function *f, struct why *why)
{
	const struct pci_bar *bar = memory_bar(f);
	struct bank *b = bank_of(NULL);

	if (!bar)
		return refuse(why, EINVAL, "the card has no prefetchable memory");
	if (!b)
		return refuse(why, ENOMEM, "there are %d memory BARs already", BANKS);
	*b = (struct bank) { .f = f, .pa = bar->pa, .len = bar->len, .ram = bars_are_ram() };
	f->private = b;
	ask(b, EVENT_ADD);
	return 0;
}

static void let_go(struct bank *b)
{
	b->asked = false;
	if (b->added)
		ask(b, EVENT_REMOVE);
	else
		pci_left(b->f, 0, "");
}

/* An add that is still outstanding is answered first. */
static void leave(struct pci_function *f)
{
	struct bank *b = bank_of(f);

	b->asked = true;
	if (!event_pending(&b->event))
		let_go(b);
}

static void begin(struct event *e)
{
	stale_prime(e->range[0].pa, e->range[0].len);
}

static int answer(struct event *e, const struct event_answer *a)
{
	struct bank *b = e->cookie;
	unsigned stale;

	if (e->op == EVENT_ADD) {
		b->added = !a->code;
		if (b->asked)
			let_go(b);
		return EVENT_NO_OST;
	}
	if (a->code) {
		pci_left(b->f, a->code, a->why);
		return EVENT_NO_OST;
	}
	b->added = false;
	stale = stale_check(); /* before the slot touches the card: see stale.h */
	if (stale)
		event_remark(&pcie_source, "STALE: %u of the addresses that CPUs used still read",
			     stale);
	pci_left(b->f, 0, "");
	return EVENT_NO_OST;
}

/* Where the card was nothing answers: all ones, or a fault. */
static void check_window(paddr_t pa)
{
	vaddr_t va = vmalloc_va_alloc(1);
	u64 value = ~0ull;

	if (!va)
		return;
	pa = align_down(pa, page_size());
	if (!vmalloc_map(va, &pa, 1, PT_R | PT_DEVICE | PT_GLOBAL)) {
		if (!probe_load64(va, &value) && value != ~0ull)
			event_remark(&pcie_source, "0x%llx still reads 0x%llx with the power off",
				     (unsigned long long)pa, (unsigned long long)value);
		vmalloc_unmap(va, 1);
	}
	vmalloc_va_free(va, 1);
}

static void gone(void *private)
{
	struct bank *b = private;

	check_window(b->pa);
	b->f = NULL;
}

static const struct pci_driver driver = {
	.name = "memory BAR",
	.match = match,
	.start = start,
	.leave = leave,
	.gone = gone,
};
PCI_DRIVER(memory_bar, driver);

/* How many, and how they interrupt. */
static unsigned slots(char *how, size_t size)
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
	unsigned n = slots(how, sizeof(how)), used = 0;

	for (unsigned i = 0; i < BANKS; i++)
		used += banks[i].added;
	if (n)
		snprintf(buf, size, "%u slot%s, %u in use, %s", n, n == 1 ? "" : "s", used, how);
	else
		snprintf(buf, size, "none (PCIE_SLOTS=2)");
}

const struct event_source pcie_source = {
	.name = "pcie",
	.label = "PCIe",
	.describe = describe,
	.answer = answer,
	.begin = begin,
	.leaves = true, /* the power of a slot */
	.in_window = true,
};
EVENT_SOURCE(pcie, pcie_source);
