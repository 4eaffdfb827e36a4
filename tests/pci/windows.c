/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/windows.c - buses and windows of all bridges, from their registers: every device behind
 * a bridge is inside its windows, and no other is.
 */
#include <drivers/pci/pci.h>
#include <tests/harness/test.h>

struct range64 {
	u64 first, last; /* last < first: closed */
};

struct bridge_view { /* windows of a bridge, or of the host bridge */
	struct range64 bus, low, high;
};

static struct range64 window_of_host(const struct pci_window *w)
{
	return (struct range64) { w->bus, w->len ? w->bus + w->len - 1 : w->bus - 1 };
}

static struct bridge_view host_windows(void)
{
	const struct pci_host *h = pci_bridge();

	return (struct bridge_view) { { h->bus_first, h->bus_last },
				      window_of_host(&h->low),
				      window_of_host(&h->high) };
}

static struct bridge_view read_bridge(const struct pci_config *c)
{
	u32 buses = pci_read32(c, PCI_BUSES), low = pci_read32(c, PCI_MEMORY_WINDOW);
	u32 high = pci_read32(c, PCI_PREFETCH_WINDOW);

	return (struct bridge_view) {
		{ buses >> 8 & 0xff, buses >> 16 & 0xff },
		{ (low & 0xfff0) << 16, (low & 0xfff00000) | 0xfffff },
		{ (u64)pci_read32(c, PCI_PREFETCH_BASE_HIGH) << 32 | (high & 0xfff0) << 16,
		  (u64)pci_read32(c, PCI_PREFETCH_LIMIT_HIGH) << 32 | (high & 0xfff00000) |
			  0xfffff },
	};
}

static bool is_closed(struct range64 r)
{
	return r.last < r.first;
}

static bool inside(struct range64 r, struct range64 outer)
{
	return is_closed(r) || (r.first >= outer.first && r.last <= outer.last);
}

static bool overlap(struct range64 a, struct range64 b)
{
	return !is_closed(a) && !is_closed(b) && a.first <= b.last && b.first <= a.last;
}

static struct bridge_view view_of_parent(const struct pci_port *p)
{
	return p->bridge->behind ? read_bridge(&p->bridge->behind->bridge->config) : host_windows();
}

static void check_nested(struct test_run *t, const struct pci_port *p)
{
	struct bridge_view b = read_bridge(&p->bridge->config), outer = view_of_parent(p);

	CHECK_EQ(t, b.bus.first, p->bus);
	CHECK(t, inside(b.bus, outer.bus) && b.bus.first <= b.bus.last);
	CHECK(t, b.bus.first > p->bridge->bus);
	CHECK(t, inside(b.low, outer.low));
	CHECK(t, inside(b.high, outer.high));
}

static void check_siblings(struct test_run *t, const struct pci_port *p, const struct pci_port *q)
{
	struct bridge_view a = read_bridge(&p->bridge->config), b = read_bridge(&q->bridge->config);

	CHECK(t, !overlap(a.bus, b.bus));
	CHECK(t, !overlap(a.low, b.low));
	CHECK(t, !overlap(a.high, b.high));
}

/* Its BARs are in the windows of the bridge above, and in no window of a bridge beside it. */
static void check_function(struct test_run *t, const struct pci_function *f)
{
	struct bridge_view outer =
		f->behind ? read_bridge(&f->behind->bridge->config) : host_windows();
	const struct pci_port *p;

	for (unsigned n = 0; n < PCI_BARS; n++) {
		const struct pci_bar *b = &f->bar[n];
		struct range64 r = { b->bus, b->bus + b->len - 1 };

		if (!b->len || b->bus == PA_NONE)
			continue;
		CHECK(t, inside(r, outer.low) || inside(r, outer.high));
		for (unsigned i = 0; (p = pci_port_nth(i)); i++)
			if (p->bridge->behind == f->behind) {
				struct bridge_view beside = read_bridge(&p->bridge->config);

				CHECK(t, !overlap(r, beside.low) && !overlap(r, beside.high));
			}
	}
}

TEST(pci, windows,
     .claim =
	     "buses, windows and BARs are inside those of the bridge above them, and never overlap")
{
	const struct pci_port *p, *q;
	const struct pci_function *f;
	unsigned ports = 0, nested = 0;

	for (; (p = pci_port_nth(ports)); ports++) {
		check_nested(t, p);
		nested += p->bridge->behind != NULL;
		for (unsigned i = 0; (q = pci_port_nth(i)) && q != p; i++)
			if (q->bridge->behind == p->bridge->behind)
				check_siblings(t, p, q);
	}
	for (unsigned i = 0; (f = pci_nth(i)); i++)
		check_function(t, f);
	if (!ports)
		test_skip(t, "this machine has no PCI ports");
	test_key(t, "ports=%u behind_switches=%u", ports, nested);
}
