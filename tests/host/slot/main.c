/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/slot/main.c - drivers/pci/slot.c on a slot as slow as PCI Express Base 5.0 allows it:
 * a command takes a while, and no other may be written before it has completed (6.7.3.2); the link
 * trains late or never (6.6.1); status bits are cleared by ones (7.5.3.11).  Cards are inserted,
 * are defective, are replaced, are requested back and are pulled out.
 */
#include <drivers/pci/pci_internal.h>
#include <kern/cpu.h>
#include <kern/work.h>
#include <stdarg.h>
#include <string.h>
#include <want.h>

#define EXPRESS 0x40u
#define NUMBER 5u
#define SLOW 3u

enum { ATTENTION = 1, PRESENCE = 8, COMPLETED = 0x10, PRESENT = 0x40, LINK = 0x100 };
enum { BLINKS = 0x200, OFF = 0x300, ON = 0x100, INDICATOR = 0x300, POWER_OFF = 0x400 };

static struct {
	bool card, link_works, link_reports, completes, stuck, chatters, gone;
	u16 status, control;
	u16 during; /* events of a power-off that raise no interrupt */
	unsigned busy, link_wait;
	/* what the driver did with the port and the works */
	bool (*handler)(void *);
	void *arg;
	struct work *works[2];
	bool posted[2];
	u64 after;
	int fill_code;
	unsigned fills, leaves, empties, gones, remarks;
	char last[120];
} now;

static struct pci_config fake_config;
static struct pci_function bridge;
static struct pci_port port;

/* ---- registers ---- */
static bool powered(void)
{
	return !(now.control & POWER_OFF);
}

static u16 read_status(void)
{
	if (now.busy && !now.stuck && !--now.busy && now.completes)
		now.status |= COMPLETED;
	if (now.chatters)
		now.status |= ATTENTION;
	return (u16)(now.status | (now.card ? PRESENT : 0));
}

static bool link_up(void)
{
	return now.card && powered() && now.link_works && !now.link_wait;
}

static u16 read_link(void)
{
	if (now.link_wait)
		now.link_wait--;
	return link_up() ? 0x2000 : 0;
}

static u32 slot_get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	(void)c;
	if (now.gone)
		return ~0u;
	switch (at - EXPRESS) {
	case 0x0c:
		WANT(bytes == 4);
		return now.link_reports ? 1u << 20 : 0;
	case 0x12:
		return read_link();
	case 0x14:
		WANT(bytes == 4);
		return NUMBER << 19 | (now.completes ? 0 : 1u << 18);
	case 0x18:
		return now.control;
	case 0x1a:
		return read_status();
	default:
		WANT(!"the driver reads a register that it does not need");
		return 0;
	}
}

static void slot_set(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	(void)c;
	WANT(bytes == 2);
	if (at == EXPRESS + 0x1a) {
		now.status &= (u16)~v;
	} else if (at == EXPRESS + 0x18) {
		WANT(!now.busy || now.stuck || !now.completes);
		if (now.control & POWER_OFF && !(v & POWER_OFF))
			now.link_wait = SLOW;
		if (powered() && v & POWER_OFF)
			now.status |= now.during;
		now.control = (u16)v;
		now.busy = SLOW;
	} else {
		WANT(!"the driver writes a register that it does not need");
	}
}

/* ---- what the driver needs ---- */
bool cpu_pause_within(struct cpu_pause *p, u64 us)
{
	WANT(us >= 1000000);
	return p->rounds++ < 10;
}

void work_init(struct work *w, void (*fn)(struct work *))
{
	unsigned n = now.works[0] != NULL;

	*w = (struct work) { .fn = fn };
	now.works[n] = w;
}

static bool post(struct work *w)
{
	unsigned n = w == now.works[1];

	WANT(w == now.works[n]);
	if (now.posted[n])
		return false;
	return now.posted[n] = true;
}

bool work_post(struct work *w)
{
	return post(w);
}

bool work_post_after(struct work *w, u64 ms)
{
	now.after = ms;
	return post(w);
}

int pci_irq_request(struct pci_function *f, bool (*handler)(void *), void *arg)
{
	WANT(f == &bridge);
	now.handler = handler;
	now.arg = arg;
	return 0;
}

void pci_remark(const struct pci_function *f, const char *fmt, ...)
{
	va_list ap;

	WANT(f == &bridge);
	va_start(ap, fmt);
	vsnprintf(now.last, sizeof(now.last), fmt, ap);
	va_end(ap);
	now.remarks++;
}

int pci_port_fill(struct pci_port *p, struct why *why)
{
	WANT(p == &port && powered() && (!now.card || !now.link_reports || link_up()));
	WANT(now.after >= 100);
	now.fills++;
	snprintf(why->text, sizeof(why->text), "bad card");
	return now.fill_code;
}

void pci_port_unbind(struct pci_port *p)
{
	WANT(p == &port && (now.control & INDICATOR) == BLINKS);
	now.leaves++;
}

void pci_port_empty(struct pci_port *p)
{
	WANT(p == &port && powered());
	now.empties++;
}

void pci_port_removed(struct pci_port *p)
{
	WANT(p == &port && !powered() && now.empties == now.gones + 1);
	now.gones++;
}

/* ---- what happens ---- */
static void run(unsigned which)
{
	if (now.posted[which]) {
		now.posted[which] = false;
		now.works[which]->fn(now.works[which]);
	}
}

static void works(void)
{
	for (unsigned n = 0; n < 4; n++)
		run(0);
	WANT(!now.posted[0]);
}

/* The time of a device that was powered on. */
static void settle(void)
{
	WANT(now.posted[1]);
	run(1);
	works();
}

static bool event(u16 bits)
{
	bool taken;

	now.status |= bits;
	taken = now.handler(now.arg);
	works();
	return taken;
}

static bool is(const char *state, u16 indicator, bool power)
{
	char text[40], wanted[40];

	slot_describe(&port, text, sizeof(text));
	snprintf(wanted, sizeof(wanted), "slot 5 %s", state);
	if (strcmp(text, wanted) || (now.control & INDICATOR) != indicator || powered() != power) {
		printf("# %s, control %x; wanted %s\n", text, now.control, wanted);
		return false;
	}
	return true;
}

static bool said(const char *sentence)
{
	bool right = now.remarks == 1 && !strcmp(now.last, sentence);

	if (!right)
		printf("# said %u: %s\n", now.remarks, now.last);
	now.remarks = 0;
	return right;
}

static void begin(bool card)
{
	memset(&now, 0, sizeof(now));
	now.card = card;
	now.link_works = now.link_reports = now.completes = true;
	now.status = ATTENTION | PRESENCE | COMPLETED | LINK;
	now.control = POWER_OFF | OFF;
	fake_config = (struct pci_config) { .read = slot_get, .write = slot_set };
	bridge.config = fake_config;
	port = (struct pci_port) { .bridge = &bridge, .express = EXPRESS, .hotplug = true };
	slot_begin(&port);
	WANT((now.control & 0x1029) == 0x1029); /* attention, presence, interrupt, link */
	works();
}

static void put_card(void)
{
	now.card = true;
	WANT(event(PRESENCE));
}

static void with_card(void)
{
	begin(true);
	WANT(is("powering up", BLINKS, true) && !now.fills);
	settle();
	WANT(is("on", ON, true) && now.fills == 1 && !now.remarks);
}

static void comes(void)
{
	begin(false);
	WANT(is("empty", OFF, false));
	WANT(event(PRESENCE) && is("empty", OFF, false)); /* nothing is there */
	WANT(event(LINK) && is("empty", OFF, false));
	put_card();
	WANT(is("powering up", BLINKS, true));
	WANT(event(ATTENTION) && is("powering up", BLINKS, true));
	settle();
	WANT(is("on", ON, true) && !now.leaves); /* the button's other meaning was over */
	begin(false);
	now.card = true;
	WANT(event(LINK) && is("empty", OFF, false));
	WANT(event(ATTENTION) && is("powering up", BLINKS, true));
	settle();
	WANT(is("on", ON, true));
}

static void asked_for(void)
{
	with_card();
	WANT(event(PRESENCE | LINK) && is("on", ON, true) && !now.leaves);
	WANT(event(ATTENTION) && is("unbinding", BLINKS, true) && now.leaves == 1);
	WANT(event(ATTENTION) && now.leaves == 1);
	slot_unbound(&port, -EBUSY, "in use");
	WANT(is("on", ON, true) && said("slot 5 stays on: in use") && !now.empties);
	works();
	WANT(event(ATTENTION) && now.leaves == 2);
	slot_unbound(&port, 0, NULL);
	WANT(is("empty", OFF, false) && now.empties == 1 && now.gones == 1);
	WANT(now.posted[0]); /* another card may be there */
	works();
	WANT(is("empty", OFF, false) && !now.remarks);
}

static void pulled_out(void)
{
	with_card();
	now.card = false;
	WANT(event(PRESENCE) && is("unbinding", BLINKS, true) && now.leaves == 1);
	WANT(said("slot 5: the card was pulled out while in use"));
	put_card();
	WANT(is("unbinding", BLINKS, true) && now.leaves == 1);
	slot_unbound(&port, 0, NULL);
	WANT(is("empty", OFF, false));
	works();
	WANT(is("powering up", BLINKS, true)); /* the other one was inserted meanwhile */
}

/* Another card is inserted while the command to switch off runs, and raises no interrupt. */
static void replaced_at_the_end(void)
{
	with_card();
	WANT(event(ATTENTION) && now.leaves == 1);
	now.during = PRESENCE;
	slot_unbound(&port, 0, NULL);
	works();
	WANT(is("powering up", BLINKS, true) && !(now.status & PRESENCE));
}

/* Drivers refuse, and the card is pulled out before they report it: the slot is not on. */
static void refused_and_gone(void)
{
	with_card();
	WANT(event(ATTENTION) && now.leaves == 1);
	now.card = false;
	WANT(event(PRESENCE) && now.leaves == 1);
	slot_unbound(&port, -EBUSY, "in use");
	WANT(said("slot 5 stays on: in use"));
	works();
	WANT(said("slot 5: the card was pulled out while in use") && now.leaves == 2);
}

/* A slot that was turned off stays off until its card is pulled out: then it is empty, or on with
 * the next card. */
static void turned_off(void)
{
	WANT(is("turned off", OFF, false) && !now.posted[1]);
	WANT(event(ATTENTION) && is("turned off", OFF, false));
	WANT(event(LINK) && is("turned off", OFF, false));
	now.card = false;
	WANT(event(LINK) && is("empty", OFF, false));
	now.link_works = true;
	put_card();
	WANT(is("powering up", BLINKS, true));
}

static void no_link(bool replaced)
{
	begin(false);
	now.link_works = false;
	put_card();
	WANT(said("slot 5: the link is not up after a second: power off") && !now.fills);
	if (!replaced) {
		turned_off();
		return;
	}
	now.link_works = true;
	WANT(is("turned off", OFF, false) && event(PRESENCE) && is("powering up", BLINKS, true));
	settle();
	WANT(is("on", ON, true));
}

static void bad_card(void)
{
	begin(true);
	now.fill_code = -EIO;
	settle();
	WANT(said("slot 5: bad card: power off") && now.fills == 1);
	now.fill_code = 0;
	now.remarks = 0;
	turned_off();
}

static void no_link_report(void)
{
	begin(false);
	now.link_works = now.link_reports = false;
	put_card();
	WANT(is("powering up", BLINKS, true) && !now.remarks);
}

static void gone_meanwhile(void)
{
	begin(true);
	now.card = false;
	settle();
	WANT(is("unbinding", BLINKS, true) && now.leaves == 1 && now.remarks == 1);
}

static void commands(void)
{
	begin(false);
	now.completes = false; /* none is awaited */
	now.card = true;
	WANT(event(PRESENCE) && !now.remarks && is("powering up", BLINKS, true));
	begin(false);
	now.stuck = true;
	now.card = true;
	WANT(event(PRESENCE) && is("powering up", BLINKS, true));
	WANT(said("slot 5: command 0x200 does not complete"));
}

static void interrupts(void)
{
	with_card();
	WANT(!now.handler(now.arg) && !now.posted[0]);
	now.status = COMPLETED;
	WANT(!now.handler(now.arg) && now.status == COMPLETED);
	now.status = LINK | ATTENTION;
	WANT(now.handler(now.arg) && !now.status && now.posted[0]);
	works();
	WANT(now.leaves == 1);
	with_card();
	now.gone = true;
	WANT(!now.handler(now.arg));
	now.gone = false;
	now.chatters = true;
	WANT(now.handler(now.arg) && now.posted[0]);
	now.chatters = false;
	begin(false);
	now.status = now.gone = true;
	now.works[0]->fn(now.works[0]);
	now.gone = false;
	WANT(is("empty", OFF, false)); /* ones are no card */
}

int main(void)
{
	comes();
	asked_for();
	pulled_out();
	replaced_at_the_end();
	refused_and_gone();
	no_link(false);
	no_link(true);
	bad_card();
	no_link_report();
	gone_meanwhile();
	commands();
	interrupts();
	printf("slot: %u not so\n", want_failed);
	return want_failed != 0;
}
