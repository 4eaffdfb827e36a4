/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/pci_bus/boot.c - enumeration at boot: functions of the root bus, ports and switches
 * with their buses, which drivers start, and which functions stay off.
 */
#include "world.h"
#include <string.h>
#include <want.h>

#define CLAIMS "claim 1000+20; claim 3000+40"

/* ---- the result ---- */
struct port_row {
	unsigned bridge; /* of the world */
	u8 before, bus, last;
	bool up, hotplug, occupied;
	int leads; /* bus of the upstream port behind it, 0: none */
};

static void ports_are(const struct port_row *rows, unsigned nr)
{
	WANT(pci_ports_nr() == nr && !pci_port_nth(nr));
	for (unsigned i = 0; i < nr && pci_port_nth(i); i++) {
		const struct port_row *r = &rows[i];
		const struct pci_port *p = pci_port_nth(i);

		WANT(p->bridge->device == 0x100 + r->bridge && p->bus == r->bus);
		WANT(p->up == r->up && p->hotplug == r->hotplug && p->occupied == r->occupied);
		WANT((p->upstream ? p->upstream->bus : 0) == r->leads && p->express == EXPRESS);
		WANT(word_of(r->bridge, 0x18, 4) == (u32)(r->before | r->bus << 8 | r->last << 16));
		WANT(word_of(r->bridge, 4, 2) == 0x406);
		WANT(pci_bus_has_ports(r->bus) == r->up);
	}
}

struct function_row {
	const char *name;
	unsigned is; /* of the world */
	u16 command;
	u32 irq;
	const char *driver; /* NULL: none */
};

static void functions_are(const struct function_row *rows, unsigned nr)
{
	unsigned known = 0;

	while (pci_nth(known))
		known++;
	WANT(known == nr);
	for (unsigned i = 0; i < nr; i++) {
		const struct function_row *r = &rows[i];
		const struct pci_function *f = function_at(r->name);

		if (!f || f->device != 0x100 + r->is) {
			printf("# FAIL %s\n", r->name);
			want_failed++;
			continue;
		}
		WANT(f->vendor == 0x1234 && f->class == world[r->is].class && f->irq == r->irq);
		WANT(f->header == world[r->is].header && f->pin == world[r->is].pin);
		WANT(f->irq == ~0u || f->irq_flags == 4);
		WANT(f->irq_used == ~0u && word_of(r->is, 4, 2) == r->command);
		WANT(f->started == (r->command == 0x406 && r->driver));
		WANT(f->driver ? r->driver && !strcmp(f->driver->name, r->driver) : !r->driver);
		WANT(f->bus << 8 == (f->behind ? f->behind->bus : FIRST) << 8);
	}
}

/* ---- scenarios ---- */
static void root_bus(void)
{
	static const struct function_row rows[] = {
		{ "02:00.0", 0, 0x406, 0x01, "a" },  { "02:03.0", 1, 0x400, ~0u, NULL },
		{ "02:03.5", 2, 0x406, 0x34, "a" },  { "02:03.7", 3, 0x406, ~0u, "b" },
		{ "02:04.0", 4, 0x400, 0x43, NULL }, { "02:1f.0", 6, 0x400, ~0u, "a" },
	};

	add((struct fake) { ROOT, 0, 0, .pin = 1, .class = CLASS_A, .bar = 0xfffff000 });
	add((struct fake) { ROOT, 3, 0, .header = 0x80, .class = 0x123456 });
	add((struct fake) { ROOT, 3, 5, .header = 0x80, .pin = 4, .class = CLASS_A });
	add((struct fake) { ROOT, 3, 7, .header = 0x80, .pin = 5, .class = CLASS_B });
	add((struct fake) { ROOT, 4, 0, .pin = 3, .class = CLASS_A + 1 });
	add((struct fake) { ROOT, 4, 1, .class = CLASS_A }); /* a ghost: it is not multi */
	add((struct fake) { ROOT, 31, 0, .class = CLASS_A, .bar = 0xfffff006 });
	WANT(!pci_bridge());
	begin();
	WANT(pci_bridge()->bus_last == 12);
	WANT_LOG(CLAIMS "; place 02:00.0; start 02:00.0; place 02:03.5; start 02:03.5; "
			"place 02:03.7; start 02:03.7; \"pci: 02:1f.0 (1234:0106): BAR 0 is of a "
			"reserved kind\"");
	functions_are(rows, ARRAY_SIZE(rows));
	ports_are(NULL, 0);
}

static void failures_of_the_root_bus(void)
{
	add((struct fake) { ROOT, 1, 0, .class = CLASS_C });
	add((struct fake) { ROOT, 2, 0, .class = CLASS_A });
	claims_fail = 2;
	begin();
	WANT_LOG(CLAIMS
		 "; \"pci: no room to claim the windows of the bridge\"; place 02:01.0; start "
		 "02:01.0; release 02:01.0; \"pci: 02:01.0 (1234:0100): no start of "
		 "02:01.0\"; place 02:02.0; start 02:02.0");
	WANT(word_of(0, 4, 2) == 0x400 && !function_at("02:01.0")->started);
}

static void no_place(void)
{
	add((struct fake) { ROOT, 1, 0, .class = CLASS_A });
	place_code = -ERANGE;
	claims_fail = 1;
	begin();
	WANT_LOG("claim 1000+20; \"pci: no room to claim the windows of the bridge\"; place "
		 "02:01.0; "
		 "\"pci: 02:01.0 (1234:0100): no room\"");
	WANT(word_of(0, 4, 2) == 0x400);
}

static void no_bridge(void)
{
	add((struct fake) { ROOT, 1, 0, .class = CLASS_A });
	node_is = -1;
	begin();
	WANT_LOG("");
	node_is = 7;
	parse_code = -EINVAL;
	begin();
	WANT_LOG("\"no bridge\"");
	WANT(!pci_bridge() && !pci_nth(0));
	parse_code = 0;
	node_is = 0; /* the first node of a tree may be it */
	begin();
	WANT_LOG(CLAIMS "; place 02:01.0; start 02:01.0");
}

/* A function that vanishes while it is read is absent. */
static void vanishing(void)
{
	unsigned f = add((struct fake) { ROOT, 1, 0, .class = CLASS_A, .lives = 4 });

	begin();
	WANT_LOG(CLAIMS);
	WANT(!pci_nth(0) && world[f].absent);
}

static void ports(void)
{
	static const struct function_row rows[] = {
		{ "02:01.0", 0, 0x406, ~0u, NULL },  { "03:00.0", 1, 0x406, 0x12, "a" },
		{ "03:00.1", 2, 0x400, 0x11, NULL }, { "03:00.7", 3, 0x406, 0x14, "b" },
		{ "02:02.0", 4, 0x406, ~0u, NULL },  { "02:06.0", 6, 0x400, ~0u, NULL },
		{ "02:07.0", 7, 0x400, ~0u, NULL },  { "02:08.0", 8, 0x406, ~0u, NULL },
		{ "02:09.0", 9, 0x400, ~0u, NULL },  { "02:0a.0", 10, 0x406, ~0u, NULL },
	};
	static const struct port_row found[] = {
		{ 0, 2, 3, 3, false, false, true, 0 },
		{ 4, 2, 4, 4, false, true, false, 0 },
		{ 8, 2, 5, 5, false, false, false, 0 },
		{ 10, 2, 6, 6, false, false, false, 0 },
	};

	add((struct fake) { ROOT, 1, 0, .header = 1, .express = ROOT_PORT, .bar = 0xfffff000 });
	add((struct fake) { 0, 0, 0, .header = 0x80, .pin = 2, .class = CLASS_A });
	add((struct fake) { 0, 0, 1, .header = 0x80, .pin = 1, .bar = 0xfffff000 });
	add((struct fake) { 0, 0, 7, .header = 0x80, .pin = 4, .class = CLASS_B });
	add((struct fake) { ROOT, 2, 0, 1, .express = ROOT_PORT, .slot_bits = SLOT | HOTPLUG });
	add((struct fake) { 4, 0, 0, .class = CLASS_A }); /* the slot's */
	add((struct fake) { ROOT, 6, 0, .header = 1 });
	add((struct fake) { ROOT, 7, 0, .header = 1, .express = DOWN });
	add((struct fake) { ROOT, 8, 0, .header = 1, .express = ROOT_PORT, .slot_bits = SLOT });
	add((struct fake) { ROOT, 9, 0, .header = 1, .bad_list = true });
	add((struct fake) { ROOT, 10, 0, 1, .express = ROOT_PORT, .slot_bits = HOTPLUG });
	begin();
	WANT_LOG(CLAIMS
		 "; place 02:01.0; unplace 3 (0); place 02:02.0; unplace 4 (0); "
		 "\"pci: 02:06.0 (1234:0106): a bridge that is no root port: devices "
		 "behind it are left out\"; \"pci: 02:07.0 (1234:0107): a port of type 6, no "
		 "root port: devices behind it are left out\"; place 02:08.0; unplace 5 (0); "
		 "\"pci: 02:09.0 (1234:0109): the capability list points into the header\"; "
		 "place 02:0a.0; unplace 6 (0); behind 3; start 03:00.0; start 03:00.7; slot "
		 "4");
	functions_are(rows, ARRAY_SIZE(rows));
	ports_are(found, ARRAY_SIZE(found));
}

/* A bridge whose numbers, BARs or addresses are of no use takes no bus. */
static void bad_bridges(void)
{
	static const struct port_row found[] = { { 2, 2, 3, 3, false, false, false, 0 } };

	add((struct fake) { ROOT, 1, 0, 1, .express = ROOT_PORT, .keeps_buses = true });
	add((struct fake) { ROOT, 2, 0, 1, .express = ROOT_PORT, .bar = 0xfffff006 });
	add((struct fake) { ROOT, 3, 0, 1, .express = ROOT_PORT });
	begin();
	WANT_LOG(CLAIMS
		 "; place 02:01.0; \"pci: 02:01.0 (1234:0100): its bus numbers read as 00, "
		 "00 to 00 after the write\"; \"pci: 02:02.0 (1234:0101): BAR 0 is of a reserved "
		 "kind\"; place 02:03.0; unplace 3 (0)");
	ports_are(found, 1);
	WANT(word_of(0, 4, 2) != 0x406 && word_of(1, 4, 2) != 0x406);
}

static void unplaced_bridge(void)
{
	add((struct fake) { ROOT, 1, 0, .header = 1, .express = ROOT_PORT });
	place_code = -ERANGE;
	begin();
	WANT_LOG(CLAIMS "; place 02:01.0; \"pci: 02:01.0 (1234:0100): no room\"");
	WANT(!pci_ports_nr());
}

static void unmapped_bus(void)
{
	add((struct fake) { ROOT, 1, 0, .header = 1, .express = ROOT_PORT });
	no_map_bus = 3;
	begin();
	WANT_LOG(CLAIMS "; \"pci: 02:01.0 (1234:0100): the bus behind it cannot be mapped\"");
	WANT(!pci_ports_nr());
}

/* ---- switches ---- */

/* The upstream port at 5, its ports down behind it. */
static unsigned add_switch(u8 slot)
{
	int root = (int)add((struct fake) { ROOT, slot, 0, 1, .express = ROOT_PORT });

	return add((struct fake) { root, 0, 0, 1, .express = UP, .slot_bits = SLOT | HOTPLUG });
}

static void a_switch(void)
{
	static const struct port_row found[] = {
		{ 0, 2, 3, 8, false, false, true, 4 }, { 1, 3, 4, 8, true, false, false, 0 },
		{ 2, 4, 5, 5, false, false, true, 0 }, { 3, 4, 6, 6, false, true, false, 0 },
		{ 4, 4, 7, 7, false, false, true, 0 }, { 6, 4, 8, 8, false, false, false, 0 },
	};
	static const struct function_row rows[] = {
		{ "02:05.0", 0, 0x406, ~0u, NULL }, { "03:00.0", 1, 0x406, ~0u, NULL },
		{ "04:00.0", 2, 0x406, ~0u, NULL }, { "04:03.0", 3, 0x406, ~0u, NULL },
		{ "04:03.7", 4, 0x406, ~0u, NULL }, { "04:04.0", 5, 0x400, ~0u, "a" },
		{ "04:1f.0", 6, 0x406, ~0u, NULL }, { "05:00.0", 7, 0x406, 0x53, "a" },
		{ "07:00.0", 8, 0x406, 0x54, "d" },
	};
	int up = (int)add_switch(5);

	add((struct fake) { up, 0, 0, .header = 1, .express = DOWN });
	add((struct fake) { up, 3, 0, 0x81, .express = DOWN, .slot_bits = SLOT | HOTPLUG });
	add((struct fake) { up, 3, 7, .header = 0x81, .express = DOWN });
	add((struct fake) { up, 4, 0, .class = CLASS_A }); /* no port: left alone */
	add((struct fake) { up, 31, 0, .header = 1, .express = DOWN });
	add((struct fake) { 2, 0, 0, .pin = 3, .class = CLASS_A });
	add((struct fake) { 4, 0, 0, .pin = 1, .class = CLASS_D });
	begin();
	WANT_LOG(CLAIMS
		 "; place 02:05.0; unplace 3 (0); unplace 4 (0); switch 3 4; place 04:00.0; "
		 "unplace 5 (0); place 04:03.0; unplace 6 (0); place 04:03.7; unplace 7 (0); "
		 "place 04:1f.0; unplace 8 (0); behind 5; start 05:00.0; slot 6; behind 7; "
		 "start 07:00.0");
	ports_are(found, ARRAY_SIZE(found));
	functions_are(rows, ARRAY_SIZE(rows));
}

/* Behind a port up there are ports down, and behind a root port none of them. */
static void wrong_places(void)
{
	int up = (int)add_switch(5), root;

	add((struct fake) { up, 0, 0, .header = 1, .express = UP });
	add((struct fake) { up, 1, 0, .header = 1 });
	root = (int)add((struct fake) { ROOT, 6, 0, 1, .express = ROOT_PORT });
	add((struct fake) { root, 0, 0, .header = 1, .express = DOWN });
	begin();
	WANT_LOG(CLAIMS
		 "; place 02:05.0; unplace 3 (0); unplace 4 (0); switch 3 4; \"pci: 04:00.0 "
		 "(1234:0102): a port of type 5, no downstream port: devices behind it "
		 "are left out\"; \"pci: 04:01.0 (1234:0103): a bridge that is no downstream "
		 "port: devices behind it are left out\"; place 02:06.0; unplace 5 (0); \"pci: "
		 "05:00.0 (1234:0105): a port of type 6, no upstream port: devices "
		 "behind it are left out\"; \"pci: 02:06.0 (1234:0104): a bridge or switch that "
		 "is plugged after boot gets no buses and addresses\"");
}

/* Two switches that get no windows, and two whose ports get no bus: each kind is reported once. */
static void too_many(void)
{
	int up = (int)add_switch(5);

	for (u8 i = 0; i < 12; i++)
		add((struct fake) { up, i, 0, .header = 1, .express = DOWN });
	begin();
	WANT(strstr(take_log(),
		    "place 04:07.0; unplace 12 (0); \"pci: 04:08.0 (1234:010a): there "
		    "is no bus number for the bus behind it\"; \"pci: 04:09.0 (1234:010b): "
		    "there is no bus number"));
	WANT(pci_ports_nr() == 10 && word_of((unsigned)up, 0x1a, 1) == 12);
}

static void no_windows(void)
{
	add_switch(5);
	add_switch(6);
	switch_code = -ENOMEM;
	begin();
	WANT_LOG(CLAIMS "; place 02:05.0; unplace 3 (0); unplace 4 (0); switch 3 4; \"pci: 03:00.0 "
			"(1234:0101): too many\"; place 02:06.0; unplace 5 (0); unplace 6 (0); "
			"switch 5 6");
}

void boot_tests(void)
{
	static void (*const scenarios[])(void) = {
		root_bus,     failures_of_the_root_bus,
		no_place,     no_bridge,
		vanishing,    ports,
		bad_bridges,  unplaced_bridge,
		unmapped_bus, a_switch,
		wrong_places, too_many,
		no_windows,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(scenarios); i++)
		alone(scenarios[i]);
}
