/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/edu.h - QEMU's `edu` device (`-device edu`), which raises an interrupt on request:
 * by its pin, or by MSI.  Only tests use it.
 */
#pragma once
#include <drivers/pci/pci.h>
#include <tests/harness/test.h>

struct pci_function *
edu_function(struct test_run *); /* NULL: no such device, the test is skipped */
void edu_raise(void);
/* A handler for pci_irq_request(): acknowledges the interrupt and counts. */
bool edu_handler(void *);
struct edu_seen {
	unsigned times, cpu; /* runs of the handler, and the last CPU */
};
extern volatile struct edu_seen edu_seen;
/* Raise once and wait for the handler.  False: it did not run within a second. */
bool edu_once(void);
u64 edu_count(void); /* interrupts delivered by the controller */
