/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/edu.h - QEMU's `edu` device (`-device edu`), which interrupts when it is told to: by
 * its pin, or by MSI.  Nothing here uses it unless a test does.
 */
#pragma once
#include <drivers/pci/pci.h>
#include <tests/test.h>

struct pci_function *
edu_function(struct test_run *); /* NULL: there is none, and the test is skipped */
void edu_raise(void);
/* A handler for pci_irq_request(): takes the interrupt back and counts. */
bool edu_handler(void *);
struct edu_seen {
	unsigned times, cpu; /* the handler ran, and where it did last */
};
extern volatile struct edu_seen edu_seen;
/* Raise once, and wait until the handler ran for it; false: it did not within a second. */
bool edu_once(void);
u64 edu_count(void); /* how often the controller brought its interrupt */
