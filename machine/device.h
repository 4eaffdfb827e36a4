/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/device.h - devices: their registers, by physical address.  An access is performed at
 * once; one that reads memory does so at times of its own (virtio.h).  Accesses to an address
 * without a device fail: an access fault.
 */
#pragma once
#include <lib/types.h>

struct machine_device {
	u64 base, bytes;
	bool (*read)(u64 offset, unsigned bytes, u64 *value);
	bool (*write)(u64 offset, unsigned bytes, u64 value);
};

/*
 * While another machine is followed (follow.h), devices are its own: a load gives nothing yet, a
 * store is for the terminal only, and the other one says what fails.
 */
struct device_outside {
	bool on, fails, loaded;
};
extern struct device_outside device_outside;

bool device_read(u64 pa, unsigned bytes, u64 *value);
bool device_write(u64 pa, unsigned bytes, u64 value);

/* Devices that act on their own: the steps at which they do so next, ~0: not by themselves. */
enum { DEVICE_QUEUE, DEVICE_SIZE, DEVICE_TIMES };
extern u64 device_due[DEVICE_TIMES];
extern void (*device_act)(void); /* NULL: there are none */

static inline u64 device_next(void)
{
	return device_due[DEVICE_QUEUE] < device_due[DEVICE_SIZE] ? device_due[DEVICE_QUEUE]
								  : device_due[DEVICE_SIZE];
}

extern const struct machine_device *const machine_devices[]; /* an architecture's; NULL ends them */

/* ---- the terminal ---- */
void console_put(char c);
extern void (*console_told)(const char *line); /* each line without its end, if not NULL */
/* Look for typed characters; true: there are some.  wait_ms: how long to wait for one. */
bool console_look(int wait_ms);
int console_get(void);    /* -1: nothing */
bool console_ended(void); /* nothing can be typed any more */
extern bool console_quit; /* Ctrl-A x, or console_met */
/* The machine ends after a line that begins, after blanks, with this; at most CONSOLE_UNTIL. */
#define CONSOLE_UNTIL 4u
bool console_until(const char *text);
extern bool console_met;
void console_open(void);
/* The UART is told when there are characters, and when there are none left. */
void uart_typed(bool some);
