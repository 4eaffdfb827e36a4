/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/device.c - the edges of a device range (mm/hotplug/devmem.h): each one by itself
 * and in two halves, each failure point of each, and what refusals name.
 */
#include "model.h"
#include <mm/hotplug/devmem.h>
#include <mm/pt/taps/inject.h>

#define PA (MODEL_HOT + SMALL)
#define LEN (2 * SMALL)
#define ABSENT DEVMEM_MODES

static struct devmem_opts o;

static unsigned mode_of(void)
{
	const struct devmem *d = devmem_find(PA >> 12, LEN >> 12);

	return d ? d->mode : ABSENT;
}

static int go(unsigned to, struct why *why)
{
	if (to == ABSENT)
		return devmem_remove(PA, LEN, NULL, why);
	if (mode_of() != ABSENT)
		return devmem_set_mode(PA, LEN, (enum devmem_mode)to, NULL, why);
	return to == DEVMEM_RAW ? devmem_claim(PA, LEN, 1, &o, why)
				: devmem_add(PA, LEN, 1, &o, NULL, why);
}

/* From a mode to another; the n-th point fails.  False: there is none. */
static bool fails_at(unsigned from, unsigned to, u64 n)
{
	struct inject how = { .at = n };
	struct digest before, after;
	struct inject_count c;
	struct why why = { 0 };
	int err;

	digest_take(&before);
	inject_begin(&how);
	err = go(to, &why);
	inject_end(&c);
	WANT(!err || (c.failed && why.text[0]), "%u to %u, point %lu: %d", from, to, n, err);
	WANT_EQ(mode_of(), err ? from : to);
	if (!err)
		OK(go(from, why));
	WANT_EQ(mode_of(), from);
	digest_take(&after);
	after.map = before.map; /* memmap in old memory may be in other frames */
	SAME(&before, &after);
	model_audit();
	return c.failed;
}

/* All but absent to KMEM, which no call does at once. */
static u64 edges(void)
{
	u64 failures = 0;

	for (unsigned from = DEVMEM_RAW; from <= ABSENT; from++)
		for (unsigned to = DEVMEM_RAW; to <= ABSENT; to++) {
			if (from == to || from + to == DEVMEM_KMEM + ABSENT)
				continue;
			if (from != mode_of())
				OK(go(from, why));
			for (u64 n = 1; fails_at(from, to, n); n++)
				failures++;
		}
	if (mode_of() != ABSENT)
		OK(go(ABSENT, why));
	return failures;
}

CASE(every_edge_of_a_device_range)
{
	static const char *const modes[] = { "host", "device" };
	struct digest before, after;
	u64 failures = 0;

	model_boot((struct model_shape) { .section = SMALL, .hot = 4 * SMALL });
	digest_take(&before);
	for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
		o = (struct devmem_opts) { .memmap = memmap_scheme_find(modes[m], NULL) };
		failures += edges();
	}
	digest_take(&after);
	SAME(&before, &after);
	WANT(failures >= 50, "%lu failures were injected", failures);
}

CASE(edges_that_there_are_not)
{
	model_boot((struct model_shape) { .section = SMALL, .hot = 4 * SMALL });
	o = (struct devmem_opts) { .memmap = memmap_scheme_find("host", NULL) };
	REFUSED(ENXIO, "0x50400000+8M is no device range", devmem_remove(PA, LEN, NULL, why));
	REFUSED(ENXIO, "0x50400000+8M is no device range",
		devmem_set_mode(PA, LEN, DEVMEM_RAW, NULL, why));
	OK(devmem_add(PA, LEN, 1, &o, NULL, why));
	REFUSED(EINVAL, "mode 3: there is raw, dax and kmem",
		devmem_set_mode(PA, LEN, DEVMEM_MODES, NULL, why));
	REFUSED(EBUSY, "0x50400000+8M is dax", devmem_set_mode(PA, LEN, DEVMEM_DAX, NULL, why));
	REFUSED(ENXIO, "0x50400000+4M is no device range", devmem_remove(PA, SMALL, NULL, why));
	REFUSED(EEXIST, "0x50000000+8M overlaps the device range 0x50400000+8M",
		devmem_claim(MODEL_HOT, LEN, 1, &o, why));
	OK(devmem_remove(PA, LEN, NULL, why));
	o.uncached = true;
	OK(devmem_add(PA, LEN, 1, &o, NULL, why));
	REFUSED(EPERM, "the device range 0x50400000+8M is memory of a bus, and no RAM",
		devmem_set_mode(PA, LEN, DEVMEM_KMEM, NULL, why));
	OK(devmem_remove(PA, LEN, NULL, why));
	o.uncached = false;
	OK(devmem_add(PA + 2 * MiB, 2 * MiB, 1, &o, NULL, why));
	REFUSED(EINVAL, "0x50600000+2M is not made of whole blocks of 4 MiB",
		devmem_set_mode(PA + 2 * MiB, 2 * MiB, DEVMEM_KMEM, NULL, why));
	OK(devmem_remove(PA + 2 * MiB, 2 * MiB, NULL, why));
	model_audit();
}
