/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/virtio_vector.c - the MSI-X entry by which a virtio device announces a change of its
 * configuration.  QEMU's virtio-mem has no MSI-X, but its disk has, whose size the host changes.
 */
#include <arch/arch.h>
#include <drivers/irq/irq.h>
#include <drivers/virtio/bars.h>
#include <lib/atomic.h>
#include <tests/harness/test.h>

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_BLOCK 0x1042
#define TIMES 3 /* changes by the host (tests/system/test_interrupts.py) */
#define TIMEOUT_NS 20000000000ul

static struct pci_function *disk;
static struct virtio virtio;
static struct virtio_bars bars;
static u32 times; /* atomic */

static bool match(const struct pci_function *f)
{
	return f->vendor == VIRTIO_VENDOR && f->device == VIRTIO_BLOCK;
}

static int start(struct pci_function *f, struct why *why)
{
	(void)why;
	disk = f;
	return 0;
}

static const struct pci_driver driver = { .name = "disk, for tests",
					  .match = match,
					  .start = start };
PCI_DRIVER(disk, driver);

static bool vector_handler(void *arg)
{
	(void)arg;
	if (!virtio_isr(&virtio))
		return false;
	atomic_fetch_add_relaxed(&times, 1);
	return true;
}

static u64 delivered(void)
{
	const struct irq_handler *h;

	for (unsigned i = 0; (h = irq_nth(i)); i++)
		if (h->irq == disk->irq_used)
			return h->count;
	return 0;
}

static void wait(void)
{
	u64 since = clock_ns();
	struct cpu_pause p = { 0 };

	while (atomic_load_relaxed(&times) < TIMES && !test_aborted() &&
	       clock_ns() - since < TIMEOUT_NS)
		cpu_pause(&p);
}

TEST(pci, virtio_vector, .claim = "a virtio device with MSI-X announces a change by it")
{
	struct why why = { 0 };
	u64 got, before;

	if (!disk) {
		test_skip(t, "there is no virtio disk that the host resizes");
		return;
	}
	times = 0;
	if (!CHECK_OK(t, virtio_bars_open(&bars, disk, &why), &why) ||
	    !CHECK_OK(t, virtio_start(&virtio, &bars.t, 0, 0, &got, &why), &why))
		return;
	CHECK_EQ(t, bars.t.listen(&bars.t, vector_handler, NULL), 0);
	CHECK_EQ(t, disk->how, PCI_MSIX);
	before = delivered();
	wait();
	CHECK(t, times >= TIMES);
	CHECK(t, delivered() - before >= TIMES);
	pci_irq_release(disk);
	CHECK_OK(t, virtio_stop(&virtio, &why), &why);
}
