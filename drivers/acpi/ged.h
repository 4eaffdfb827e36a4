/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/ged.h - Generic Event Devices (ACPI0013; ACPI 6.5, 5.6.9): interrupts that AML
 * interprets.  The handler only posts work; the consumer of events evaluates the method with
 * the number of the interrupt, runs the notifications that it queued, then calls the listener.
 */
#pragma once
#include <lib/err.h>

/* The callbacks run in the consumer of events, one at a time; they may evaluate AML. */
struct ged_use {
	void (*listener)(void);                   /* after the notifications of an interrupt */
	void (*report_error)(const struct why *); /* a failure after ged_start() */
	u32 (*irq_of)(u32 gsi); /* the controller's number; ~0: another controller's */
};

/* Install handlers for the interrupts of every GED in the namespace and evaluate each method
 * once, since an earlier edge is lost.  After aml_start().  An interrupt that cannot be used is
 * logged and skipped.  -ENODEV: no GED with an interrupt. */
int ged_start(const struct ged_use *, struct why *);
void ged_stop(void); /* before aml_stop(); later interrupts have no effect */
/* Number of interrupts in use. */
unsigned ged_lines(void);
u64 ged_interrupts(void); /* since boot */
/* For tests: post the work of an interrupt as its handler does.  `gsi` must be in use. */
void ged_fire(u32 gsi);
/* Result of the last evaluation: code 0 when AML succeeded.  Overwritten by the next interrupt. */
const struct why *ged_complaint(void);
