/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio_mem/caps.c - drivers/virtio/caps.c: a vendor capability for each structure
 * (Virtio 1.2, 4.1.4), the first of a type, inside its BAR and long enough.
 */
#include <drivers/virtio/caps.h>
#include <string.h>
#include <want.h>

#define BAR_BYTES 0x4000u

static u8 space[256];
static struct pci_bar bars[PCI_BARS];
static struct virtio_caps found;
static struct why why;
static unsigned last; /* capability that ends the list; 0: the head */

static u32 get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	u32 v = 0;

	WANT(at % bytes == 0 && at + bytes <= sizeof(space));
	memcpy(&v, space + at, bytes);
	return v;
}

static const struct pci_config config = { .read = get };

struct row {
	unsigned at; /* in the configuration space */
	u8 type, says, bar;
	u32 offset, len;
};

static void put(const struct row *r)
{
	u8 *p = space + r->at;

	space[last ? last + 1 : 0x34] = (u8)r->at;
	last = r->at;
	p[0] = 9;
	p[1] = 0;
	p[2] = r->says;
	p[3] = r->type;
	if (r->at + 16 > sizeof(space))
		return;
	p[4] = r->bar;
	memcpy(p + 8, &r->offset, 4);
	memcpy(p + 12, &r->len, 4);
	if (r->type == VIRTIO_NOTIFY && r->at + 20 <= sizeof(space))
		memcpy(p + 16, (const u8[]) { 4, 0, 1, 0 }, 4);
}

/* The usual four; `other` replaces the one of its type. */
static int with(const struct row *other)
{
	static const struct row usual[] = {
		{ 0x40, VIRTIO_COMMON, 16, 4, 0, 0x38 },
		{ 0x60, VIRTIO_ISR, 16, 4, 0x1000, 1 },
		{ 0x80, VIRTIO_DEVICE, 16, 4, 0x2000, 0x1000 },
		{ 0xa0, VIRTIO_NOTIFY, 20, 4, 0x3000, 0x1000 },
	};

	memset(space, 0, sizeof(space));
	memset(bars, 0, sizeof(bars));
	space[0x06] = 0x10; /* it has capabilities */
	bars[4].len = BAR_BYTES;
	bars[5].len = 0x40;
	last = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(usual); i++)
		if (!other || usual[i].type != other->type)
			put(&usual[i]);
	if (other)
		put(other);
	why = (struct why) { 0 };
	return virtio_find_caps(&config, bars, &found, &why);
}

static void usual_ones(void)
{
	WANT(with(NULL) == 0 && found.notify_multiplier == 0x10004);
	WANT(found.at[VIRTIO_COMMON].bar == 4 && found.at[VIRTIO_COMMON].len == 0x38);
	WANT(found.at[VIRTIO_ISR].offset == 0x1000 && found.at[VIRTIO_DEVICE].offset == 0x2000);
	WANT(found.at[VIRTIO_NOTIFY].offset == 0x3000 && found.at[VIRTIO_NOTIFY].len == 0x1000);
}

static void places(void)
{
	static const struct {
		struct row r;
		const char *wrong; /* NULL: it is taken */
	} rows[] = {
		{ { 0xc0, VIRTIO_COMMON, 16, 5, 0, 0x38 }, NULL },
		{ { 0xc0, VIRTIO_COMMON, 16, 5, 8, 0x38 }, NULL },
		{ { 0xc0, VIRTIO_COMMON, 16, 5, 0, 0x40 }, NULL },
		{ { 0xc0, VIRTIO_COMMON, 16, 5, 12, 0x38 },
		  "the common configuration at 0xc+0x38 is not inside BAR 5" },
		{ { 0xc0, VIRTIO_COMMON, 16, 5, 0, 0x41 },
		  "the common configuration at 0x0+0x41 is not inside BAR 5" },
		{ { 0xc0, VIRTIO_COMMON, 16, 5, 0, 0x37 },
		  "the common configuration at 0x0+0x37 is not inside BAR 5" },
		{ { 0xc0, VIRTIO_COMMON, 16, 3, 0, 0x38 },
		  "the common configuration at 0x0+0x38 is not inside BAR 3" },
		{ { 0xc0, VIRTIO_COMMON, 16, 6, 0, 0x38 },
		  "the common configuration at 0x0+0x38 is not inside BAR 6" },
		{ { 0xc0, VIRTIO_COMMON, 16, 4, 2, 0x38 },
		  "the common configuration at 0x2+0x38 is not inside BAR 4" },
		{ { 0xc0, VIRTIO_COMMON, 16, 4, 0xfffffffc, 0x38 },
		  "the common configuration at 0xfffffffc+0x38 is not inside BAR 4" },
		{ { 0xc0, VIRTIO_NOTIFY, 20, 4, 0, 2 }, NULL },
		{ { 0xc0, VIRTIO_NOTIFY, 20, 4, 0, 1 },
		  "the notification at 0x0+0x1 is not inside BAR 4" },
		{ { 0xc0, VIRTIO_ISR, 16, 4, 0x3ffc, 1 }, NULL },
		{ { 0xc0, VIRTIO_ISR, 16, 4, 0x3ffc, 0 },
		  "the interrupt status at 0x3ffc+0x0 is not inside BAR 4" },
		{ { 0xc0, VIRTIO_DEVICE, 16, 4, 0x4000, 0 }, NULL },
		{ { 0xc0, VIRTIO_DEVICE, 16, 4, 0x4000, 1 },
		  "the device configuration at 0x4000+0x1 is not inside BAR 4" },
		{ { 0xc0, VIRTIO_ISR, 15, 4, 0, 1 },
		  "the capability of the interrupt status is cut off" },
		{ { 0xc0, VIRTIO_NOTIFY, 19, 4, 0, 2 },
		  "the capability of the notification is cut off" },
		{ { 0xf0, VIRTIO_ISR, 16, 4, 0, 1 }, NULL }, /* it ends with the space */
		{ { 0xf4, VIRTIO_ISR, 16, 4, 0, 1 },
		  "the capability of the interrupt status is cut off" },
		{ { 0xec, VIRTIO_NOTIFY, 20, 4, 0, 2 }, NULL },
		{ { 0xf0, VIRTIO_NOTIFY, 20, 4, 0, 2 },
		  "the capability of the notification is cut off" },
	};
	char wanted[120];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i].r;

		WANT(with(r) == (rows[i].wrong ? -EINVAL : 0));
		snprintf(wanted, sizeof(wanted), "virtio: %s", rows[i].wrong ? rows[i].wrong : "");
		if (rows[i].wrong)
			WANT_TEXT(why.text, wanted);
		else
			WANT(found.at[r->type].bar == r->bar && found.at[r->type].len == r->len &&
			     found.at[r->type].offset == r->offset);
	}
}

/* Each has to be there; the first of a type counts, and other types do not. */
static void kinds(void)
{
	static const char *const names[] = { NULL, "common configuration", "notification",
					     "interrupt status", "device configuration" };
	static const struct row more[] = {
		{ 0xc0, VIRTIO_COMMON, 16, 5, 0, 0x40 },
		{ 0xd0, 5, 16, 9, 0, 0 }, /* configuration through the configuration space */
		{ 0xe0, 0, 16, 9, 0, 0 },
	};
	char wanted[80];

	for (u8 type = VIRTIO_COMMON; type < VIRTIO_STRUCTURES; type++) {
		WANT(with(&(struct row) { 0xc0, type, 16, 4, 0, 0x38 }) ==
		     (type == VIRTIO_NOTIFY ? -EINVAL : 0));
		space[0xc3] = 8; /* a type of shared memory */
		WANT(virtio_find_caps(&config, bars, &found, &why) == -ENOENT);
		snprintf(wanted, sizeof(wanted), "virtio: it has no %s: not a modern device",
			 names[type]);
		WANT_TEXT(why.text, wanted);
	}
	with(NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(more); i++)
		put(&more[i]);
	WANT(virtio_find_caps(&config, bars, &found, &why) == 0);
	WANT(found.at[VIRTIO_COMMON].bar == 4 && found.at[VIRTIO_COMMON].len == 0x38);
	space[0xe1] = 0x40; /* in circles */
	WANT(virtio_find_caps(&config, bars, &found, &why) == -EIO);
	WANT_TEXT(why.text, "the capability list is circular");
	space[6] = 0;
	WANT(virtio_find_caps(&config, bars, &found, &why) == -ENOENT);
	memset(space, 0xff, sizeof(space));
	WANT(virtio_find_caps(&config, bars, &found, &why) == -ENODEV);
}

void caps_tests(void); /* for main.c */

void caps_tests(void)
{
	usual_ones();
	places();
	kinds();
}
