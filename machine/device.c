/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/device.c - which device a physical address is of.
 */
#include <machine/device.h>

static const struct machine_device *device_at(u64 pa)
{
	for (unsigned i = 0; machine_devices[i]; i++)
		if (pa - machine_devices[i]->base < machine_devices[i]->bytes)
			return machine_devices[i];
	return NULL;
}

bool device_read(u64 pa, unsigned bytes, u64 *value)
{
	const struct machine_device *d = device_at(pa);

	return d && d->read(pa - d->base, bytes, value);
}

bool device_write(u64 pa, unsigned bytes, u64 value)
{
	const struct machine_device *d = device_at(pa);

	return d && d->write(pa - d->base, bytes, value);
}
