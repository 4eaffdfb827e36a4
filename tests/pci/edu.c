/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/pci/edu.c - driver of QEMU's edu device; see edu.h. */
#include <arch/arch.h>
#include <drivers/irq/irq.h>
#include <tests/pci/edu.h>

enum { STATUS = 0x24, RAISE = 0x60, CLEAR = 0x64 };
#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8
#define TIMEOUT_NS 1000000000ul

volatile struct edu_seen edu_seen;
static struct pci_function *edu;
static volatile u8 *regs;

static bool match(const struct pci_function *f)
{
	return f->vendor == EDU_VENDOR && f->device == EDU_DEVICE;
}

static int start(struct pci_function *f, struct why *why)
{
	regs = pci_map_bar(f, 0);
	edu = f;
	return regs ? 0 : refuse(why, ENOMEM, "edu: its registers cannot be mapped");
}

static const struct pci_driver driver = { .name = "edu", .match = match, .start = start };
PCI_DRIVER(edu, driver);

struct pci_function *edu_function(struct test_run *t)
{
	if (!edu)
		test_skip(
			t,
			"there is no device that interrupts on demand (QEMU_ARGS=\"-device edu\")");
	return edu;
}

void edu_raise(void)
{
	mmio_write32(regs + RAISE, 1);
}

bool edu_handler(void *arg)
{
	u32 status = mmio_read32(regs + STATUS);

	(void)arg;
	if (!status)
		return false;
	mmio_write32(regs + CLEAR, status);
	edu_seen.cpu = this_cpu()->nr;
	edu_seen.times++;
	return true;
}

bool edu_once(void)
{
	unsigned before = edu_seen.times;
	struct cpu_pause p = { 0 };
	u64 since = clock_ns();

	edu_raise();
	while (edu_seen.times == before && clock_ns() - since < TIMEOUT_NS)
		cpu_pause(&p);
	return edu_seen.times == before + 1;
}

u64 edu_count(void)
{
	const struct irq_handler *h;

	for (unsigned i = 0; (h = irq_nth(i)); i++)
		if (h->irq == edu->irq_used)
			return h->count;
	return 0;
}
