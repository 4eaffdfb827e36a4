/* SPDX-License-Identifier: BSD-2-Clause */
/* places.c - sums and alignments of the BARs behind a port, failures, and windows of switches that
 * are small or in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs the four above */

#include <tests/host/pci/made.h>
#include <tests/host/pci/rows.h>

static u32 get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	u32 v = 0;

	memcpy(&v, (const u8 *)c->regs + at, bytes);
	return v;
}

/* A function with one BAR of 64 KiB, which must not be written while it decodes. */
static void put_sized(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	u8 *regs = (u8 *)c->regs;

	if (at >= PCI_BAR0 && at < PCI_BAR0 + 4 * PCI_BARS) {
		assert_int_equal(regs[PCI_COMMAND] & (PCI_COMMAND_MEMORY | PCI_COMMAND_IO), 0);
		v = at == PCI_BAR0 ? v & ~(u32)(64 * KiB - 1) : 0;
	}
	memcpy(regs + at, &v, bytes);
}

/* Whatever firmware left in the command register, a BAR holds no address while it is sized. */
void bars_are_sized_undecoded(void **state)
{
	(void)state;
	for (unsigned command = 0; command < 8; command++) {
		u8 regs[256] = { [PCI_COMMAND] = (u8)command };
		const struct pci_config c = { get, put_sized, regs };
		struct pci_bar bars[PCI_BARS];

		assert_int_equal(pci_size_bars(&c, PCI_BARS, bars, NULL), 0);
		assert_int_equal(bars[0].len, 64 * KiB);
		assert_int_equal(bars[1].len, 0);
	}
}

/* A port's window is the sum of its BARs, in whole MiB (PCI-to-PCI Bridge 1.2, 3.2.5.8). */
void sums_are_rounded(void **state)
{
	static const struct {
		u64 len[PCI_BARS], piece;
	} rows[] = {
		{ { 2 * MiB, MiB }, 3 * MiB },
		{ { MiB, 64 * KiB }, 2 * MiB },
		{ { 64 * KiB, 4 * MiB }, 5 * MiB },
		{ { 64 * KiB, 64 * KiB }, MiB },
		{ { 512 * KiB, 256 * KiB, 128 * KiB, 128 * KiB }, MiB },
		{ { 512 * KiB, 256 * KiB, 128 * KiB, 128 * KiB, 16 }, 2 * MiB },
		{ { 16, 0, 0, 0, 0, 8 * MiB }, 9 * MiB },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_function *bridge, *f;
		struct pci_port port;

		machine();
		bridge = add(NULL, true);
		port = port_of(bridge);
		f = add(&port, false);
		for (unsigned n = 0; n < PCI_BARS; n++)
			bar(f, n, rows[i].len[n], false, false);
		assert_int_equal(pci_place_behind(&port, NULL), 0);
		forwards(bridge, LOW, rows[i].piece, 0, 0);
		assert_int_equal(host.low.piece[0].len, rows[i].piece);
		for (unsigned n = 0; n < PCI_BARS; n++)
			assert_int_equal(f->bar[n].bus == PA_NONE, !rows[i].len[n]);
	}
}

/* A BAR is at a multiple of its length; a port's window at one of its largest BAR's, or of 1 MiB.
 */
void addresses_are_multiples(void **state)
{
	static const struct {
		u64 len, is;
		bool alone;
	} rows[] = {
		{ 16, LOW, true },
		{ 64 * KiB, LOW + 64 * KiB, true },
		{ 64 * KiB, LOW + MiB, false },
		{ MiB, LOW + 2 * MiB, false },
		{ 4 * MiB, LOW + 4 * MiB, false },
		{ 32, LOW + 32, true },
		{ MiB, LOW + 3 * MiB, true },
	};

	(void)state;
	machine();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_port *port = test_malloc(sizeof(*port));
		struct pci_function *f;

		*port = port_of(rows[i].alone ? NULL : add(NULL, true));
		f = add(rows[i].alone ? NULL : port, false);
		bar(f, 1, rows[i].len, false, false);
		if (rows[i].alone)
			assert_int_equal(pci_place_alone(f, NULL), 0);
		else
			assert_int_equal(pci_place_behind(port, NULL), 0);
		assert_int_equal(f->bar[1].bus, rows[i].is);
		assert_int_equal(f->bar[1].pa, rows[i].is - LOW + LOW_PA);
		assert_int_equal(register_of(f, 1), rows[i].is);
		f->behind = NULL;
		test_free(port);
	}
}

/* Several functions, BARs of both kinds: a window for each, and each BAR in its own. */
void both_kinds_are_placed(void **state)
{
	struct pci_function *bridge, *f, *second;
	struct pci_port port;

	(void)state;
	machine();
	bridge = add(NULL, true);
	port = port_of(bridge);
	f = add(&port, false);
	second = add(&port, false);
	bar(f, 0, 64 * KiB, false, false);
	bar(f, 2, 4 * MiB, true, true);
	bar(second, 0, 16 * MiB, true, true);
	bar(second, 5, 2 * MiB, false, false);
	assert_int_equal(pci_place_behind(&port, NULL), 0);
	forwards(bridge, LOW, 3 * MiB, HIGH, 20 * MiB);
	assert_int_equal(register_of(second, 5), LOW);
	assert_int_equal(register_of(f, 0), LOW + 2 * MiB);
	assert_int_equal(register_of(second, 0), HIGH);
	assert_int_equal(register_of(f, 2), HIGH + 16 * MiB);
	assert_int_equal(f->bar[2].pa, HIGH + 16 * MiB);
	assert_int_equal(f->bar[0].pa, LOW_PA + 2 * MiB);
	pci_unplace(&port);
	forwards(bridge, 0, 0, 0, 0);
	assert_int_equal(host.low.nr + host.high.nr, 0);
}

static void fails(struct pci_port *port, int code)
{
	struct why why = { 0 };

	assert_int_equal(pci_place_behind(port, &why), code);
	assert_int_equal(why.code, code);
	forwards(port->bridge, 0, 0, 0, 0);
	pci_unplace(port);
	forwards(port->bridge, 0, 0, 0, 0);
	assert_int_equal(port->low, PA_NONE);
	assert_int_equal(port->high, PA_NONE);
	assert_int_equal(host.low.nr + host.high.nr, 0);
}

/* ---- while windows are opened and closed ---- */
static struct pci_function *watched;
static u64 may_first, may_last; /* of the prefetchable window */

/* After each write the window is closed, or has its old or its new range: addresses outside belong
 * to other devices, which are accessed meanwhile. */
static void watch(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	u64 first, last;
	u32 p;

	memcpy((u8 *)c->regs + at, &v, bytes);
	memcpy(&p, (u8 *)c->regs + PCI_PREFETCH_WINDOW, 4);
	first = (u64)pci_read32(c, PCI_PREFETCH_BASE_HIGH) << 32 | (u64)(p & 0xfff0) << 16;
	last = (u64)pci_read32(c, PCI_PREFETCH_LIMIT_HIGH) << 32 | p | 0xfffff;
	if (first <= last) {
		assert_int_equal(first, may_first);
		assert_int_equal(last, may_last);
	}
}

void windows_move_at_once(void **state)
{
	static const u64 at[] = { HIGH, HIGH + 0x40000000, 0x40000000 };
	struct pci_function *f;
	struct pci_port port;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		machine();
		host.high.bus = host.high.pa = may_first = at[i];
		may_last = may_first + 64 * MiB - 1;
		watched = add(NULL, true);
		port = port_of(watched);
		pci_unplace(&port); /* as firmware or a reset left it: closed */
		watched->config.write = watch;
		f = add(&port, false);
		bar(f, 0, 64 * MiB, true, true);
		assert_int_equal(pci_place_behind(&port, NULL), 0);
		forwards(watched, 0, 0, at[i], 64 * MiB);
		pci_unplace(&port);
		forwards(watched, 0, 0, 0, 0);
	}
}

static void loses(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	(void)c, (void)at, (void)bytes, (void)v;
}

void failures_leave_nothing(void **state)
{
	struct why why = { 0 };
	struct pci_function *f;
	struct pci_port port;

	(void)state;
	machine();
	port = port_of(add(NULL, true));
	pci_unplace(&port);
	f = add(&port, false);
	bar(f, 0, 2 * LOW_LEN, false, false);
	fails(&port, -ERANGE);
	bar(f, 0, MiB, false, false);
	bar(f, 2, 2 * HIGH_LEN, true, true);
	fails(&port, -ERANGE);
	bar(f, 0, MiB, false, false);
	bar(f, 2, 0, false, false);
	f->config.write = loses;
	assert_int_equal(pci_place_behind(&port, &why), -EIO);
	assert_string_equal(why.text, "BAR 0 does not hold its address 0x10000000");
	pci_unplace(&port);
	forwards(port.bridge, 0, 0, 0, 0);
	assert_int_equal(host.low.nr, 0);
	bar(f, 0, MiB, false, false);
	assert_int_equal(pci_place_alone(f, &why), -EIO);
}

/* ---- switches ---- */
static struct pci_port port, up;

static struct pci_function *a_switch(void)
{
	struct pci_function *upper;

	port = port_of(add(NULL, true));
	upper = add(&port, true);
	up = port_of(upper);
	bar(upper, 1, 64 * KiB, false, false);
	return upper;
}

static void closes(void)
{
	pci_unplace(&up);
	pci_unplace(&port);
	assert_null(up.space);
	assert_null(port.space);
	forwards(up.bridge, 0, 0, 0, 0);
	forwards(port.bridge, 0, 0, 0, 0);
	assert_int_equal(host.low.nr + host.high.nr, 0);
}

/* An eighth of the 32-bit window and half of that; a power of two, a MiB at least; registers of the
 * upstream port are in the rest of the eighth. */
void small_windows_are_split(void **state)
{
	static const struct {
		u64 low, high;           /* the bridge's */
		u64 port, up, port_high; /* 0: closed */
		int code;
	} rows[] = {
		{ 16 * MiB, MiB, 2 * MiB, MiB, 0, 0 },
		{ 16 * MiB, 2 * MiB, 2 * MiB, MiB, MiB, 0 },
		{ 31 * MiB, 3 * MiB, 2 * MiB, MiB, MiB, 0 },
		{ 32 * MiB, 0, 4 * MiB, 2 * MiB, 0, 0 },
		{ 15 * MiB, 7 * MiB, MiB, 0, 2 * MiB, 0 },
		{ 7 * MiB, 4 * MiB, 0, 0, 2 * MiB, -ERANGE },
		{ 0, 4 * MiB, 0, 0, 2 * MiB, -ERANGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_function *upper;
		struct why why = { 0 };

		machine();
		host.low.len = rows[i].low;
		host.high.len = rows[i].high;
		upper = a_switch();
		assert_int_equal(pci_place_switch(&port, &up, &why), rows[i].code);
		forwards(port.bridge, LOW, rows[i].port, HIGH, rows[i].port_high);
		forwards(upper, LOW, rows[i].up, HIGH, rows[i].port_high);
		if (!rows[i].code)
			assert_int_equal(register_of(upper, 1), LOW + rows[i].up);
		if (!rows[i].code)
			assert_int_equal(upper->bar[1].pa, LOW_PA + rows[i].up);
		if (upper->bar[1].bus != PA_NONE)
			pci_window_free(&port.space->low, upper->bar[1].bus);
		closes();
	}
}

/* The rest of a window in one piece: the largest power of two that fits. */
void windows_in_pieces_are_split(void **state)
{
	struct pci_function *upper;

	(void)state;
	machine();
	assert_int_equal(pci_window_alloc(&host.low, 58 * MiB, MiB, NULL), LOW);
	assert_int_equal(pci_window_alloc(&host.high, HIGH_LEN - 5 * MiB, MiB, NULL), HIGH);
	upper = a_switch();
	assert_int_equal(pci_place_switch(&port, &up, NULL), 0);
	forwards(port.bridge, LOW + 60 * MiB, 4 * MiB, HIGH + HIGH_LEN - 4 * MiB, 4 * MiB);
	forwards(upper, LOW + 60 * MiB, 2 * MiB, HIGH + HIGH_LEN - 4 * MiB, 4 * MiB);
	assert_int_equal(port.space->low.pa, LOW_PA + 60 * MiB);
	assert_int_equal(register_of(upper, 1), LOW + 62 * MiB);
	pci_window_free(&host.low, LOW);
	pci_window_free(&host.high, HIGH);
	closes();
}

/* Nothing is left of the switch that had the windows before; they are known by their names. */
void a_space_begins_anew(void **state)
{
	struct pci_function *f;
	struct pci_port slot;
	struct why why = { 0 };

	(void)state;
	machine();
	a_switch();
	assert_int_equal(pci_place_switch(&port, &up, NULL), 0);
	closes();
	machine();
	host.high.len = 0;
	a_switch();
	assert_int_equal(pci_place_switch(&port, &up, NULL), 0);
	forwards(port.bridge, LOW, LOW_LEN / 8, 0, 0);
	forwards(up.bridge, LOW, LOW_LEN / 16, 0, 0);
	assert_int_equal(up.space->low.nr, 0);
	slot = port_of(add(&up, true));
	f = add(&slot, false);
	bar(f, 0, 8 * MiB, false, false);
	assert_int_equal(pci_place_behind(&slot, &why), -ERANGE);
	assert_string_equal(why.text, "8 MiB do not fit into the switch's 32-bit window of 4 MiB");
	pci_unplace(&slot);
	closes();
	machine();
	host.high.len = 64 * MiB;
	a_switch();
	assert_int_equal(pci_place_switch(&port, &up, NULL), 0);
	slot = port_of(add(&up, true));
	f = add(&slot, false);
	bar(f, 0, 64 * MiB, true, true);
	assert_int_equal(pci_place_behind(&slot, &why), -ERANGE);
	assert_string_equal(why.text,
			    "64 MiB do not fit into the switch's 64-bit window of 32 MiB");
	pci_unplace(&slot);
	closes();
}
