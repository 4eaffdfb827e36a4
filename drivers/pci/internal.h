/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/pci/internal.h - what the files of drivers/pci share; nobody else includes this. */
#pragma once
#include <drivers/pci/pci.h>

#define PCI_FUNCTIONS 64
#define PCI_PORTS 16

struct pci_host *pci_host(void);
/* The function at an address, with its driver and interrupt; NULL when nobody answers. */
struct pci_function *pci_find(u8 bus, unsigned slot, unsigned fn, struct pci_port *behind);
void pci_forget(const struct pci_port *);
int pci_start(struct pci_function *, struct why *);
void pci_say(const struct pci_function *, const char *sentence);

/* Addresses for a function on the root bus, or for all that a port has behind it. */
int pci_place_alone(struct pci_function *, struct why *);
int pci_place_behind(struct pci_port *, struct why *);
void pci_unplace(struct pci_port *);

void pci_port_add(struct pci_function *bridge); /* number its bus; says why it cannot be used */
void pci_port_begin(struct pci_port *);         /* what is there at boot */

/* ---- slot.c ---- */
void slot_begin(struct pci_port *);
