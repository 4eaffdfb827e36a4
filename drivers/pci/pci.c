/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/pci.c - the table of functions and ports, configuration space through ECAM, and the
 * start of drivers.  drivers/pci/bus.c enumerates the root bus, drivers/pci/port.c the buses behind
 * ports.
 */
#include <drivers/mmio.h>
#include <drivers/pci/pci_internal.h>
#include <kern/log.h>
#include <kern/probe.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <mm/hotplug/event_history.h>
#include <mm/kernel/kpt.h>

/* ECAM: 1 MiB a bus, 4 KiB a function (PCI Express 5.0, 7.2.2). */
#define BUS_BYTES MiB
#define FUNCTION_BYTES (4 * KiB)

static struct pci_function functions[PCI_FUNCTIONS] NOINIT;
static unsigned functions_nr; /* slots in use or used before; a free one has no registers */
static struct pci_port ports[PCI_PORTS];
static unsigned ports_nr;
static struct pci_host host;
static bool there, full_logged; /* a bridge was found; a full table was logged */

const struct pci_host *pci_bridge(void)
{
	return there ? &host : NULL;
}

struct pci_host *pci_host(void)
{
	return &host;
}

void pci_host_use(const struct pci_host *h)
{
	host = *h;
	there = true;
}

struct pci_function *pci_nth(unsigned n)
{
	for (unsigned i = 0; i < functions_nr; i++)
		if (functions[i].config.regs && !n--)
			return &functions[i];
	return NULL;
}

/* ---- ports ---- */

unsigned pci_ports_nr(void)
{
	return ports_nr;
}

struct pci_port *pci_port_nth(unsigned n)
{
	return n < ports_nr ? &ports[n] : NULL;
}

struct pci_port *pci_port_free(void)
{
	return ports_nr < PCI_PORTS ? &ports[ports_nr] : NULL;
}

void pci_ports_count(unsigned nr)
{
	ports_nr = nr;
}

/* The bus behind an upstream port is internal to a switch and has several devices; others have one.
 */
bool pci_bus_has_ports(u8 bus)
{
	for (unsigned i = 0; i < ports_nr; i++)
		if (ports[i].bus == bus)
			return ports[i].up;
	return false;
}

/* ---- configuration space ---- */

/* Accessors of real registers; a test that emulates a device has its own (pci_emulated). */
static u32 ecam_read(const struct pci_config *c, unsigned at, unsigned bytes)
{
	return mmio_read((const volatile u8 *)c->regs + at, bytes);
}

static void ecam_write(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	mmio_write((volatile u8 *)c->regs + at, bytes, v);
}

struct pci_config pci_registers(volatile void *regs)
{
	return (struct pci_config) { ecam_read, ecam_write, regs };
}

/* Probe the register: for an absent function some bridges raise an abort instead of returning all
 * ones. */
static u32 read_vendor(const struct pci_config *c)
{
	u32 v;

	return probe_load32(ptr_va((const void *)(uintptr_t)c->regs), &v) ? ~0u : v;
}

/* A port has one device behind it, so only its 8 functions are mapped; the internal bus of a
 * switch is mapped as a whole. */
volatile u8 *pci_map_config(u8 bus, bool ports)
{
	return kpt_map_device(host.ecam + (bus - host.bus_first) * BUS_BYTES,
			      ports ? BUS_BYTES : 8 * FUNCTION_BYTES);
}

bool (*pci_emulated)(u8 bus, unsigned slot, unsigned fn, struct pci_config *);

/* A vendor id of all ones: there is no function. */
static bool is_absent(const struct pci_config *c)
{
	return pci_read16(c, PCI_VENDOR) == 0xffff;
}

/* Find the registers of a function; false: there is none. */
static bool config_of(u8 bus, unsigned slot, unsigned fn, struct pci_config *c)
{
	volatile u8 *regs;

	if (pci_emulated && pci_emulated(bus, slot, fn, c))
		return !is_absent(c);
	regs = pci_map_config(bus, bus == host.bus_first || pci_bus_has_ports(bus));

	if (!regs)
		return false;
	*c = pci_registers(regs + (slot * 8 + fn) * FUNCTION_BYTES);
	return (read_vendor(c) & 0xffff) != 0xffff;
}

/* ---- functions ---- */

/* The first registered driver that matches, or none. */
static void find_driver(struct pci_function *f)
{
	f->driver = NULL;
	reg_for_each (pci_drivers, it)
		if ((*it)->match(f)) {
			f->driver = *it;
			return;
		}
}

/* Route the pin through the bridges above to the root bus. */
static void find_irq(struct pci_function *f)
{
	unsigned slot = f->slot, pin = f->pin;

	f->irq = ~0u;
	if (!pin || pin > 4)
		return;
	for (const struct pci_port *p = f->behind; p; p = p->bridge->behind) {
		pin = pci_swizzle(slot, pin);
		slot = p->bridge->slot;
	}
	f->irq = pci_host_irq(&host, slot, pin, &f->irq_flags);
}

/* Free the function's slot; its pointer must not be used any more. */
static void function_free(struct pci_function *f)
{
	f->config.regs = NULL;
	f->behind = NULL;
}

/* Reuse the slot of a removed function first; NULL if the table is full. */
static struct pci_function *free_place(void)
{
	for (unsigned i = 0; i < functions_nr; i++)
		if (!functions[i].config.regs)
			return &functions[i];
	return functions_nr < PCI_FUNCTIONS ? &functions[functions_nr++] : NULL;
}

struct pci_function *pci_find(u8 bus, unsigned slot, unsigned fn, struct pci_port *behind)
{
	struct pci_function *f;
	struct pci_config c;
	u32 id;

	if (!config_of(bus, slot, fn, &c))
		return NULL;
	f = free_place();
	if (!f) {
		if (!full_logged)
			kprintf("pci: more than %d functions: %02x:%02x.%u and others are left "
				"out\n",
				PCI_FUNCTIONS, bus, slot, fn);
		full_logged = true;
		return NULL;
	}
	id = pci_read32(&c, PCI_VENDOR);
	*f = (struct pci_function) {
		.config = c,
		.bus = bus,
		.slot = (u8)slot,
		.fn = (u8)fn,
		.header = pci_read8(&c, PCI_HEADER),
		.pin = pci_read8(&c, PCI_PIN),
		.vendor = (u16)id,
		.device = (u16)(id >> 16),
		.class = pci_read32(&c, PCI_CLASS) >> 8,
		.behind = behind,
		.irq_used = ~0u,
	};
	snprintf(f->name, sizeof(f->name), "%02x:%02x.%u", bus, slot, fn);
	/* firmware or an earlier boot may have enabled it: no decoding, no interrupts */
	pci_write16(&c, PCI_COMMAND, PCI_COMMAND_NO_INTX);
	if ((f->header & ~PCI_HEADER_MULTI) == PCI_HEADER_BRIDGE)
		pci_write32(&c, PCI_BUSES, 0); /* forward to no bus */
	if (is_absent(&c)) {                   /* removed meanwhile: the values are invalid */
		function_free(f);
		return NULL;
	}
	find_irq(f);
	find_driver(f);
	return f;
}

void pci_forget(const struct pci_port *port)
{
	for (unsigned i = 0; i < functions_nr; i++)
		if (functions[i].behind == port)
			function_free(&functions[i]);
}

void pci_remark(const struct pci_function *f, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	event_remark(PCI_SOURCE, "%s: %s", f->name, text);
}

void pci_log(const struct pci_function *f, const char *sentence)
{
	kprintf("pci: %s (%04x:%04x): %s\n", f->name, f->vendor, f->device, sentence);
}

volatile void *pci_map_bar(const struct pci_function *f, unsigned n)
{
	const struct pci_bar *b = &f->bar[n];

	return n < PCI_BARS && b->len && b->pa != PA_NONE ? kpt_map_device(b->pa, b->len) : NULL;
}

/* Decoding is enabled before start(), because drivers access their BARs in it; after an error the
 * function is disabled. */
int pci_start(struct pci_function *f, struct why *why)
{
	int err;

	pci_write16(&f->config, PCI_COMMAND,
		    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
	err = is_absent(&f->config) ? refuse(why, ENODEV, "the device was removed")
				    : f->driver->start(f, why);
	f->started = !err;
	if (err) {
		pci_irq_release(f);
		pci_write16(&f->config, PCI_COMMAND, PCI_COMMAND_NO_INTX);
	}
	return err;
}
