/* SPDX-License-Identifier: BSD-2-Clause */
/* made.h - the machine of main.c: a bridge with two windows, functions made of memory. */
#pragma once
#include <drivers/pci/host_bridge.h>
#include <drivers/pci/pci_internal.h>
#include <setjmp.h>

#define LOW 0x10000000ul
#define LOW_PA 0x50000000ul /* where a CPU sees it */
#define HIGH 0x8000000000ul
#define LOW_LEN (64 * MiB)
#define HIGH_LEN (4096 * MiB)

extern struct pci_host host;

void machine(void);
struct pci_function *add(struct pci_port *behind, bool bridge);
struct pci_port port_of(struct pci_function *bridge);
void bar(struct pci_function *, unsigned n, u64 len, bool wide, bool prefetch);
u64 register_of(const struct pci_function *, unsigned n); /* what the BAR holds */
/* The windows of a bridge are these; length 0: closed. */
void forwards(const struct pci_function *, u64 low, u64 low_len, u64 high, u64 high_len);
