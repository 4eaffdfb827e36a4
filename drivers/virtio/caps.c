/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/caps.c - parses virtio's vendor capabilities; see caps.h.
 *
 * The device supplies offsets and lengths: each structure is checked against the size of its BAR,
 * so that later accesses need no check.
 */
#include <drivers/virtio/caps.h>

/* Offsets in struct virtio_pci_cap (4.1.4); only the notify capability has the multiplier. */
enum {
	CAP_LEN = 2,
	CAP_TYPE = 3,
	CAP_BAR = 4,
	CAP_OFFSET = 8,
	CAP_BYTES = 12,
	CAP_MULTIPLIER = 16
};

/* By cfg_type.  The device configuration has no minimal length; virtio_config() checks the length
 * that its driver needs. */
static const struct {
	const char *name;
	u32 least; /* minimal length, which this driver accesses */
} structures[VIRTIO_STRUCTURES] = {
	[VIRTIO_COMMON] = { "common configuration", 0x38 },
	[VIRTIO_NOTIFY] = { "notification", 2 },
	[VIRTIO_ISR] = { "interrupt status", 1 },
	[VIRTIO_DEVICE] = { "device configuration", 0 },
};

/* Parse one capability: its structure must be inside a BAR and long enough. */
static int read_place(const struct pci_config *c, unsigned cap, unsigned type,
		      const struct pci_bar *bar, struct virtio_caps *v, struct why *why)
{
	unsigned needs = type == VIRTIO_NOTIFY ? 20 : 16;
	struct virtio_place p;

	if (cap + needs > 256 || pci_read8(c, cap + CAP_LEN) < needs)
		return refuse(why, EINVAL, "virtio: the capability of the %s is cut off",
			      structures[type].name);
	p = (struct virtio_place) { true, pci_read8(c, cap + CAP_BAR),
				    pci_read32(c, cap + CAP_OFFSET),
				    pci_read32(c, cap + CAP_BYTES) };
	if (p.bar >= PCI_BARS || !bar[p.bar].len || (u64)p.offset + p.len > bar[p.bar].len ||
	    p.len < structures[type].least || p.offset % 4)
		return refuse(why, EINVAL, "virtio: the %s at 0x%x+0x%x is not inside BAR %u",
			      structures[type].name, p.offset, p.len, p.bar);
	if (type == VIRTIO_NOTIFY)
		v->notify_multiplier = pci_read32(c, cap + CAP_MULTIPLIER);
	v->at[type] = p;
	return 0;
}

/* All types must exist: a device without one of them is a legacy device, which is not supported. */
int virtio_find_caps(const struct pci_config *c, const struct pci_bar bar[PCI_BARS],
		     struct virtio_caps *v, struct why *why)
{
	int cap = 0, err;

	*v = (struct virtio_caps) { 0 };
	while ((cap = pci_capability(c, PCI_CAP_VENDOR, (unsigned)cap, why)) > 0) {
		unsigned type = pci_read8(c, (unsigned)cap + CAP_TYPE);

		/* the first of a type is preferred (4.1.4.1); other types are unused */
		if (type < VIRTIO_COMMON || type >= VIRTIO_STRUCTURES || v->at[type].found)
			continue;
		err = read_place(c, (unsigned)cap, type, bar, v, why);
		if (err)
			return err;
	}
	if (cap != -ENOENT)
		return cap;
	for (unsigned i = VIRTIO_COMMON; i < VIRTIO_STRUCTURES; i++)
		if (!v->at[i].found)
			return refuse(why, ENOENT, "virtio: it has no %s: not a modern device",
				      structures[i].name);
	return 0;
}
