/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/device.h - devices: their registers, by physical address.  An access to a register is
 * performed at once; a device that accesses memory does so at times of its own (virtio.h).  An
 * access to an address without a device is an access fault.
 */
#pragma once
#include <lib/types.h>

struct machine_device {
	u64 base, bytes;
	bool (*read)(u64 offset, unsigned bytes, u64 *value);
	bool (*write)(u64 offset, unsigned bytes, u64 value);
};

/*
 * While QEMU is followed (follow.h), devices are QEMU's: a load returns 0 until the value is taken
 * from QEMU, only stores to the terminal have an effect, and QEMU determines which access fails.
 */
struct device_outside {
	bool on, fails, loaded;
};
extern struct device_outside device_outside;

/* Some register is between these addresses. */
bool device_in(u64 base, u64 bytes);
bool device_read(u64 pa, unsigned bytes, u64 *value);
bool device_write(u64 pa, unsigned bytes, u64 value);

/* Devices that act on their own: the steps of their next actions; ~0: none is due. */
enum { DEVICE_QUEUE, DEVICE_SIZE, DEVICE_TIMES };
extern u64 device_due[DEVICE_TIMES];
extern void (*device_act)(void); /* NULL: no such device */

static inline u64 device_next(void)
{
	return device_due[DEVICE_QUEUE] < device_due[DEVICE_SIZE] ? device_due[DEVICE_QUEUE]
								  : device_due[DEVICE_SIZE];
}

extern const struct machine_device *const machine_devices[]; /* of an architecture; ended by NULL */

/* ---- the terminal ---- */
void console_put(char c);
extern void (*console_line)(const char *line); /* called for each line, without its end; or NULL */
/* Read typed characters; true: there are some.  wait_ms: how long to wait for one. */
bool console_poll(int wait_ms);
int console_get(void);    /* -1: none */
bool console_ended(void); /* there is no more input */
extern bool console_quit; /* Ctrl-A x, or console_matched */
/* The machine ends after a line that begins, after blanks, with this text; at most CONSOLE_UNTIL
 * texts. */
#define CONSOLE_UNTIL 4u
bool console_until(const char *text);
extern bool console_matched;
void console_open(void);
/* Called when characters become available, and when none is left. */
void uart_typed(bool some);
