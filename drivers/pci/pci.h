/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/pci.h - functions on the PCI bus, the ports they sit behind, and who drives them.
 *
 * Found once at boot (pci_init), later only behind hot-plug ports.  Only what a driver asks for
 * gets addresses and may decode; everything else is switched off and left alone.  The boot CPU
 * calls all of this, in its worker; interrupts only reach what pci_irq_request() named.
 */
#pragma once
#include <drivers/pci/config.h>
#include <drivers/pci/host_bridge.h>
#include <drivers/pci/msi.h>
#include <lib/reg.h>

struct pci_driver;

enum pci_irq_kind { PCI_POLLED, PCI_INTX, PCI_MSI, PCI_MSIX };

struct pci_function {
	struct pci_config config;
	u8 bus, slot, fn;
	u8 header, pin; /* pin 0: it has no interrupt */
	u16 vendor, device;
	u32 class;          /* base, sub, interface */
	u32 irq, irq_flags; /* of its wire; ~0: it has none that leads here */
	u32 arrives;        /* the interrupt that does, of the wire or of its messages; ~0: none */
	u8 how;             /* enum pci_irq_kind */
	struct pci_msi msi;
	struct pci_bar bar[PCI_BARS];
	struct pci_port *behind; /* NULL on the root bus */
	const struct pci_driver *driver;
	bool started;
	void *private;
	char name[8]; /* "00:01.0" */
};

/* Addresses behind a bridge that were given once, for what is there and what may come. */
struct pci_space {
	struct pci_window low, high;
};

/* A bridge with one device behind it, in a slot that may be hot-plugged; or a switch's port up. */
struct pci_port {
	struct pci_function *bridge;
	u8 bus;                  /* behind it */
	bool up;                 /* a switch's: behind it are ports */
	struct pci_port *leads;  /* to a switch: its port up */
	struct pci_space *space; /* of a switch and the port before it; NULL: as its device needs */
	u16 express;             /* offset of the PCI Express capability */
	bool hotplug;            /* a slot that can: drivers/pci/slot.c */
	bool occupied;           /* the functions behind it were found */
	u64 low, high;           /* addresses behind it, PA_NONE: none */
	struct slot *slot;
	unsigned leaving; /* drivers that have not answered */
	int stays;        /* the code of the first that refuses */
	char reason[96];
};

struct pci_driver {
	const char *name;
	bool (*match)(const struct pci_function *);
	/* BARs are placed, decoding and mastering on.  A refusal is one line. */
	int (*start)(struct pci_function *, struct why *);
	/* Unbind: call pci_left() exactly once, now or later.  NULL: cannot be unbound. */
	void (*leave)(struct pci_function *);
	/* The power is off; `private` is what the function had.  May be NULL. */
	void (*gone)(void *private);
};
REG_DECLARE(pci_drivers, struct pci_driver);
#define PCI_DRIVER(id, object) REGISTER(pci_drivers, id, object)

/* Finds the host bridge, numbers the buses, starts the drivers; says what is wrong in one line
 * each.  A machine without one is no error. */
void pci_init(const void *fdt);
/* The n-th function or port, in the order they were found; NULL past the end. */
struct pci_function *pci_nth(unsigned n);
struct pci_port *pci_port_nth(unsigned n);
const struct pci_host *pci_bridge(void); /* NULL: there is none */

/* At boot: number the bus behind a bridge, and those behind that; says why it cannot be used. */
void pci_port_add(struct pci_function *bridge);

/* Tests play what is at an address: true, and how it is read.  NULL, and always false, else. */
extern bool (*pci_played)(u8 bus, unsigned slot, unsigned fn, struct pci_config *);
void pci_ports_drop(unsigned keep); /* those of a test: all but the first ones are forgotten */

/*
 * What sits behind a port: find it, place it, start its drivers; a function that does not start is
 * said and left out where another one does.  -ENODEV: nobody answers; -ERANGE,
 * -ENOMEM: its BARs do not fit; -EINVAL, -EIO: it is no sound device.  Nothing is left of it then.
 */
int pci_port_fill(struct pci_port *, struct why *);
void pci_port_empty(
	struct pci_port *);            /* decoding off, addresses given back, functions forgotten */
void pci_port_gone(struct pci_port *); /* after the power went: the drivers are told */
/* Ask the drivers behind a port to let go; when all have answered the slot knows. */
void pci_port_leave(struct pci_port *);
void pci_left(struct pci_function *, int code, const char *reason);
void slot_describe(const struct pci_port *, char *buf, size_t size); /* "slot 1 on" */

/* Map a BAR's registers; NULL when it cannot be. */
volatile void *pci_map_bar(const struct pci_function *, unsigned bar);

/*
 * Interrupts, as SOURCE.irq= says, SOURCE being the driver's name, or pcie for a port's own. `auto`
 * is INTx, and messages (MSI-X before MSI) where no wire leads here, or where the controller makes
 * messages of the wires anyway.  A wire is shared, so a handler says whether it was meant; what
 * nobody claims for long is turned off with one line.  Without an interrupt the handler is called
 * at the tick.  A message tells of a change only: a handler leaves nothing pending in the device.
 */
int pci_irq_request(struct pci_function *, bool (*handler)(void *), void *arg);
void pci_irq_release(struct pci_function *);
/* Give up the function's interrupt (`why` is logged); the timer tick polls it from now on. */
void pci_irq_poll(struct pci_function *, const char *why);
const char *pci_irq_name(const struct pci_function *); /* "INTx", "MSI", "MSI-X", "polled" */
/* Its messages go to this CPU from now on; -ENOENT: it sends none. */
int pci_irq_aim(struct pci_function *, unsigned cpu, struct why *);
void pci_poll(void); /* the boot CPU's tick */
