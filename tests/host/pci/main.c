/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - the addresses that place.c gives to BARs and bridges, row by row: each BAR by itself,
 * all together, the window of each, and the free space after they are released. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs the four above */

#include <drivers/irq/irq.h>
#include <tests/host/pci/made.h>
#include <tests/host/pci/rows.h>

#define FUNCTIONS 24

struct pci_host host;
static struct pci_function function[FUNCTIONS];
static u8 registers[FUNCTIONS][256];
static unsigned functions;
static const struct pci_driver driver;

/* ---- fakes ---- */

const struct irqchip *irqchip;
u32 irqchip_phandle;
struct irq_child irq_children[IRQ_CHILDREN_MAX];
unsigned irq_children_nr;

struct pci_host *pci_host(void)
{
	return &host;
}

struct pci_function *pci_nth(unsigned n)
{
	return n < functions ? &function[n] : NULL;
}

static u32 get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	u32 v = 0;

	memcpy(&v, (const u8 *)c->regs + at, bytes);
	return v;
}

static void put(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	memcpy((u8 *)c->regs + at, &v, bytes);
}

/* ---- a machine ---- */

void machine(void)
{
	memset(&host, 0, sizeof(host));
	host.low = (struct pci_window) { .name = "low", .bus = LOW, .pa = LOW_PA, .len = LOW_LEN };
	host.high =
		(struct pci_window) { .name = "high", .bus = HIGH, .pa = HIGH, .len = HIGH_LEN };
	memset(registers, 0, sizeof(registers));
	functions = 0;
}

struct pci_function *add(struct pci_port *behind, bool bridge)
{
	struct pci_function *f = &function[functions];

	*f = (struct pci_function) { .behind = behind, .driver = &driver, .header = bridge };
	f->config = (struct pci_config) { get, put, registers[functions++] };
	for (unsigned n = 0; n < PCI_BARS; n++)
		f->bar[n] = (struct pci_bar) { .bus = PA_NONE, .pa = PA_NONE };
	return f;
}

struct pci_port port_of(struct pci_function *bridge)
{
	return (struct pci_port) { .bridge = bridge, .low = PA_NONE, .high = PA_NONE };
}

u64 register_of(const struct pci_function *f, unsigned n)
{
	u64 low = get(&f->config, PCI_BAR0 + 4 * n, 4);

	return f->bar[n].wide ? low | (u64)get(&f->config, PCI_BAR0 + 4 * n + 4, 4) << 32 : low;
}

/* The windows that a bridge forwards, from its registers (PCI-to-PCI Bridge 1.2, 3.2.5.8). */
void forwards(const struct pci_function *f, u64 low, u64 low_len, u64 high, u64 high_len)
{
	u32 w = get(&f->config, PCI_MEMORY_WINDOW, 4), p = get(&f->config, PCI_PREFETCH_WINDOW, 4);
	u64 first = (u64)(w & 0xfff0) << 16, last = w | 0xfffff;

	if (low_len) {
		assert_int_equal(first, low);
		assert_int_equal(last, low + low_len - 1);
	} else {
		assert_true(first > last);
	}
	first = (u64)get(&f->config, PCI_PREFETCH_BASE_HIGH, 4) << 32 | (u64)(p & 0xfff0) << 16;
	last = (u64)get(&f->config, PCI_PREFETCH_LIMIT_HIGH, 4) << 32 | p | 0xfffff;
	assert_int_equal(p & 0xf, 1);
	assert_int_equal(p >> 16 & 0xf, 1);
	if (high_len) {
		assert_int_equal(first, high);
		assert_int_equal(last, high + high_len - 1);
	} else {
		assert_true(first > last);
	}
}

void bar(struct pci_function *f, unsigned n, u64 len, bool wide, bool prefetch)
{
	f->bar[n] = (struct pci_bar) {
		.len = len, .bus = PA_NONE, .pa = PA_NONE, .wide = wide, .prefetch = prefetch
	};
}

/* ---- rows ---- */

/* One BAR, at each place, behind a port and on the root bus. */
static void each_bar_gets_an_address(void **state)
{
	(void)state;
	for (unsigned n = 0; n < PCI_BARS; n++)
		for (u64 len = 16; len <= 16 * MiB; len *= 4) {
			struct pci_function *bridge, *f;
			u64 piece = len < MiB ? MiB : len;
			struct pci_port port;

			machine();
			bridge = add(NULL, true);
			port = port_of(bridge);
			f = add(&port, false);
			bar(f, n, len, false, false);
			assert_int_equal(pci_place_behind(&port, NULL), 0);
			assert_int_equal(port.low, LOW);
			assert_int_equal(port.high, PA_NONE);
			assert_int_equal(f->bar[n].bus, LOW);
			assert_int_equal(f->bar[n].pa, LOW_PA);
			assert_int_equal(register_of(f, n), LOW);
			forwards(bridge, LOW, piece, 0, 0);
			assert_int_equal(host.low.nr, 1);
			assert_int_equal(host.low.piece[0].len, piece);
			pci_unplace(&port);
			assert_int_equal(host.low.nr, 0);
			assert_int_equal(port.low, PA_NONE);
			forwards(bridge, 0, 0, 0, 0);
			bar(f, n, len, false, false);
			f->behind = NULL;
			assert_int_equal(pci_place_alone(f, NULL), 0);
			assert_int_equal(register_of(f, n), LOW);
			assert_int_equal(host.low.piece[0].len, len);
		}
}

/* All BARs of a function: the largest first, without gaps, in a window of their sum. */
static void the_largest_comes_first(void **state)
{
	static const u64 lens[PCI_BARS] = { 64, 4 * MiB, 4096, 2 * MiB, 65536, MiB };
	static const u64 at[PCI_BARS] = {
		7 * MiB + 65536 + 4096, 0, 7 * MiB + 65536, 4 * MiB, 7 * MiB, 6 * MiB
	};
	struct pci_function *bridge, *f, *other, *idle;
	struct pci_port port, beside;

	(void)state;
	machine();
	bridge = add(NULL, true);
	port = port_of(bridge);
	f = add(&port, false);
	other = add(NULL, false); /* on the root bus: none of these windows is for it */
	idle = add(&port, false); /* no driver wants it */
	idle->driver = NULL;
	bar(other, 0, 16 * MiB, false, false);
	bar(idle, 0, 16 * MiB, false, false);
	for (unsigned n = 0; n < PCI_BARS; n++)
		bar(f, n, lens[n], false, false);
	assert_int_equal(pci_place_behind(&port, NULL), 0);
	for (unsigned n = 0; n < PCI_BARS; n++) {
		assert_int_equal(f->bar[n].bus, LOW + at[n]);
		assert_int_equal(f->bar[n].pa, LOW_PA + at[n]);
		assert_int_equal(register_of(f, n), LOW + at[n]);
	}
	assert_int_equal(other->bar[0].bus, PA_NONE);
	assert_int_equal(idle->bar[0].bus, PA_NONE);
	forwards(bridge, LOW, 8 * MiB, 0, 0);
	beside = port_of(add(NULL, true));
	f = add(&beside, false);
	bar(f, 5, MiB, false, false);
	assert_int_equal(pci_place_behind(&beside, NULL), 0);
	assert_int_equal(f->bar[5].bus, LOW + 8 * MiB); /* next to it */
	forwards(beside.bridge, LOW + 8 * MiB, MiB, 0, 0);
}

/* Which BAR is placed in the 64-bit window, where there is one: a large one of 64 bits,
 * prefetchable. */
static void large_bars_go_high(void **state)
{
	static const struct {
		u64 len;
		bool wide, prefetch, window, high;
	} rows[] = {
		{ 2 * MiB, true, true, true, true },   { 4 * MiB, true, true, true, true },
		{ MiB, true, true, true, false },      { 2 * MiB, true, false, true, false },
		{ 2 * MiB, false, true, true, false }, { 2 * MiB, true, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_function *bridge, *f;
		struct pci_port port;
		u64 at = rows[i].high ? HIGH : LOW;

		machine();
		host.high.len = rows[i].window ? HIGH_LEN : 0;
		bridge = add(NULL, true);
		port = port_of(bridge);
		f = add(&port, false);
		bar(f, 2, rows[i].len, rows[i].wide, rows[i].prefetch);
		assert_int_equal(pci_place_behind(&port, NULL), 0);
		assert_int_equal(f->bar[2].bus, at);
		assert_int_equal(register_of(f, 2), at);
		forwards(bridge, LOW, rows[i].high ? 0 : rows[i].len, HIGH,
			 rows[i].high ? rows[i].len : 0);
		assert_int_equal(host.high.nr, rows[i].high);
		assert_int_equal(host.low.nr, !rows[i].high);
		pci_unplace(&port);
		assert_int_equal(host.high.nr + host.low.nr, 0);
	}
}

/* No room: the request is refused, and the window is whole again afterwards. */
static void no_room_is_refused(void **state)
{
	struct pci_function *f;
	struct pci_port port;
	struct why why = { 0 };

	(void)state;
	machine();
	port = port_of(add(NULL, true));
	f = add(&port, false);
	bar(f, 0, LOW_LEN, false, false);
	assert_int_equal(pci_place_behind(&port, NULL), 0); /* all of it */
	f = add(NULL, false);
	bar(f, 5, 16, false, false);
	assert_int_equal(pci_place_alone(f, &why), -ENOMEM);
	assert_int_equal(why.code, -ENOMEM);
	pci_unplace(&port);
	assert_int_equal(pci_place_alone(f, &why), 0);
	bar(f, 5, 2 * LOW_LEN, false, false);
	assert_int_equal(pci_place_alone(f, &why), -ERANGE);
}

/* A switch: the port above gets an eighth of the 32-bit window and half of the other, its upstream
 * port half and all of that; devices behind it take from these alone. */
static void switches_share(void **state)
{
	struct pci_function *bridge, *up_bridge, *down, *f;
	struct pci_port port, up, slot;

	(void)state;
	machine();
	bridge = add(NULL, true);
	port = port_of(bridge);
	up_bridge = add(&port, true);
	up = port_of(up_bridge);
	assert_int_equal(pci_place_switch(&port, &up, NULL), 0);
	forwards(bridge, LOW, LOW_LEN / 8, HIGH, HIGH_LEN / 2);
	forwards(up_bridge, LOW, LOW_LEN / 16, HIGH, HIGH_LEN / 2);
	down = add(&up, true);
	slot = port_of(down);
	f = add(&slot, false);
	bar(f, 0, 64 * MiB, true, true);
	bar(f, 2, MiB, false, false);
	assert_int_equal(pci_place_behind(&slot, NULL), 0);
	assert_int_equal(f->bar[0].bus, HIGH);
	assert_int_equal(f->bar[2].bus, LOW);
	assert_int_equal(f->bar[2].pa, LOW_PA);
	forwards(down, LOW, MiB, HIGH, 64 * MiB);
	assert_int_equal(host.low.nr + host.high.nr, 2);
	pci_unplace(&slot);
	pci_unplace(&up);
	pci_unplace(&port);
	forwards(bridge, 0, 0, 0, 0);
	assert_int_equal(host.low.nr + host.high.nr, 0);
	assert_null(port.space);
	assert_null(up.space);
}

/* So many switches and no more; after they are removed there is room for as many. */
static void switches_are_counted(void **state)
{
	struct pci_port port[PCI_SWITCHES + 1], up[PCI_SWITCHES + 1];
	struct why why = { 0 };

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		machine();
		for (unsigned i = 0; i <= PCI_SWITCHES; i++) {
			port[i] = port_of(add(NULL, true));
			up[i] = port_of(add(&port[i], true));
			assert_int_equal(pci_place_switch(&port[i], &up[i], &why),
					 i < PCI_SWITCHES ? 0 : -ENOMEM);
		}
		for (unsigned i = PCI_SWITCHES + 1; i-- > 0;) {
			pci_unplace(&up[i]);
			pci_unplace(&port[i]);
		}
		assert_int_equal(host.low.nr + host.high.nr, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bar_gets_an_address),
		cmocka_unit_test(the_largest_comes_first),
		cmocka_unit_test(large_bars_go_high),
		cmocka_unit_test(no_room_is_refused),
		cmocka_unit_test(switches_share),
		cmocka_unit_test(switches_are_counted),
		cmocka_unit_test(pieces_are_apart),
		cmocka_unit_test(odd_windows_have_an_end),
		cmocka_unit_test(pieces_are_counted),
		cmocka_unit_test(windows_move_at_once),
		cmocka_unit_test(bars_are_sized_undecoded),
		cmocka_unit_test(sums_are_rounded),
		cmocka_unit_test(addresses_are_multiples),
		cmocka_unit_test(both_kinds_are_placed),
		cmocka_unit_test(failures_leave_nothing),
		cmocka_unit_test(small_windows_are_split),
		cmocka_unit_test(windows_in_pieces_are_split),
		cmocka_unit_test(a_space_begins_anew),
		cmocka_unit_test(messages_go_by_the_map),
		cmocka_unit_test(windows_come_from_ranges),
		cmocka_unit_test(bridges_are_refused),
		cmocka_unit_test(buses_come_from_bus_range),
		cmocka_unit_test(wires_go_by_the_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
