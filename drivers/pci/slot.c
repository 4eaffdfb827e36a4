/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/slot.c - native hot-plug of a root port's slot (PCI Express Base 5.0, 6.7).
 *
 *   EMPTY -- card present --> SETTLING -- powered, 100 ms --> ON -- attention --> UNBINDING
 *     ^                           |                           ^                     |  |
 *     +---- no usable device -----+                           +---- drivers refuse -+  |
 *     +----------------------------- drivers unbind, power off ------------------------+
 *
 * The interrupt only records and clears the events; the event consumer does the rest as work.  The
 * power indicator blinks while an operation is in progress.  After an unusable card was turned off
 * the slot stays DEAD until the card is removed.
 */
#include <arch/arch.h>
#include <drivers/pci/pci_internal.h>
#include <kern/cpu.h>
#include <kern/work.h>
#include <lib/atomic.h>
#include <lib/printf.h>

enum { /* offsets in the capability (7.5.3) */
       LINK_CAPABILITIES = 0x0c,
       LINK_STATUS = 0x12,
       SLOT_CAPABILITIES = 0x14,
       SLOT_CONTROL = 0x18,
       SLOT_STATUS = 0x1a,
};

#define LINK_CAN_REPORT BIT(20) /* link capabilities: reports data link layer active */
#define LINK_ACTIVE 0x2000u
#define CAN_NOT_COMPLETE BIT(18) /* slot capabilities: no command completed support */
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

/* slot status: EVENTS are cleared by writing ones */
#define ATTENTION 0x0001u
#define PRESENCE_CHANGED 0x0008u
#define COMMAND_COMPLETED 0x0010u
#define PRESENT 0x0040u
#define LINK_CHANGED 0x0100u
#define EVENTS (ATTENTION | PRESENCE_CHANGED | LINK_CHANGED | 0x6u)

#define LOOKS 8            /* reads of the status: a slot may report events without end */
#define COMMAND_US 1000000 /* a command completes within a second (6.7.3.2) */
#define LINK_US 1000000
#define SETTLE_MS 100 /* from link up to the first request (6.6.1) */

enum slot_state { SLOT_EMPTY, SLOT_SETTLING, SLOT_ON, SLOT_UNBINDING, SLOT_DEAD };

/* One hot-plug slot; never freed.  The interrupt handler writes only `noted`. */
struct slot {
	struct pci_port *port;
	struct work seen, settled;
	u32 noted; /* atomic: events that the interrupt recorded */
	u8 state;
	u32 number; /* physical slot number */
};

static struct slot slots[PCI_PORTS];
static unsigned slots_nr;

static u16 slot_read16(const struct slot *s, unsigned at)
{
	return pci_read16(&s->port->bridge->config, s->port->express + at);
}

static u32 slot_read32(const struct slot *s, unsigned at)
{
	return pci_read32(&s->port->bridge->config, s->port->express + at);
}

static void slot_write16(const struct slot *s, unsigned at, u16 v)
{
	pci_write16(&s->port->bridge->config, s->port->express + at, v);
}

/* Wait for a bit of a register, at most `us`, with pauses. */
static bool wait_for(const struct slot *s, unsigned at, u16 bit, u64 us)
{
	struct cpu_pause pause = { 0 };

	while (!(slot_read16(s, at) & bit))
		if (!cpu_pause_within(&pause, us))
			return slot_read16(s, at) & bit;
	return true;
}

/* Issue one command and wait for its completion: the next must not be written before (6.7.3.2). */
static void slot_command(const struct slot *s, u16 mask, u16 value)
{
	slot_write16(s, SLOT_STATUS, COMMAND_COMPLETED);
	slot_write16(s, SLOT_CONTROL, (u16)((slot_read16(s, SLOT_CONTROL) & ~mask) | value));
	if (slot_read32(s, SLOT_CAPABILITIES) & CAN_NOT_COMPLETE)
		return;
	if (!wait_for(s, SLOT_STATUS, COMMAND_COMPLETED, COMMAND_US))
		pci_remark(s->port->bridge, "slot %u: command 0x%x does not complete", s->number,
			   value);
}

/* Is a card present? */
static bool is_present(const struct slot *s)
{
	u16 status = slot_read16(s, SLOT_STATUS);

	return status != 0xffff && status & PRESENT; /* all ones: the port itself was removed */
}

/* Interrupt handler.  A level that is not cleared recurs at once.  A message is sent only when an
 * event becomes pending while none was (6.7.3.4), so events are cleared until none is pending. */
static bool slot_interrupt(void *arg)
{
	struct slot *s = arg;
	u16 status, noted = 0;

	for (unsigned n = 0; n < LOOKS; n++) {
		status = slot_read16(s, SLOT_STATUS);
		if (!(status & EVENTS) || status == 0xffff)
			break;
		slot_write16(s, SLOT_STATUS, status & EVENTS);
		noted |= status & EVENTS;
	}
	if (!noted)
		return false;
	atomic_fetch_or_release(&s->noted, noted);
	work_post(&s->seen);
	return true;
}

/* Collect events that occurred during a command: some emulators raise no interrupt for an event
 * that a command causes, nor for other events while that one is pending. */
static void slot_collect(struct slot *s)
{
	u64 flags = arch_irq_save();

	slot_interrupt(s);
	arch_irq_restore(flags);
}

/* ---- plug ---- */

/* Turn the power off, then collect events: power-off may cause one. */
static void slot_power_off(struct slot *s, enum slot_state next)
{
	slot_command(s, INDICATOR | POWER_IS_OFF, INDICATOR_OFF | POWER_IS_OFF);
	s->state = (u8)next;
	slot_collect(s);
}

/* Turn the power on; after the link is up the device needs SETTLE_MS before the first access. */
static void slot_power_on(struct slot *s)
{
	s->state = SLOT_SETTLING;
	slot_command(s, INDICATOR | POWER_IS_OFF, INDICATOR_BLINKS);
	if (slot_read32(s, LINK_CAPABILITIES) & LINK_CAN_REPORT &&
	    !wait_for(s, LINK_STATUS, LINK_ACTIVE, LINK_US)) {
		pci_remark(s->port->bridge, "slot %u: the link is not up after a second: power off",
			   s->number);
		slot_power_off(s, SLOT_DEAD);
		return;
	}
	work_post_after(&s->settled, SETTLE_MS);
}

static void settled(struct work *w)
{
	struct slot *s = container_of(w, struct slot, settled);
	struct why why = { 0 };

	if (pci_port_fill(s->port, &why)) {
		pci_remark(s->port->bridge, "slot %u: %s: power off", s->number, why.text);
		slot_power_off(s, SLOT_DEAD);
	} else {
		s->state = SLOT_ON;
		slot_command(s, INDICATOR, INDICATOR_ON);
	}
	work_post(&s->seen); /* the card may have been removed meanwhile */
}

/* ---- unplug ---- */

/* Request the drivers to unbind; slot_unbound() continues. */
static void slot_unbind(struct slot *s)
{
	s->state = SLOT_UNBINDING;
	slot_command(s, INDICATOR, INDICATOR_BLINKS);
	pci_port_unbind(s->port);
}

/* The drivers have unbound: turn decoding off, then the power; then the drivers check the result.
 */
void slot_unbound(struct pci_port *p, int code, const char *reason)
{
	struct slot *s = p->slot;

	if (code) {
		s->state = SLOT_ON;
		slot_command(s, INDICATOR, INDICATOR_ON);
		pci_remark(p->bridge, "slot %u stays on: %s", s->number, reason);
		if (atomic_load_relaxed(&s->noted))
			work_post(&s->seen); /* the card was removed meanwhile */
		return;
	}
	pci_port_empty(p);
	slot_power_off(s, SLOT_EMPTY);
	pci_port_removed(p);
	work_post(&s->seen); /* there may be another card already */
}

/* ---- work after an interrupt ---- */

static void slot_work(struct work *w)
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
		slot_power_on(s);
		break;
	case SLOT_EMPTY:
		/* some slots raise attention with presence: the card was plugged */
		if (present && noted & (PRESENCE_CHANGED | ATTENTION))
			slot_power_on(s);
		break;
	case SLOT_ON:
		if (!present)
			pci_remark(s->port->bridge, "slot %u: the card was pulled out while in use",
				   s->number);
		if (!present || noted & ATTENTION)
			slot_unbind(s);
		break;
	case SLOT_SETTLING:
		break; /* settled() posts this work again */
	case SLOT_UNBINDING:
		/* for slot_unbound(): the card may have been removed or replaced */
		atomic_fetch_or_release(&s->noted, noted & PRESENCE_CHANGED);
		break;
	}
}

void slot_begin(struct pci_port *p)
{
	struct slot *s = &slots[slots_nr++];

	*s = (struct slot) { .port = p };
	work_init(&s->seen, slot_work);
	work_init(&s->settled, settled);
	p->slot = s;
	s->number = SLOT_NUMBER(slot_read32(s, SLOT_CAPABILITIES));
	slot_write16(s, SLOT_STATUS, EVENTS | COMMAND_COMPLETED);
	if (pci_irq_request(p->bridge, slot_interrupt, s))
		pci_remark(p->bridge, "slot %u: too many handlers: its events are not handled",
			   s->number);
	slot_command(s, 0, ATTENTION_ON | PRESENCE_ON | INTERRUPT_ON | LINK_CHANGE_ON);
	/* a card that is present raises no interrupt */
	atomic_fetch_or_release(&s->noted, PRESENCE_CHANGED);
	work_post(&s->seen);
}

void slot_describe(const struct pci_port *p, char *buf, size_t size)
{
	static const char *const names[] = {
		[SLOT_EMPTY] = "empty",         [SLOT_SETTLING] = "powering up", [SLOT_ON] = "on",
		[SLOT_UNBINDING] = "unbinding", [SLOT_DEAD] = "turned off",
	};

	snprintf(buf, size, "slot %u %s", p->slot->number, names[p->slot->state]);
}
