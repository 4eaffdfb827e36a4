/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/device.c - find the device of a physical address.  The UART is the first device.
 */
#include <machine/device.h>

struct device_outside device_outside;
u64 device_due[DEVICE_TIMES] = { ~0ul, ~0ul };
void (*device_act)(void);

static const struct machine_device *device_at(u64 pa)
{
	for (unsigned i = 0; machine_devices[i]; i++)
		if (pa - machine_devices[i]->base < machine_devices[i]->bytes)
			return machine_devices[i];
	return NULL;
}

bool device_in(u64 base, u64 bytes)
{
	for (unsigned i = 0; machine_devices[i]; i++) {
		const struct machine_device *d = machine_devices[i];

		if (d->bytes && d->base < base + bytes && base < d->base + d->bytes)
			return true;
	}
	return false;
}

bool device_read(u64 pa, unsigned bytes, u64 *value)
{
	const struct machine_device *d;

	if (device_outside.on) {
		*value = 0;
		device_outside.loaded = !device_outside.fails;
		return device_outside.loaded;
	}
	d = device_at(pa);
	return d && d->read(pa - d->base, bytes, value);
}

bool device_write(u64 pa, unsigned bytes, u64 value)
{
	const struct machine_device *d = device_at(pa);

	if (device_outside.on && (device_outside.fails || d != machine_devices[0]))
		return !device_outside.fails;
	return d && d->write(pa - d->base, bytes, value);
}
