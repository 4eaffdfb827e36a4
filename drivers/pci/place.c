/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/place.c - assigns addresses to BARs.
 *
 * Large prefetchable 64-bit BARs get addresses in the host bridge's 64-bit window, all others in
 * the 32-bit window.  On the root bus each BAR is a piece of its own.  Behind a port all BARs of a
 * kind form one piece, largest first, which is the window of the port.  The window is freed with
 * the device, so one port may use the whole window of the host bridge.
 *
 * A switch gets its windows once, a part of the host bridge's, and keeps them; devices behind it
 * get pieces of these windows.  A window cannot grow later: it would have to move, under memory
 * that is in use.
 */
#include <drivers/pci/pci_internal.h>
#include <lib/init.h>
#include <lib/string.h>

#define LARGE (2 * MiB)
#define BRIDGE_GRAIN MiB /* granularity of bridge windows (PCI-to-PCI Bridge 1.2, 3.2.5.8) */
#define BRIDGE_WIDE 1u   /* the prefetchable window has upper halves */

static struct pci_space spaces[2 * PCI_SWITCHES] NOINIT; /* new_space() writes each first */
static unsigned spaces_nr;

static bool is_large(const struct pci_bar *b)
{
	return b->wide && b->prefetch && b->len >= LARGE && pci_host()->high.len;
}

/* The window for addresses of a function and of all devices behind it. */
static struct pci_window *window_of(const struct pci_function *f, bool large)
{
	struct pci_space *s = f->behind ? f->behind->space : NULL;

	if (s)
		return large ? &s->high : &s->low;
	return large ? &pci_host()->high : &pci_host()->low;
}

static void bar_assign(struct pci_bar *b, const struct pci_window *w, u64 bus)
{
	b->bus = bus;
	b->pa = pci_window_pa(w, bus);
}

int pci_place_alone(struct pci_function *f, struct why *why)
{
	for (unsigned n = 0; n < PCI_BARS; n++) {
		struct pci_bar *b = &f->bar[n];
		struct pci_window *w = window_of(f, is_large(b));
		u64 bus;

		if (!b->len)
			continue;
		bus = pci_window_alloc(w, b->len, max_u64(b->len, 16), why);
		if (bus == PA_NONE)
			return why->code;
		bar_assign(b, w, bus);
	}
	return pci_place_bars(&f->config, pci_bars_of(f->header), f->bar, why);
}

/* The largest BAR of that kind behind the port that has no address yet, or NULL. */
static struct pci_bar *largest(const struct pci_port *port, bool large)
{
	struct pci_bar *best = NULL;
	struct pci_function *f;

	for (unsigned i = 0; (f = pci_nth(i)); i++)
		for (unsigned n = 0; f->behind == port && f->driver && n < PCI_BARS; n++) {
			struct pci_bar *b = &f->bar[n];

			if (b->len && b->bus == PA_NONE && is_large(b) == large &&
			    (!best || b->len > best->len))
				best = b;
		}
	return best;
}

/* Sum of the BARs of that kind: powers of two in descending order need no gaps. */
static u64 bytes_of(const struct pci_port *port, bool large)
{
	struct pci_function *f;
	u64 sum = 0;

	for (unsigned i = 0; (f = pci_nth(i)); i++)
		for (unsigned n = 0; f->behind == port && f->driver && n < PCI_BARS; n++)
			if (f->bar[n].len && is_large(&f->bar[n]) == large)
				sum += f->bar[n].len;
	return sum;
}

/* Assign the piece of one kind; *piece is PA_NONE if none is needed, or after an error. */
static int place_kind(const struct pci_port *port, bool large, u64 *piece, u64 *len,
		      struct why *why)
{
	struct pci_window *w = window_of(port->bridge, large);
	struct pci_bar *b = largest(port, large);
	u64 at;

	*piece = PA_NONE;
	*len = align_up(bytes_of(port, large), BRIDGE_GRAIN);
	if (!b)
		return 0;
	at = *piece = pci_window_alloc(w, *len, max_u64(b->len, BRIDGE_GRAIN), why);
	if (at == PA_NONE)
		return why->code;
	for (; b; b = largest(port, large)) {
		bar_assign(b, w, at);
		at += b->len;
	}
	return 0;
}

/* Program the port's windows; base above limit means closed. */
static void set_windows(const struct pci_port *port, u64 low_len, u64 high_len)
{
	const struct pci_config *c = &port->bridge->config;
	u64 first = port->low == PA_NONE ? MiB : port->low;
	u64 last = port->low == PA_NONE ? 0 : port->low + low_len - 1;

	pci_write32(c, PCI_MEMORY_WINDOW, (u32)(last >> 20 << 20 | (first >> 20 << 4 & 0xfff0)));
	first = port->high == PA_NONE ? MiB : port->high;
	last = port->high == PA_NONE ? 0 : port->high + high_len - 1;
	/* closed until the whole base is written (3.2.5.10) */
	pci_write32(c, PCI_PREFETCH_BASE_HIGH, ~0u);
	pci_write32(c, PCI_PREFETCH_WINDOW,
		    (u32)((last >> 20 << 20 & 0xfff00000) | (first >> 16 & 0xfff0) |
			  BRIDGE_WIDE << 16 | BRIDGE_WIDE));
	pci_write32(c, PCI_PREFETCH_LIMIT_HIGH, (u32)(last >> 32));
	pci_write32(c, PCI_PREFETCH_BASE_HIGH, (u32)(first >> 32));
}

void pci_unplace(struct pci_port *port)
{
	if (port->low != PA_NONE)
		pci_window_free(window_of(port->bridge, false), port->low);
	if (port->high != PA_NONE)
		pci_window_free(window_of(port->bridge, true), port->high);
	port->low = port->high = PA_NONE;
	spaces_nr -= port->space != NULL; /* spaces are freed in reverse order */
	port->space = NULL;
	set_windows(port, 0, 0);
}

int pci_place_behind(struct pci_port *port, struct why *why)
{
	struct pci_function *f;
	u64 low_len, high_len;
	int err = place_kind(port, false, &port->low, &low_len, why);

	if (!err)
		err = place_kind(port, true, &port->high, &high_len, why);
	if (!err)
		set_windows(port, low_len, high_len);
	for (unsigned i = 0; !err && (f = pci_nth(i)); i++)
		if (f->behind == port && f->driver)
			err = pci_place_bars(&f->config, pci_bars_of(f->header), f->bar, why);
	return err;
}

/* ---- switches ---- */

/* Allocate the largest available power of two, at most `share` bytes.  Returns its length, 0 if
 * there is none. */
static u64 window_split(struct pci_window *from, u64 share, struct pci_window *w)
{
	for (u64 len = share ? BIT(log2_u64(share)) : 0; len >= BRIDGE_GRAIN; len /= 2) {
		u64 at = pci_window_alloc(from, len, len, NULL);

		if (at == PA_NONE)
			continue;
		w->bus = at;
		w->pa = pci_window_pa(from, at);
		w->len = len;
		return len;
	}
	return 0;
}

/* Windows of one more port of a switch; NULL: too many switches. */
static struct pci_space *new_space(void)
{
	struct pci_space *s = spaces_nr < ARRAY_SIZE(spaces) ? &spaces[spaces_nr++] : NULL;

	if (s)
		*s = (struct pci_space) { .low.name = "switch's 32-bit window",
					  .high.name = "switch's 64-bit window" };
	return s;
}

/* Program a bridge with the fixed windows of its space. */
static void open_windows(struct pci_port *p)
{
	p->low = p->space->low.len ? p->space->low.bus : PA_NONE;
	p->high = p->space->high.len ? p->space->high.bus : PA_NONE;
	set_windows(p, p->space->low.len, p->space->high.len);
}

/* The window of the port above also contains the registers of the upstream port, which are small.
 */
int pci_place_switch(struct pci_port *port, struct pci_port *up, struct why *why)
{
	struct pci_window *low = window_of(port->bridge, false);
	struct pci_window *high = window_of(port->bridge, true);

	port->space = new_space();
	up->space = port->space ? new_space() : NULL;
	if (!up->space)
		return refuse(why, ENOMEM, "more than %d switches: devices behind it are left out",
			      PCI_SWITCHES);
	window_split(low, low->len / 8, &port->space->low);
	window_split(high, high->len / 2, &port->space->high);
	window_split(&port->space->low, port->space->low.len / 2, &up->space->low);
	window_split(&port->space->high, port->space->high.len, &up->space->high);
	open_windows(port);
	open_windows(up);
	return pci_place_alone(up->bridge, why);
}
