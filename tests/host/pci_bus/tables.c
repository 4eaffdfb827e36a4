/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/pci_bus/tables.c - 64 functions and 32 ports: the last one counts like the others, and
 * those after it are left out with one line; BARs, remarks, and functions that a test simulates.
 */
#include "world.h"
#include <string.h>
#include <want.h>

#define FUNCTIONS 64u
#define PORTS 32u

static unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	while ((text = strstr(text, part))) {
		text++;
		n++;
	}
	return n;
}

static unsigned known(void)
{
	unsigned n = 0;

	while (pci_nth(n))
		n++;
	return n;
}

static void full_of(unsigned nr, const char *says)
{
	const char *log;

	for (unsigned i = 0; i < nr; i++)
		add((struct fake) { ROOT, (u8)(i / 8), i % 8, .header = 0x80, .class = CLASS_D });
	begin();
	log = take_log();
	WANT(count(log, "start 02:") == FUNCTIONS && count(log, "\"") == (*says ? 2 : 0));
	WANT(strstr(log, says) && strstr(log, "start 02:07.7"));
	WANT(known() == FUNCTIONS && !pci_nth(FUNCTIONS));
	pci_forget(NULL);
	WANT(!known());
}

static void full(void)
{
	full_of(FUNCTIONS, "");
}

static void too_full(void)
{
	full_of(FUNCTIONS + 9, "\"pci: more than 64 functions: 02:08.0 and others are left out\"");
}

/* The last place is free again when its card has left. */
static void last_place(void)
{
	struct why why = { 0 };

	add((struct fake) { ROOT, 0, 0, 0x81, .express = ROOT_PORT, .slot_bits = 3 });
	for (unsigned i = 1; i < FUNCTIONS - 1; i++)
		add((struct fake) { ROOT, (u8)(i / 8), i % 8, .header = 0x80 });
	add((struct fake) { 0, 0, 0, .class = CLASS_D });
	begin();
	take_log();
	for (unsigned i = 0; i < 3; i++) {
		WANT(!pci_port_fill(pci_port_nth(0), &why) && known() == FUNCTIONS);
		pci_port_empty(pci_port_nth(0));
		WANT(known() == FUNCTIONS - 1);
	}
}

static void ports_of_the_table(void)
{
	pci_ports_count(PORTS - 1);
	WANT(pci_port_free() && !pci_port_nth(PORTS - 1));
	pci_port_free()->bus = 77;
	pci_port_free()->up = true;
	WANT(!pci_bus_has_ports(77));
	pci_ports_count(PORTS);
	WANT(!pci_port_free() && pci_port_nth(PORTS - 1)->bus == 77 && !pci_port_nth(PORTS));
	WANT(pci_bus_has_ports(77) && !pci_bus_has_ports(78));
}

/* A switch with 32 ports, of which two find no place in the table; each has a device. */
static void wide_switch(void)
{
	const char *log;
	int up;

	last_bus_is = LAST;
	add((struct fake) { ROOT, 5, 0, .header = 1, .express = ROOT_PORT });
	up = (int)add((struct fake) { 0, 0, 0, .header = 1, .express = UP });
	for (u8 i = 0; i < 32; i++)
		add((struct fake) { up, i, 0, .header = 1, .express = DOWN });
	begin();
	log = take_log();
	WANT(count(log, "place 04:") == 30 && pci_ports_nr() == PORTS && known() == 34);
	WANT(count(log, "\"") == 2);
	WANT(strstr(log,
		    "\"pci: 04:1e.0 (1234:0120): there is no bus for this port, nor for others "
		    "after it\""));
}

/* 41 ports are more than the enumeration accepts; the last accepted one is inside a device. */
static void wider_switch(void)
{
	const char *log;
	int up;

	last_bus_is = 4;
	add((struct fake) { ROOT, 5, 0, .header = 1, .express = ROOT_PORT });
	up = (int)add((struct fake) { 0, 0, 0, .header = 1, .express = UP });
	add((struct fake) { up, 0, 0, .header = 1, .express = DOWN });
	for (u8 i = 0; i < 40; i++)
		add((struct fake) { up, 1 + i / 8, i % 8, .header = 0x81, .express = DOWN });
	begin();
	log = take_log();
	WANT(pci_ports_nr() == 2 && known() == 34);
	WANT(count(log, "there is no bus number for the bus behind it") == 32);
}

static void unmapped_root(void)
{
	add((struct fake) { ROOT, 5, 0, .class = CLASS_A });
	no_map_bus = FIRST;
	begin();
	WANT(!known() && count(take_log(), "start") == 0);
}

static void bars(void)
{
	static struct pci_port behind;
	struct pci_function f = { .behind = &behind, .name = "02:05.0", .started = true };

	for (unsigned n = 0; n < PCI_BARS; n++) {
		WANT(!pci_map_bar(&f, n));
		f.bar[n] = (struct pci_bar) { .len = 4096, .pa = 0x50000000 };
		WANT(pci_map_bar(&f, n));
		f.bar[n].pa = PA_NONE;
		WANT(!pci_map_bar(&f, n));
	}
	WANT(!pci_map_bar(&f, PCI_BARS));
	pci_remark(&f, "%u of %s", 7, "them");
	WANT_LOG("remark \"02:05.0: 7 of them\"");
	f.vendor = 0xabc;
	f.device = 0x12;
	pci_log(&f, "a sentence");
	WANT_LOG("\"pci: 02:05.0 (0abc:0012): a sentence\"");
}

/* ---- a function that a test emulates ---- */
static u32 fake_get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	return (at == 0 ? 0x04561234 : 0) & ~0u >> (32 - 8 * bytes);
}

static void fake_set(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	WANT(at == PCI_COMMAND && bytes == 2 && v == 0x400);
}

static bool plays(u8 bus, unsigned slot, unsigned fn, struct pci_config *c)
{
	if (bus != 5 || slot != 3 || fn != 1)
		return false;
	*c = (struct pci_config) { fake_get, fake_set, &last_bus_is };
	return true;
}

static void fake_functions(void)
{
	const struct pci_function *f;

	add((struct fake) { ROOT, 3, 1, .class = CLASS_A });
	begin();
	take_log();
	pci_emulated = plays;
	f = pci_find(5, 3, 1, NULL);
	WANT(f && f->device == 0x456 && f->bus == 5 && f->slot == 3 && f->fn == 1);
	WANT_TEXT(f->name, "05:03.1");
	f = pci_find(FIRST, 3, 1, NULL); /* of the machine */
	WANT(f && f->device == 0x100);
}

void table_tests(void)
{
	static void (*const scenarios[])(void) = {
		full,         too_full,      last_place, ports_of_the_table, wide_switch,
		wider_switch, unmapped_root, bars,       fake_functions,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(scenarios); i++)
		alone(scenarios[i]);
}
