/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/pci/pci_internal.h - shared by the files of drivers/pci; no other file includes this.
 * Context as in pci.h: worker of the boot CPU. */
#pragma once
#include <drivers/pci/pci.h>

#define PCI_FUNCTIONS 64
#define PCI_PORTS 32
#define PCI_SWITCHES 8

/* The host bridge; valid if pci_bridge() is not NULL. */
struct pci_host *pci_host(void);
void pci_host_use(const struct pci_host *); /* set the host bridge */
/* The function at an address, with its driver and interrupt; NULL if no device answers. */
struct pci_function *pci_find(u8 bus, unsigned slot, unsigned fn, struct pci_port *behind);
volatile u8 *pci_map_config(u8 bus, bool ports);  /* NULL: no room */
struct pci_config pci_registers(volatile void *); /* accessors for mapped registers */
void pci_forget(const struct pci_port *);
/* Enable decoding and mastering and call the driver's start(); its error, after which the
 * function is disabled again. */
int pci_start(struct pci_function *, struct why *);
/* Log a sentence about a function at boot. */
void pci_log(const struct pci_function *, const char *sentence);

/* Assign addresses to the BARs of a function on the root bus, or of all functions with a driver
 * behind a port.  The BARs are sized.  -ERANGE, -ENOMEM: no space; -EIO, -ENODEV.  After a failure
 * of pci_place_behind(), pci_unplace() frees the assigned addresses. */
int pci_place_alone(struct pci_function *, struct why *);
int pci_place_behind(struct pci_port *, struct why *); /* and open its windows */
/* Free the addresses behind a port and close its windows. */
void pci_unplace(struct pci_port *);

/* Ports in the order of discovery: the caller fills in the next slot, then counts it. */
unsigned pci_ports_nr(void);
struct pci_port *pci_port_free(void); /* the next slot; NULL: none is left */
void pci_ports_count(unsigned nr);    /* set the number of ports */
bool pci_bus_has_ports(u8 bus);       /* is it the internal bus of a switch? */

/* ---- port.c ---- */
/* Add a port, without devices behind it.  NULL: not usable (logged). */
struct pci_port *pci_port_open(struct pci_function *bridge);
void pci_port_begin(struct pci_port *); /* start the devices present at boot, or the slot */

/* ---- switch.c ---- */
void pci_switch_look(struct pci_port *); /* boot: find a switch behind this port */
/* Assign windows for all present and later devices behind a switch; `up` is its upstream port,
 * behind `port`.  -ENOMEM: too many switches. */
int pci_place_switch(struct pci_port *port, struct pci_port *up, struct why *);

/* Report one sentence about a function as an event remark, printed when the user is not typing. */
void pci_remark(const struct pci_function *, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- slot.c ---- */
/* Enable hot plug of a port's slot, at boot; a card that is present is started by posted work. */
void slot_begin(struct pci_port *);
/* Called when all drivers behind the port have answered: 0, or the code and reason of a refusal. */
void slot_unbound(struct pci_port *, int code, const char *reason);
