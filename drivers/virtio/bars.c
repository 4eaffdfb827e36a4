/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/virtio/bars.c - virtio over PCI BARs; see bars.h.  caps.c and virtio.c have checked
 * all bounds. */
#include <drivers/mmio.h>
#include <drivers/virtio/bars.h>

/* The callers in virtio.c check that the offset is inside the structure. */
static volatile u8 *reg(const struct virtio_transport *t, enum virtio_structure s, u32 at)
{
	return container_of(t, struct virtio_bars, t)->at[s] + at;
}

static u32 bars_read(const struct virtio_transport *t, enum virtio_structure s, u32 at,
		     unsigned bytes)
{
	return mmio_read(reg(t, s, at), bytes);
}

static void bars_write(const struct virtio_transport *t, enum virtio_structure s, u32 at,
		       unsigned bytes, u32 v)
{
	mmio_write(reg(t, s, at), bytes, v);
}

/* A real device needs real time: pause. */
static bool bars_wait(const struct virtio_transport *t, struct cpu_pause *p, u64 us)
{
	(void)t;
	return cpu_pause_within(p, us);
}

/* With MSI-X the device must also accept the vector for configuration changes; otherwise it is
 * polled. */
static int bars_listen(const struct virtio_transport *t, bool (*handler)(void *), void *arg)
{
	struct virtio_bars *b = container_of(t, struct virtio_bars, t);
	int err = pci_irq_request(b->f, handler, arg);

	if (err || b->f->how != PCI_MSIX)
		return err;
	if (!virtio_config_vector(t, 0))
		pci_irq_poll(b->f, "virtio: the device accepts no vector for its configuration: "
				   "polled");
	return 0;
}

/* pci_map_bar() finds an existing mapping by its address: structures in one BAR share it, and it
 * need not be unmapped after an error. */
int virtio_bars_open(struct virtio_bars *b, struct pci_function *f, struct why *why)
{
	struct virtio_caps caps;
	int err = virtio_find_caps(&f->config, f->bar, &caps, why);

	if (err)
		return err;
	*b = (struct virtio_bars) {
		.t = { bars_read, bars_write, bars_wait, bars_listen,
		       .device_len = caps.at[VIRTIO_DEVICE].len,
		       .notify_len = caps.at[VIRTIO_NOTIFY].len,
		       .notify_multiplier = caps.notify_multiplier },
		.f = f,
	};
	for (unsigned i = VIRTIO_COMMON; i < VIRTIO_STRUCTURES; i++) {
		volatile u8 *bar = pci_map_bar(f, caps.at[i].bar);

		if (!bar)
			return refuse(why, ENOMEM, "virtio: BAR %u cannot be mapped",
				      caps.at[i].bar);
		b->at[i] = bar + caps.at[i].offset;
	}
	return 0;
}
