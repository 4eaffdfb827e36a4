/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/port.c - root ports and switch ports: behind each is a bus with one device.
 *
 * Devices that are present at boot and hot-plugged devices are handled in the same way.  Bridges
 * that are plugged later, and bridges that are not ports, are logged and not used.
 */
#include <drivers/pci/pci_internal.h>
#include <kern/cpu.h>
#include <lib/printf.h>

#define EXPRESS_FLAGS 2 /* offsets in the capability (PCI Express 5.0, 7.5.3) */
#define SLOT_CAPABILITIES 0x14
#define TYPE(flags) ((flags) >> 4 & 15)
#define TYPE_ROOT_PORT 4
#define TYPE_UP 5
#define TYPE_DOWN 6
#define FLAGS_SLOT 0x100u
#define SLOT_HOTPLUG 0x40u

#define READY_US 1000000 /* a device may take this long after power-on (6.6.1) */
#define NOT_READY 0x0001 /* vendor id read while a device answers with retry status (2.3.2) */

static struct { /* of the port that pci_port_empty() handled last */
	void (*fn)(void *);
	void *private;
} removed[8];
static unsigned removed_nr;

/* The root bus has root ports; behind a port is an upstream port, behind that are downstream ports.
 */
static unsigned type_wanted(const struct pci_port *p)
{
	const struct pci_port *before = p->bridge->behind;

	return !before ? TYPE_ROOT_PORT : before->up ? TYPE_DOWN : TYPE_UP;
}

/* Find the PCI Express capability and verify the port's type.  False: not usable, with the
 * sentence. */
static bool read_express(struct pci_port *p, struct why *why)
{
	static const char *const names[] = { [TYPE_ROOT_PORT] = "root port",
					     [TYPE_UP] = "upstream port",
					     [TYPE_DOWN] = "downstream port" };
	const struct pci_config *c = &p->bridge->config;
	int at = pci_capability(c, PCI_CAP_EXPRESS, 0, why);
	u16 flags;

	if (at == -ENOENT)
		refuse(why, ENOENT, "a bridge that is no %s: devices behind it are left out",
		       names[type_wanted(p)]);
	if (at < 0)
		return false;
	flags = pci_read16(c, (unsigned)at + EXPRESS_FLAGS);
	if (TYPE(flags) != type_wanted(p)) {
		refuse(why, ENOENT, "a port of type %u, no %s: devices behind it are left out",
		       TYPE(flags), names[type_wanted(p)]);
		return false;
	}
	p->express = (u16)at;
	p->up = TYPE(flags) == TYPE_UP;
	p->hotplug = !p->up && flags & FLAGS_SLOT &&
		     pci_read32(c, (unsigned)at + SLOT_CAPABILITIES) & SLOT_HOTPLUG;
	return true;
}

/* Set the range of buses behind a port; the last bus is known only after all have been found. */
static bool set_buses(const struct pci_port *p, u8 last)
{
	struct why why = { 0 };

	if (!pci_set_buses(&p->bridge->config, p->bridge->bus, p->bus, last, &why))
		return true;
	pci_log(p->bridge, why.text);
	return false;
}

void pci_ports_drop(unsigned keep)
{
	while (pci_ports_nr() > keep) {
		struct pci_port *p = pci_port_nth(pci_ports_nr() - 1);

		pci_ports_count(pci_ports_nr() - 1);
		pci_forget(p);
		pci_unplace(p);
	}
}

/* The highest bus number assigned so far: of the bus behind the port that was added last. */
static u8 last_bus(void)
{
	return pci_port_nth(pci_ports_nr() - 1)->bus;
}

/* Initialise the next slot of `ports`; it is not counted yet.  NULL: not usable (logged). */
static struct pci_port *new_port(struct pci_function *bridge)
{
	unsigned bus = pci_bridge()->bus_first + pci_ports_nr() + 1u;
	struct pci_port *p = pci_port_free();
	struct why why = { 0 };

	if (!p || bus > pci_bridge()->bus_last) {
		pci_log(bridge, "there is no bus number for the bus behind it");
		return NULL;
	}
	*p = (struct pci_port) {
		.bridge = bridge, .bus = (u8)bus, .low = PA_NONE, .high = PA_NONE
	};
	if (!read_express(p, &why)) {
		pci_log(bridge, why.text);
		return NULL;
	}
	/* mapped now, so that a plugged card changes no mapping; emulated devices need none */
	if (pci_emulated || pci_map_config((u8)bus, p->up))
		return p;
	pci_log(bridge, "the bus behind it cannot be mapped");
	return NULL;
}

/* The bridge forwards to all remaining buses until the buses behind it are counted. */
struct pci_port *pci_port_open(struct pci_function *bridge)
{
	struct pci_port *p = new_port(bridge);
	struct why why = { 0 };

	if (!p)
		return NULL;
	if (pci_size_bars(&bridge->config, pci_bars_of(bridge->header), bridge->bar, &why) ||
	    (!p->up && pci_place_alone(bridge, &why))) {
		pci_log(bridge, why.text);
		return NULL;
	}
	if (!set_buses(p, pci_bridge()->bus_last))
		return NULL;
	pci_unplace(p);
	pci_write16(&bridge->config, PCI_COMMAND,
		    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
	pci_ports_count(pci_ports_nr() + 1);
	return p;
}

void pci_port_add(struct pci_function *bridge)
{
	struct pci_port *p = pci_port_open(bridge);

	if (!p)
		return;
	pci_switch_look(p);
	if (p->upstream)
		set_buses(p->upstream, last_bus());
	set_buses(p, last_bus());
}

/* Start the device behind a port without a slot; a slot posts an event for its card. */
void pci_port_begin(struct pci_port *p)
{
	struct why why = { 0 };
	int err;

	if (p->up)
		return;
	if (p->hotplug) {
		slot_begin(p);
		return;
	}
	err = pci_port_fill(p, &why);
	if (err && err != -ENODEV)
		pci_log(p->bridge, why.text);
}

/* Wait until the device responds without retry status; NULL with -ENODEV in *why. */
static struct pci_function *first_behind(struct pci_port *p, struct why *why)
{
	struct cpu_pause pause = { 0 };
	struct pci_function *f;

	for (;;) {
		f = pci_find(p->bus, 0, 0, p);
		if (f && f->vendor != NOT_READY)
			return f;
		pci_forget(p);
		if (!f || !cpu_pause_within(&pause, READY_US))
			break;
	}
	refuse(why, ENODEV, f ? "the device is not ready after a second" : "no device answers");
	return NULL;
}

/* Size the BARs of the functions that have a driver. */
static int size_all(const struct pci_port *p, struct why *why)
{
	struct pci_function *f;
	int err = 0;

	for (unsigned i = 0; !err && (f = pci_nth(i)); i++)
		if (f->behind == p && f->driver)
			err = pci_size_bars(&f->config, pci_bars_of(f->header), f->bar, why);
	return err;
}

/* Return the first failure to the caller; report later ones as remarks. */
static int start_one(struct pci_function *f, struct why *first)
{
	struct why why = { 0 };
	int err = pci_start(f, &why);

	if (err && !first->text[0])
		*first = why;
	else if (err)
		pci_remark(f, "%s", why.text);
	return err;
}

/* Functions are started independently, as on the root bus: a started function is in use and can
 * only be unbound, so a function that fails is logged and left out.  An error is returned only if
 * no function has started. */
static int start_all(const struct pci_port *p, struct why *why)
{
	struct pci_function *f, *failed = NULL;
	unsigned started = 0;
	int first_err = 0;

	for (unsigned i = 0; (f = pci_nth(i)); i++) {
		int err = f->behind == p && f->driver ? start_one(f, why) : 0;

		started += f->behind == p && f->started;
		if (err && !failed)
			failed = f, first_err = err;
	}
	if (!failed || !started)
		return first_err;
	pci_remark(failed, "%s: left out; the card's other functions are used", why->text);
	return 0;
}

/* Functions 1 to 7 are probed only if function 0 exists and has the multi-function bit (7.5.1.1.9).
 * A bridge that is plugged later is refused: all bus numbers were assigned at boot. */
int pci_port_fill(struct pci_port *p, struct why *why)
{
	struct pci_function *f;
	int err;

	if (p->upstream)
		return 0; /* a switch: all its devices were found at boot */
	f = first_behind(p, why);
	if (!f)
		return -ENODEV;
	if ((f->header & ~PCI_HEADER_MULTI) == PCI_HEADER_BRIDGE || !pci_bars_of(f->header)) {
		err = refuse(why, EINVAL, "%s",
			     pci_bars_of(f->header)
				     ? "a bridge or switch that is plugged after boot "
				       "gets no buses and addresses"
				     : "a header of an unknown type");
		pci_forget(p);
		return err;
	}
	p->occupied = true;
	for (unsigned fn = 1; f->header & PCI_HEADER_MULTI && fn < 8; fn++)
		pci_find(p->bus, 0, fn, p);
	err = size_all(p, why);
	if (!err)
		err = pci_place_behind(p, why);
	if (!err)
		err = start_all(p, why);
	if (!err)
		return 0;
	if (pci_read16(&f->config, PCI_VENDOR) == 0xffff) /* removed: the cause of the error */
		err = refuse(why, ENODEV, "the device was removed");
	pci_port_empty(p);
	return err;
}

/* Disable a function, and record its driver's removed() for the call after power-off. */
static void disable_function(struct pci_function *f)
{
	if (f->started && f->driver->removed && removed_nr < ARRAY_SIZE(removed)) {
		removed[removed_nr].fn = f->driver->removed;
		removed[removed_nr++].private = f->private;
	}
	pci_irq_release(f);
	pci_write16(&f->config, PCI_COMMAND, PCI_COMMAND_NO_INTX);
}

/* Record the removed() callbacks, free the addresses, then free the slots of the functions for the
 * next card. */
void pci_port_empty(struct pci_port *p)
{
	struct pci_function *f;

	removed_nr = 0;
	for (unsigned i = 0; (f = pci_nth(i)); i++)
		if (f->behind == p)
			disable_function(f);
	pci_unplace(p);
	pci_forget(p);
	p->occupied = false;
}

void pci_port_removed(struct pci_port *p)
{
	(void)p;
	for (unsigned i = 0; i < removed_nr; i++)
		removed[i].fn(removed[i].private);
	removed_nr = 0;
}

/* ---- unbinding: `leaving` also counts the port itself, whose answer is the last ---- */

/* Count one answer; the last one completes the unbind of the slot. */
static void port_unbound(struct pci_port *p, int code, const char *reason)
{
	if (code && !p->refused) {
		p->refused = code;
		snprintf(p->reason, sizeof(p->reason), "%s", reason);
	}
	if (!--p->unbinding)
		slot_unbound(p, p->refused, p->reason);
}

/* A driver may answer inside its unbind() or later, in any order of the functions. */
void pci_unbound(struct pci_function *f, int code, const char *reason)
{
	port_unbound(f->behind, code, reason);
}

void pci_port_unbind(struct pci_port *p)
{
	struct pci_function *f;

	p->refused = 0;
	p->unbinding = 1;
	if (p->upstream) {
		port_unbound(p, -EBUSY, "a switch cannot be unbound");
		return;
	}
	for (unsigned i = 0; (f = pci_nth(i)); i++) {
		if (f->behind != p || !f->started)
			continue;
		p->unbinding++;
		if (f->driver->unbind)
			f->driver->unbind(f);
		else
			pci_unbound(f, -EBUSY, "its driver cannot unbind");
	}
	port_unbound(p, 0, "");
}
