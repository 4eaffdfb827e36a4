/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi_devices/dimms.h - a machine of two memory devices. */
#pragma once
#include "fake.h"

#define PA 0x80000000ul /* of device 0; device 1 follows it */
#define LEN 0x8000000ul
enum { DEVICE_CHECK = 1, EJECT = 3 };

void memory(unsigned n, u64 sta);         /* device n has one range, on node 1 */
void machine_with(u64 first, u64 second); /* _STA of both; the source is not started */
int start(void);
void added(void);                      /* device 0 is there and added */
void interrupt(unsigned n, u32 value); /* device n notifies */
bool is(unsigned n, const char *origin, bool added, bool refused);
bool posted_is(enum event_op op, unsigned n, bool here);
