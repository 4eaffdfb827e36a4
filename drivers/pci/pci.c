// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/pci/pci.c - the functions that were found: configuration space through ECAM, the root
 * bus, and the start of drivers.  What lies behind a port is drivers/pci/port.c's.
 */
#include <drivers/events/pcie.h>
#include <drivers/fdt/fdt.h>
#include <drivers/mmio.h>
#include <drivers/pci/pci_internal.h>
#include <kern/log.h>
#include <kern/probe.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <mm/kpt.h>

#define BUS_BYTES MiB
#define FUNCTION_BYTES (4 * KiB)

static struct pci_function functions[PCI_FUNCTIONS] NOINIT;
static unsigned functions_nr; /* places in use or used before; a free one has no registers */
static struct pci_host host;
static bool there, full_said;

const struct pci_host *pci_bridge(void)
{
	return there ? &host : NULL;
}

struct pci_host *pci_host(void)
{
	return &host;
}

struct pci_function *pci_nth(unsigned n)
{
	for (unsigned i = 0; i < functions_nr; i++)
		if (functions[i].config.regs && !n--)
			return &functions[i];
	return NULL;
}

/* ---- configuration space ---- */

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

/* By a load that may fault: some bridges abort where nobody is, instead of answering with ones. */
static u32 vendor_word(const struct pci_config *c)
{
	u32 v;

	return probe_load32(ptr_va((const void *)(uintptr_t)c->regs), &v) ? ~0u : v;
}

/* Behind a port there is one device: that is all that is mapped of its bus, but of a switch's. */
volatile u8 *pci_map_config(u8 bus, bool ports)
{
	return kpt_map_device(host.ecam + (bus - host.bus_first) * BUS_BYTES,
			      ports ? BUS_BYTES : 8 * FUNCTION_BYTES);
}

bool (*pci_played)(u8 bus, unsigned slot, unsigned fn, struct pci_config *);

static bool is_gone(const struct pci_config *c)
{
	return pci_read16(c, PCI_VENDOR) == 0xffff;
}

static bool config_of(u8 bus, unsigned slot, unsigned fn, struct pci_config *c)
{
	volatile u8 *regs;

	if (pci_played && pci_played(bus, slot, fn, c))
		return !is_gone(c);
	regs = pci_map_config(bus, bus == host.bus_first || pci_bus_has_ports(bus));

	if (!regs)
		return false;
	*c = pci_registers(regs + (slot * 8 + fn) * FUNCTION_BYTES);
	return (vendor_word(c) & 0xffff) != 0xffff;
}

/* ---- functions ---- */

static void find_driver(struct pci_function *f)
{
	f->driver = NULL;
	reg_for_each (pci_drivers, it)
		if ((*it)->match(f)) {
			f->driver = *it;
			return;
		}
}

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

static void let_place_go(struct pci_function *f)
{
	f->config.regs = NULL;
	f->behind = NULL;
}

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
		if (!full_said)
			kprintf("pci: more than %d functions: %02x:%02x.%u and others are left "
				"out\n",
				PCI_FUNCTIONS, bus, slot, fn);
		full_said = true;
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
		.arrives = ~0u,
	};
	snprintf(f->name, sizeof(f->name), "%02x:%02x.%u", bus, slot, fn);
	/* Whatever firmware or a life before left: it decodes nothing and raises nothing. */
	pci_write16(&c, PCI_COMMAND, PCI_COMMAND_NO_INTX);
	if ((f->header & ~PCI_HEADER_MULTI) == PCI_HEADER_BRIDGE)
		pci_write32(&c, PCI_BUSES, 0); /* and no bus is behind it */
	if (is_gone(&c)) {                     /* meanwhile: what was read is worth nothing */
		let_place_go(f);
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
			let_place_go(&functions[i]);
}

void pci_remark(const struct pci_function *f, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	event_remark(&pcie_source, "%s: %s", f->name, text);
}

void pci_say(const struct pci_function *f, const char *sentence)
{
	kprintf("pci: %s (%04x:%04x): %s\n", f->name, f->vendor, f->device, sentence);
}

volatile void *pci_map_bar(const struct pci_function *f, unsigned n)
{
	const struct pci_bar *b = &f->bar[n];

	return n < PCI_BARS && b->len && b->pa != PA_NONE ? kpt_map_device(b->pa, b->len) : NULL;
}

int pci_start(struct pci_function *f, struct why *why)
{
	int r;

	pci_write16(&f->config, PCI_COMMAND,
		    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
	r = is_gone(&f->config) ? refuse(why, ENODEV, "the device is gone")
				: f->driver->start(f, why);
	f->started = !r;
	if (r) {
		pci_irq_release(f);
		pci_write16(&f->config, PCI_COMMAND, PCI_COMMAND_NO_INTX);
	}
	return r;
}

/* ---- the root bus ---- */

static void find_all(void)
{
	for (unsigned slot = 0; slot < 32; slot++) {
		struct pci_function *f = pci_find(host.bus_first, slot, 0, NULL);
		bool multi = f && f->header & PCI_HEADER_MULTI;

		for (unsigned fn = 1; multi && fn < 8; fn++)
			pci_find(host.bus_first, slot, fn, NULL);
	}
}

static void start_alone(struct pci_function *f)
{
	struct why why = { 0 };

	if (pci_size_bars(&f->config, pci_bars_of(f->header), f->bar, &why) ||
	    pci_place_alone(f, &why) || pci_start(f, &why))
		pci_say(f, why.text);
}

void pci_init(const void *fdt)
{
	static const char *const compatible[] = { "pci-host-ecam-generic", NULL };
	int node = fdt_next_compatible(fdt, -1, compatible);
	struct why why = { 0 };
	unsigned on_root;

	if (node < 0)
		return;
	if (pci_host_parse(fdt, node, &host, &why)) {
		kprintf("%s\n", why.text);
		return;
	}
	there = true;
	find_all();
	on_root = functions_nr;
	for (unsigned i = 0; i < on_root; i++)
		if ((functions[i].header & ~PCI_HEADER_MULTI) == PCI_HEADER_BRIDGE)
			pci_port_add(&functions[i]);
		else if (functions[i].driver)
			start_alone(&functions[i]);
	for (unsigned i = 0; pci_port_nth(i); i++)
		pci_port_begin(pci_port_nth(i));
}
