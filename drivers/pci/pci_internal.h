/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/pci/pci_internal.h - what the files of drivers/pci share; nobody else includes this. */
#pragma once
#include <drivers/pci/pci.h>

#define PCI_FUNCTIONS 64
#define PCI_PORTS 32
#define PCI_SWITCHES 8

struct pci_host *pci_host(void);
/* The function at an address, with its driver and interrupt; NULL when nobody answers. */
struct pci_function *pci_find(u8 bus, unsigned slot, unsigned fn, struct pci_port *behind);
volatile u8 *pci_map_config(u8 bus, bool ports);  /* NULL: no room */
bool pci_bus_has_ports(u8 bus);                   /* of a switch */
struct pci_config pci_registers(volatile void *); /* what was mapped, as config.h reads it */
void pci_forget(const struct pci_port *);
int pci_start(struct pci_function *, struct why *);
void pci_say(const struct pci_function *, const char *sentence);

/* Addresses for a function on the root bus, or for all that a port has behind it. */
int pci_place_alone(struct pci_function *, struct why *);
int pci_place_behind(struct pci_port *, struct why *); /* refused: pci_unplace() undoes the rest */
void pci_unplace(struct pci_port *);

bool pci_ports_full(void);
struct pci_port *
pci_port_open(struct pci_function *bridge); /* without what is behind it, or NULL */
void pci_port_begin(struct pci_port *);     /* what is there at boot */

/* ---- switch.c ---- */
void pci_switch_look(struct pci_port *); /* at boot: is there one behind this port? */
/* Windows for all that will ever be behind it, out of those before `port`, which leads there. */
int pci_place_switch(struct pci_port *port, struct pci_port *up, struct why *);

/* One sentence about a function, held back while somebody types. */
void pci_remark(const struct pci_function *, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- slot.c ---- */
void slot_begin(struct pci_port *);
/* All drivers behind the port have answered: 0, or why they stay. */
void slot_left(struct pci_port *, int code, const char *reason);
