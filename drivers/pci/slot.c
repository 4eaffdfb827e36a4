// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/pci/slot.c - native hot-plug of a root port's slot (PCI Express Base 5.0, 6.7).
 *
 *   EMPTY -- a card is there --> SETTLING -- powered, 100 ms --> ON -- attention --> LEAVING
 *     ^                              |                           ^                     |  |
 *     +------- no sound device ------+                           +---- drivers refuse -+  |
 *     +-------------------------------- drivers let go, power off ------------------------+
 *
 * The interrupt only notes what happened and clears it; everything else is work of the event
 * consumer.  The power indicator blinks while something is in progress.  A slot that turned a card
 * off because of what it is stays DEAD until the card goes.
 */
#include <arch/arch.h>
#include <mm/hotplug/event.h>
#include <drivers/pci/pci_internal.h>
#include <kern/cpu.h>
#include <lib/atomic.h>
#include <lib/printf.h>

enum { /* offsets in the capability (7.5.3) */
       LINK_CAPABILITIES = 0x0c,
       LINK_STATUS = 0x12,
       SLOT_CAPABILITIES = 0x14,
       SLOT_CONTROL = 0x18,
       SLOT_STATUS = 0x1a,
};

#define LINK_CAN_REPORT BIT(20) /* link capabilities: data link layer active is reported */
#define LINK_ACTIVE 0x2000u
#define CAN_NOT_COMPLETE BIT(18) /* slot capabilities: no command completed */
#define SLOT_NUMBER(caps) ((caps) >> 19)

/* slot control */
#define ATTENTION_ON 0x0001u
#define PRESENCE_ON 0x0008u
#define INTERRUPT_ON 0x0020u
#define INDICATOR 0x0300u
#define INDICATOR_ON 0x0100u
#define INDICATOR_BLINKS 0x0200u
#define INDICATOR_OFF 0x0300u
#define POWER_IS_OFF 0x0400u
#define LINK_CHANGE_ON 0x1000u

/* slot status: those of EVENTS are cleared by writing ones */
#define ATTENTION 0x0001u
#define PRESENCE_CHANGED 0x0008u
#define COMMAND_COMPLETED 0x0010u
#define PRESENT 0x0040u
#define LINK_CHANGED 0x0100u
#define EVENTS (ATTENTION | PRESENCE_CHANGED | LINK_CHANGED | 0x6u)

#define LOOKS 8            /* at the events: a slot that never has none */
#define COMMAND_US 1000000 /* 6.7.3.2: a command completes within a second */
#define LINK_US 1000000
#define SETTLE_MS 100 /* 6.6.1: after the link is up, before the first request */

enum slot_state { SLOT_EMPTY, SLOT_SETTLING, SLOT_ON, SLOT_LEAVING, SLOT_DEAD };

struct slot {
	struct pci_port *port;
	struct event_work seen, settled;
	u32 noted; /* atomic: events that the interrupt saw */
	u8 state;
	u32 number; /* as it is written on the machine */
};

static struct slot slots[PCI_PORTS];
static unsigned slots_nr;

static u16 get(const struct slot *s, unsigned at)
{
	return pci_read16(&s->port->bridge->config, s->port->express + at);
}

static u32 get32(const struct slot *s, unsigned at)
{
	return pci_read32(&s->port->bridge->config, s->port->express + at);
}

static void put(const struct slot *s, unsigned at, u16 v)
{
	pci_write16(&s->port->bridge->config, s->port->express + at, v);
}

static bool wait_for(const struct slot *s, unsigned at, u16 bit, u64 us)
{
	struct cpu_pause pause = { 0 };

	while (!(get(s, at) & bit))
		if (!cpu_pause_within(&pause, us))
			return get(s, at) & bit;
	return true;
}

/* One command; the next must not be written before this one has completed (6.7.3.2). */
static void command(const struct slot *s, u16 mask, u16 value)
{
	put(s, SLOT_STATUS, COMMAND_COMPLETED);
	put(s, SLOT_CONTROL, (u16)((get(s, SLOT_CONTROL) & ~mask) | value));
	if (get32(s, SLOT_CAPABILITIES) & CAN_NOT_COMPLETE)
		return;
	if (!wait_for(s, SLOT_STATUS, COMMAND_COMPLETED, COMMAND_US))
		pci_remark(s->port->bridge, "slot %u: command 0x%x does not complete", s->number,
			   value);
}

static bool is_present(const struct slot *s)
{
	u16 status = get(s, SLOT_STATUS);

	return status != 0xffff &&
	       status & PRESENT; /* ones: the switch that it belongs to is gone */
}

/* A level that is not cleared here comes back at once; a message comes when the first event of
 * none does (6.7.3.4), so none is left, not even one that came meanwhile. */
static bool interrupt(void *arg)
{
	struct slot *s = arg;
	u16 status, noted = 0;

	for (unsigned n = 0; n < LOOKS; n++) {
		status = get(s, SLOT_STATUS);
		if (!(status & EVENTS) || status == 0xffff)
			break;
		put(s, SLOT_STATUS, status & EVENTS);
		noted |= status & EVENTS;
	}
	if (!noted)
		return false;
	atomic_fetch_or_release(&s->noted, noted);
	event_work_post(&s->seen);
	return true;
}

/* What came during a command: some emulators raise no interrupt for what a command itself caused,
 * and as long as it stands none for anything else. */
static void collect(struct slot *s)
{
	u64 flags = arch_irq_save();

	interrupt(s);
	arch_irq_restore(flags);
}

/* ---- coming ---- */

static void turn_off(struct slot *s, enum slot_state next)
{
	command(s, INDICATOR | POWER_IS_OFF, INDICATOR_OFF | POWER_IS_OFF);
	s->state = (u8)next;
	collect(s);
}

static void turn_on(struct slot *s)
{
	s->state = SLOT_SETTLING;
	command(s, INDICATOR | POWER_IS_OFF, INDICATOR_BLINKS);
	if (get32(s, LINK_CAPABILITIES) & LINK_CAN_REPORT &&
	    !wait_for(s, LINK_STATUS, LINK_ACTIVE, LINK_US)) {
		pci_remark(s->port->bridge, "slot %u: the link does not come up: power off",
			   s->number);
		turn_off(s, SLOT_DEAD);
		return;
	}
	event_work_after(&s->settled, SETTLE_MS);
}

static void settled(struct event_work *w)
{
	struct slot *s = container_of(w, struct slot, settled);
	struct why why = { 0 };

	if (pci_port_fill(s->port, &why)) {
		pci_remark(s->port->bridge, "slot %u: %s: power off", s->number, why.text);
		turn_off(s, SLOT_DEAD);
	} else {
		s->state = SLOT_ON;
		command(s, INDICATOR, INDICATOR_ON);
	}
	event_work_post(&s->seen); /* it may have gone meanwhile */
}

/* ---- going ---- */

static void leave(struct slot *s)
{
	s->state = SLOT_LEAVING;
	command(s, INDICATOR, INDICATOR_BLINKS);
	pci_port_leave(s->port);
}

/* The order: nobody uses it any more; decoding off; power off; then what it was is looked at. */
void slot_left(struct pci_port *p, int code, const char *reason)
{
	struct slot *s = p->slot;

	if (code) {
		s->state = SLOT_ON;
		command(s, INDICATOR, INDICATOR_ON);
		pci_remark(p->bridge, "slot %u stays on: %s", s->number, reason);
		return;
	}
	pci_port_empty(p);
	turn_off(s, SLOT_EMPTY);
	pci_port_gone(p);
	event_work_post(&s->seen); /* another card may be there already */
}

/* ---- what was seen ---- */

static void look(struct event_work *w)
{
	struct slot *s = container_of(w, struct slot, seen);
	u32 noted = atomic_exchange_acquire(&s->noted, 0);
	bool present = is_present(s);

	switch ((enum slot_state)s->state) {
	case SLOT_DEAD:
		if (!present || noted & PRESENCE_CHANGED)
			s->state = SLOT_EMPTY;
		if (!present || !(noted & PRESENCE_CHANGED))
			break;
		turn_on(s);
		break;
	case SLOT_EMPTY:
		/* some slots raise attention with presence: it means "plugged", not "please go" */
		if (present && noted & (PRESENCE_CHANGED | ATTENTION))
			turn_on(s);
		break;
	case SLOT_ON:
		if (!present)
			pci_remark(s->port->bridge, "slot %u: the card was pulled out while in use",
				   s->number);
		if (!present || noted & ATTENTION)
			leave(s);
		break;
	case SLOT_SETTLING:
	case SLOT_LEAVING:
		break; /* looked at again when that has ended */
	}
}

void slot_begin(struct pci_port *p)
{
	struct slot *s = &slots[slots_nr++];

	*s = (struct slot) { .port = p };
	event_work_init(&s->seen, look);
	event_work_init(&s->settled, settled);
	p->slot = s;
	s->number = SLOT_NUMBER(get32(s, SLOT_CAPABILITIES));
	put(s, SLOT_STATUS, EVENTS | COMMAND_COMPLETED);
	if (pci_irq_request(p->bridge, interrupt, s))
		pci_remark(p->bridge, "slot %u: too many handlers: it is not watched", s->number);
	command(s, 0, ATTENTION_ON | PRESENCE_ON | INTERRUPT_ON | LINK_CHANGE_ON);
	/* A card that is there already needs no interrupt to be seen. */
	atomic_fetch_or_release(&s->noted, PRESENCE_CHANGED);
	event_work_post(&s->seen);
}

void slot_describe(const struct pci_port *p, char *buf, size_t size)
{
	static const char *const names[] = {
		[SLOT_EMPTY] = "empty",     [SLOT_SETTLING] = "coming on",
		[SLOT_ON] = "on",           [SLOT_LEAVING] = "asked to leave",
		[SLOT_DEAD] = "turned off",
	};

	snprintf(buf, size, "slot %u %s", p->slot->number, names[p->slot->state]);
}
