/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/ged.h - Generic Event Devices (ACPI0013; ACPI 6.5, 5.6.9): interrupts whose meaning
 * AML knows.  The interrupt only posts work; in the consumer of events _EVT is evaluated with the
 * number of the interrupt, then the notifications that it made, then the listener.
 */
#pragma once
#include <lib/err.h>

struct ged_use {
	void (*listener)(void);
	void (*complain)(const struct why *); /* one sentence of what goes wrong later */
	u32 (*irq_of)(u32 gsi); /* as the machine's controller counts it; ~0: not its */
};

/* Claim the interrupts of each GED of the namespace.  -ENODEV: there is none. */
int ged_start(const struct ged_use *, struct why *);
void ged_stop(void); /* late interrupts do nothing */
unsigned ged_lines(void);
u64 ged_interrupts(void); /* since boot */
/* As if this interrupt had come: tests. */
void ged_fire(u32 gsi);
/* Of the last _EVT: code 0 when AML did its work. */
const struct why *ged_complaint(void);
