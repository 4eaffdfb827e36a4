/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/vanish.c - a device that is unplugged while it is probed: from each possible access on,
 * it reads as all ones.  The probe is undone, and the port accepts the next device.
 */
#include <drivers/irq/irq.h>
#include <drivers/pci/pci.h>
#include <drivers/virtio/caps.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <tests/pci/fake_function.h>

#define OURS 0xdead1234u
#define ACCESSES_MAX 2000
#define REMARKS_MAX 2 /* one for MSI-X, one for MSI */

static struct fake_function bridge, device;
static struct pci_function bridge_function;
static struct pci_port port;
static unsigned remarks, started, started_gone;
static bool blind; /* the driver reads no register */

/* ---- the emulated device ---- */

static bool vanish_config(u8 bus, unsigned slot, unsigned fn, struct pci_config *c)
{
	if (bus != port.bus)
		return false;
	*c = device.config;
	if (slot || fn)
		c->regs = &bridge; /* it is absent from the start */
	return true;
}

static void count_remark(const struct event_record *r)
{
	remarks += r->nr_ranges == 0;
}

/* One BAR of 64 bits, prefetchable, 256 MiB; and one of 16 KiB for registers. */
static void fake_bars(void)
{
	fake_put(&device, PCI_BAR0 + 8, 4, 0xc);
	memset(device.writable + PCI_BAR0 + 8, 0xff, 8);
	memset(device.writable + PCI_BAR0 + 8, 0, 3);
	device.writable[PCI_BAR0 + 11] = 0xf0;
	memset(device.writable + PCI_BAR0, 0xff, 4);
	device.writable[PCI_BAR0] = 0;
	device.writable[PCI_BAR0 + 1] = 0xc0;
}

static void fake_caps(bool table)
{
	unsigned at = 0x40;

	for (unsigned type = VIRTIO_COMMON; type < VIRTIO_STRUCTURES; type++, at += 0x14) {
		fake_put(&device, at, 4, PCI_CAP_VENDOR | (at + 0x14) << 8 | 20 << 16 | type << 24);
		fake_put(&device, at + 8, 4, type << 8);
		fake_put(&device, at + 12, 4, 0x100);
	}
	fake_put(&device, at, 4, PCI_CAP_MSI | (table ? 0xc0u << 8 : 0) | 0x80 << 16);
	memset(device.writable + at + 4, 0xff, 10);
	device.writable[at + 2] = 0x71;
	fake_put(&device, 0xc0, 4, PCI_CAP_MSIX);
	device.writable[0xc3] = 0xc0;
}

static void fake_device(bool table)
{
	fake_new(&device);
	fake_put(&device, PCI_VENDOR, 4, OURS);
	fake_put(&device, PCI_COMMAND, 2, 0);
	memset(device.writable + PCI_COMMAND, 0xff, 2);
	fake_bars();
	fake_caps(table);
}

static void fake_port(void)
{
	fake_new(&bridge);
	bridge.gone_after = 0;
	bridge_function = (struct pci_function) { .config = bridge.config,
						  .bus = pci_bridge()->bus_first,
						  .slot = 31,
						  .header = PCI_HEADER_BRIDGE,
						  .name = "fake" };
	port = (struct pci_port) { .bridge = &bridge_function,
				   .bus = pci_bridge()->bus_last,
				   .low = PA_NONE,
				   .high = PA_NONE };
}

/* ---- its driver ---- */

static bool match(const struct pci_function *f)
{
	return (f->vendor | (u32)f->device << 16) == OURS;
}

static bool vanish_handler(void *arg)
{
	(void)arg;
	return false;
}

static int start(struct pci_function *f, struct why *why)
{
	struct virtio_caps caps;
	int err = blind ? 0 : virtio_find_caps(&f->config, f->bar, &caps, why);

	started_gone += device.accesses > device.gone_after && !err;
	if (!err && !blind && pci_irq_request(f, vanish_handler, NULL))
		err = refuse(why, ENOMEM, "no room for its handler");
	started += !err;
	return err;
}

static const struct pci_driver driver = { .name = "fake", .match = match, .start = start };
PCI_DRIVER(fake, driver);

/* ---- resources in use ---- */

struct left {
	unsigned functions, interrupts, low, high;
};

static struct left vanish_count(void)
{
	struct left l = { .low = pci_bridge()->low.nr, .high = pci_bridge()->high.nr };

	while (pci_nth(l.functions))
		l.functions++;
	while (irq_nth(l.interrupts))
		l.interrupts++;
	return l;
}

static bool nothing_left(struct left before)
{
	struct left now = vanish_count();

	return !memcmp(&now, &before, sizeof(now)) && !port.occupied && port.low == PA_NONE &&
	       port.high == PA_NONE;
}

/* Fill the port with a device that disappears after `accesses` accesses.  True: it was started. */
static bool try(struct test_run *t, unsigned accesses, bool table)
{
	struct left before = vanish_count();
	struct why why = { 0 };
	int err;

	fake_device(table);
	device.gone_after = accesses;
	remarks = 0;
	err = pci_port_fill(&port, &why);
	CHECK_EQ(t, err, err ? -ENODEV : 0);
	CHECK_EQ(t, why.code, err);
	CHECK(t, !err == !why.text[0]);
	CHECK(t, remarks <= REMARKS_MAX);
	if (!err) {
		device.gone_after = device.accesses; /* disappear now, if not before */
		pci_port_empty(&port);
		pci_port_removed(&port);
	}
	CHECK(t, nothing_left(before));
	return !err;
}

static const char *const ways[] = { "msi", "msix", "blind", NULL };

TEST(pci, vanishes,
     .claim = "a device that disappears after any number of accesses causes one sentence and "
	      "leaves no state",
     .params = ways)
{
	void (*saved_say)(const struct event_record *) = event_printer;
	bool table = !strcmp(t->param, "msix");
	unsigned n = 0, phases = 0;

	if (!pci_bridge()) {
		test_skip(t, "this machine has no PCI host bridge");
		return;
	}
	fake_port();
	event_printer = count_remark;
	pci_emulated = vanish_config;
	started = started_gone = 0;
	blind = !strcmp(t->param, "blind");
	while (n < ACCESSES_MAX && !t->failed && !test_aborted()) {
		phases += !try(t, n++, table);
		if (n > device.accesses)
			break; /* the probe made fewer accesses */
	}
	CHECK(t, try(t, ~0u, table));
	CHECK(t, started);
	CHECK_EQ(t, started_gone, 0);
	CHECK(t, n < ACCESSES_MAX);
	pci_emulated = NULL;
	event_printer = saved_say;
	test_key(t, "accesses=%u refused=%u", n, phases);
}

TEST(pci, bars_kept,
     .claim = "a BAR that does not store its address is refused, and one that has disappeared")
{
	struct pci_bar bar[PCI_BARS] = { 0 };
	struct why why = { 0 };

	fake_device(false);
	bar[0] = (struct pci_bar) { .len = 0x4000, .bus = 0x10004000 };
	bar[2] = (struct pci_bar) { .len = 1ul << 28, .bus = 0x8010000000, .wide = true };
	CHECK_OK(t, pci_place_bars(&device.config, 6, bar, &why), &why);
	bar[0].bus += 0x1000; /* not a multiple of its size */
	CHECK_REFUSED(t, pci_place_bars(&device.config, 6, bar, &why), EIO, &why);
	bar[0].bus -= 0x1000;
	memset(device.writable + PCI_BAR0 + 12, 0, 4);
	bar[2].bus += 1ul << 32;
	CHECK_REFUSED(t, pci_place_bars(&device.config, 6, bar, &why), EIO, &why);
	device.gone_after = device.accesses;
	CHECK_REFUSED(t, pci_place_bars(&device.config, 6, bar, &why), ENODEV, &why);
}
