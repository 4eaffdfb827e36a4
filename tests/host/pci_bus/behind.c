/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/pci_bus/behind.c - a card behind a port: the code waits for it, starts what it can,
 * unbinds it and forgets it; drivers are notified when the power is off.
 */
#include "world.h"
#include <string.h>
#include <want.h>

static struct pci_port *port; /* its bus is 3; bus 4 has another card */
static struct why why;

/* A slot, and a port whose card is there from boot. */
static void machine(void)
{
	add((struct fake) { ROOT, 1, 0, 1, .express = ROOT_PORT, .slot_bits = SLOT | HOTPLUG });
	add((struct fake) { ROOT, 2, 0, 1, .express = ROOT_PORT });
	add((struct fake) { 1, 0, 0, .class = CLASS_A });
	begin();
	take_log();
	port = pci_port_nth(0);
}

static unsigned card(u8 fn, u32 class)
{
	return add((struct fake) { 0, 0, fn, .header = 0x80, .class = class });
}

static unsigned known(void)
{
	unsigned n = 0;

	while (pci_nth(n))
		n++;
	return n;
}

static void fills(int code, const char *sentence, const char *log)
{
	why = (struct why) { 0 };
	WANT(pci_port_fill(port, &why) == code);
	WANT_TEXT(why.text, sentence);
	WANT_LOG(log);
	WANT(port->occupied == !code && (code ? known() == 3 : known() > 3));
}

/* ---- the wait ---- */
static void nobody(void)
{
	machine();
	fills(-ENODEV, "no device answers", "");
	WANT(!pauses);
}

static void ready_late(void)
{
	unsigned c;

	machine();
	c = card(0, CLASS_A);
	world[c].not_ready = 100;
	fills(-ENODEV, "the device is not ready after a second", "");
	WANT(pauses == 6);
	world[c].not_ready = 3;
	fills(0, "", "behind 3; start 03:00.0");
	WANT(pauses == 9);
}

/* ---- kinds of cards ---- */
static void others(void)
{
	static const struct {
		u8 header;
		const char *sentence;
	} rows[] = {
		{ 1, "a bridge or switch that is plugged after boot gets no buses and addresses" },
		{ 0x81,
		  "a bridge or switch that is plugged after boot gets no buses and addresses" },
		{ 2, "a header of an unknown type" },
	};
	unsigned c;

	machine();
	c = card(0, CLASS_A);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		world[c].space[0x0e] = rows[i].header;
		fills(-EINVAL, rows[i].sentence, "");
	}
	world[c].space[0x0e] = 0;
	card(1, CLASS_A);
	fills(0, "", "behind 3; start 03:00.0"); /* it has one function */
}

static void no_driver(void)
{
	machine();
	card(0, 0x1234);
	card(7, CLASS_B);
	fills(0, "", "behind 3; start 03:00.7");
}

/* ---- what fails ---- */
static void no_bar(void)
{
	unsigned c;

	machine();
	world[card(0, 0x1234)].bar = 0xfffff006; /* it has no driver: nobody asks */
	c = card(1, CLASS_A);
	card(2, CLASS_A);
	world[c].bar = 0xfffff006;
	fills(-EINVAL, "BAR 0 is of a reserved kind",
	      "release 03:00.0; release 03:00.1; release 03:00.2; unplace 3 (3)");
	world[c].bar = 0xfffff000;
	place_code = -ENOMEM;
	fills(-ENOMEM, "no room",
	      "behind 3; release 03:00.0; release 03:00.1; release 03:00.2; unplace 3 (3)");
	place_code = 0;
	fills(0, "", "behind 3; start 03:00.1; start 03:00.2");
}

static void no_start(void)
{
	machine();
	card(0, CLASS_C);
	fills(-EIO, "no start of 03:00.0",
	      "behind 3; start 03:00.0; release 03:00.0; release 03:00.0; unplace 3 (1)");
	card(1, CLASS_C);
	fills(-EIO, "no start of 03:00.0",
	      "behind 3; start 03:00.0; release 03:00.0; start 03:00.1; release 03:00.1; remark "
	      "\"03:00.1: no start of 03:00.1\"; release 03:00.0; release 03:00.1; unplace 3 (2)");
	card(2, CLASS_A);
	why = (struct why) { 0 };
	WANT(!pci_port_fill(port, &why) && port->occupied);
	WANT_LOG("behind 3; start 03:00.0; release 03:00.0; start 03:00.1; release 03:00.1; remark "
		 "\"03:00.1: no start of 03:00.1\"; start 03:00.2; remark \"03:00.0: no start of "
		 "03:00.0: left out; the card's other functions are used\"");
}

static void second_fails(void)
{
	machine();
	card(0, CLASS_A);
	card(1, CLASS_C);
	why = (struct why) { 0 };
	WANT(!pci_port_fill(port, &why));
	WANT_LOG("behind 3; start 03:00.0; start 03:00.1; release 03:00.1; remark \"03:00.1: no "
		 "start of 03:00.1: left out; the card's other functions are used\"");
}

static void pulled_out(void)
{
	struct pci_function *f;

	machine();
	card(0, CLASS_A);
	vanish_at_start = true;
	fills(-ENODEV, "the device was removed",
	      "behind 3; start 03:00.0; release 03:00.0; release 03:00.0; unplace 3 (1)");
	f = function_at("04:00.0");
	world[2].absent = true;
	WANT(pci_start(f, &why) == -ENODEV && !f->started);
	WANT_TEXT(why.text, "the device was removed");
	WANT_LOG("release 04:00.0");
}

/* ---- it leaves ---- */
static void leaves(void)
{
	machine();
	card(0, CLASS_A);
	card(1, CLASS_D);
	card(2, CLASS_A);
	card(3, CLASS_C); /* not started: no driver is called */
	pci_port_fill(port, &why);
	take_log();
	pci_port_unbind(port);
	WANT_LOG("leave 03:00.0; leave 03:00.1; leave 03:00.2");
	pci_unbound(function_at("03:00.2"), -EIO, "not now");
	WANT_LOG("");
	pci_unbound(function_at("03:00.0"), -EBUSY, "in use");
	WANT_LOG("left 3 -5 \"not now\""); /* the first refusal */
	pci_port_unbind(port);
	take_log();
	pci_unbound(function_at("03:00.0"), 0, "");
	pci_unbound(function_at("03:00.2"), 0, "");
	WANT_LOG("left 3 0 \"\"");
}

static void at_once(void)
{
	machine();
	card(0, CLASS_D);
	pci_port_fill(port, &why);
	take_log();
	pci_port_unbind(port);
	WANT_LOG("leave 03:00.0; left 3 0 \"\"");
	pci_port_empty(port);
	card(1, CLASS_B);
	pci_port_fill(port, &why);
	take_log();
	pci_port_unbind(port);
	WANT_LOG("leave 03:00.0; left 3 -16 \"its driver cannot unbind\"");
}

static void a_switch_stays(void)
{
	add((struct fake) { ROOT, 1, 0, 1, .express = ROOT_PORT });
	add((struct fake) { 0, 0, 0, .header = 1, .express = UP });
	begin();
	take_log();
	port = pci_port_nth(0);
	WANT(!pci_port_fill(port, &why)); /* all was found at boot */
	WANT_LOG("");
	pci_port_unbind(port);
	WANT_LOG("left 3 -16 \"a switch cannot be unbound\"");
}

/* ---- removal ---- */
static void eight(void)
{
	machine();
	for (u8 fn = 0; fn < 8; fn++)
		card(fn, CLASS_A);
	fills(0, "",
	      "behind 3; start 03:00.0; start 03:00.1; start 03:00.2; start 03:00.3; start "
	      "03:00.4; start 03:00.5; start 03:00.6; start 03:00.7");
	WANT(word_of(3, 4, 2) == 0x406);
	pci_port_empty(port);
	WANT_LOG("release 03:00.0; release 03:00.1; release 03:00.2; release 03:00.3; release "
		 "03:00.4; release 03:00.5; release 03:00.6; release 03:00.7; unplace 3 (8)");
	WANT(known() == 3 && !port->occupied && function_at("04:00.0")->started);
	for (unsigned i = 3; i < 11; i++)
		WANT(word_of(i, 4, 2) == 0x400);
	pci_port_removed(port);
	WANT_LOG("gone 03:00.0; gone 03:00.1; gone 03:00.2; gone 03:00.3; gone 03:00.4; gone "
		 "03:00.5; gone 03:00.6; gone 03:00.7");
	pci_port_removed(port);
	WANT_LOG("");
}

/* Drivers without gone(), and functions that were not started, are not notified; of two removals of
 * a port the last one counts. */
static void some(void)
{
	machine();
	card(0, CLASS_D);
	card(1, CLASS_B);
	card(2, CLASS_C);
	card(3, 0x1234);
	pci_port_fill(port, &why);
	take_log();
	pci_port_empty(port);
	WANT_LOG("release 03:00.0; release 03:00.1; release 03:00.2; release 03:00.3; unplace 3 "
		 "(4)");
	pci_port_fill(port, &why);
	take_log();
	pci_port_empty(port);
	take_log();
	pci_port_removed(port);
	WANT_LOG("gone 03:00.1");
}

static void dropped(void)
{
	machine();
	card(0, CLASS_A);
	pci_port_fill(port, &why);
	take_log();
	pci_ports_drop(2);
	WANT_LOG("");
	pci_ports_drop(1);
	WANT_LOG("unplace 4 (0)");
	WANT(pci_ports_nr() == 1 && !function_at("04:00.0") && function_at("03:00.0"));
	pci_ports_drop(0);
	WANT_LOG("unplace 3 (0)");
	WANT(!pci_ports_nr() && known() == 2);
}

void behind_tests(void)
{
	static void (*const scenarios[])(void) = {
		nobody,     ready_late, others,  no_driver,      no_bar, no_start, second_fails,
		pulled_out, leaves,     at_once, a_switch_stays, eight,  some,     dropped,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(scenarios); i++)
		alone(scenarios[i]);
}
