/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/pci/pci.h - functions on the PCI bus, the ports in front of them, and their drivers.
 *
 * Functions are found once at boot (pci_init), later only behind hot-plug ports.  Only functions
 * with a driver get addresses and decode; all others are disabled.  All functions of this header
 * run on the boot CPU, in its worker, without locks; interrupts only call the handlers of
 * pci_irq_request().
 */
#pragma once
#include <drivers/pci/config.h>
#include <drivers/pci/host_bridge.h>
#include <drivers/pci/msi.h>
#include <lib/reg.h>

/* Name of ports and slots in arguments (pcie.irq=) and in the history of events. */
#define PCI_SOURCE "pcie"

struct pci_driver;

enum pci_irq_kind { PCI_POLLED, PCI_INTX, PCI_MSI, PCI_MSIX };

/* Owned by the table of pci.c; valid until its port is emptied. */
struct pci_function {
	struct pci_config config;
	u8 bus, slot, fn;
	u8 header, pin; /* pin 0: no interrupt */
	u16 vendor, device;
	u32 class;          /* base class, subclass, interface */
	u32 irq, irq_flags; /* of its INTx wire; ~0: not wired to a controller in use */
	u32 irq_used;       /* the interrupt in use, INTx or message; ~0: polled */
	u8 how;             /* enum pci_irq_kind */
	struct pci_msi msi;
	struct pci_bar bar[PCI_BARS];
	struct pci_port *behind; /* NULL on the root bus */
	const struct pci_driver *driver;
	bool started;
	void *private;
	char name[8]; /* "00:01.0" */
};

/* Address windows of a bridge of a switch, assigned once for present and later devices. */
struct pci_space {
	struct pci_window low, high;
};

/* A port with one device behind it, perhaps in a hot-plug slot; or the upstream port of a switch.
 */
struct pci_port {
	struct pci_function *bridge;
	u8 bus;                    /* the bus behind it */
	bool up;                   /* a switch's upstream port, with ports behind it */
	struct pci_port *upstream; /* upstream port of the switch behind it, or NULL */
	struct pci_space *space;   /* fixed windows of a switch and of the port above it; NULL:
				      windows fit the device */
	u16 express;               /* offset of the PCI Express capability */
	bool hotplug;              /* its slot is hot-plug capable: drivers/pci/slot.c */
	bool occupied;             /* the functions behind it are known */
	u64 low, high;             /* bus addresses of its windows, PA_NONE: closed */
	struct slot *slot;
	unsigned unbinding; /* drivers that have not called pci_unbound() yet, and 1 for the port */
	int refused;        /* the code of the first refusal */
	char reason[96];
};

/* A driver.  All slots run on the boot CPU, with interrupts on and no lock held. */
struct pci_driver {
	const char *name;
	bool (*match)(const struct pci_function *);
	/* BARs have addresses, decoding and bus mastering are enabled.  An error is reported with
	 * its sentence. */
	int (*start)(struct pci_function *, struct why *);
	/* Unbind: call pci_unbound() exactly once, now or later.  NULL: cannot be unbound. */
	void (*unbind)(struct pci_function *);
	/* The power is off; `private`: of the function, which no longer exists.  May be NULL. */
	void (*removed)(void *private);
};
REG_DECLARE(pci_drivers, struct pci_driver);
#define PCI_DRIVER(id, object) REGISTER(pci_drivers, id, object)

/* At boot: find the host bridge, number the buses, start drivers.  Faults are logged in one line
 * each.  A machine without a bridge is no error. */
void pci_init(const void *fdt);
/* The n-th function or port, in the order of discovery; NULL past the end. */
struct pci_function *pci_nth(unsigned n);
struct pci_port *pci_port_nth(unsigned n);
const struct pci_host *pci_bridge(void); /* NULL: no host bridge */

/* At boot: number the bus behind a bridge, and recursively the buses behind that.  An unusable
 * bridge is logged. */
void pci_port_add(struct pci_function *bridge);

/* Tests emulate the function at an address: true, with its accessors.  NULL in normal operation. */
extern bool (*pci_emulated)(u8 bus, unsigned slot, unsigned fn, struct pci_config *);
void pci_ports_drop(unsigned keep); /* tests: forget all ports but the first `keep` */

/*
 * Find, place and start the functions behind a port.  A function that fails to start is logged and
 * left out if another one starts.  -ENODEV: no device answers, or it is not ready within a second;
 * -ERANGE, -ENOMEM: its BARs do not fit; -EINVAL, -EIO: the device is faulty; else the
 * driver's error.  After an error no function behind the port is known.
 */
int pci_port_fill(struct pci_port *, struct why *);
void pci_port_empty(struct pci_port *);   /* disable decoding, free addresses, forget functions */
void pci_port_removed(struct pci_port *); /* after power-off: call removed() of the drivers */
/* Request the drivers behind a port to unbind; after all have called pci_unbound(), slot_unbound()
 * is called. */
void pci_port_unbind(struct pci_port *);
/* A driver's answer to unbind(): 0, or a negative code with the reason for the refusal. */
void pci_unbound(struct pci_function *, int code, const char *reason);
void slot_describe(const struct pci_port *, char *buf, size_t size); /* "slot 1 on" */

/* Map a BAR's registers permanently.  NULL: the BAR has no address, or no address space is left. */
volatile void *pci_map_bar(const struct pci_function *, unsigned bar);

/*
 * Install a handler for a function's interrupt.  The argument SOURCE.irq= selects the kind; SOURCE
 * is the driver's name, or pcie for a port.  `auto` selects INTx; or messages (MSI-X before MSI) if
 * the function has no usable wire, or if the controller converts wires into messages.  Without
 * either the tick calls the handler.
 *
 * The handler runs with interrupts off, on the boot CPU or the CPU of pci_irq_aim().  It returns
 * whether its device had raised the interrupt, because INTx wires are shared; an interrupt that no
 * handler claims many times in a row is disabled (logged).  A message is sent only when an event
 * becomes pending, so the handler must handle all pending events.  -ENOMEM: too many handlers.
 */
int pci_irq_request(struct pci_function *, bool (*handler)(void *), void *arg);
/* Disable the function's interrupt and remove its handler. */
void pci_irq_release(struct pci_function *);
/* Disable the function's interrupt, log `why`, and call its handler at each tick. */
void pci_irq_poll(struct pci_function *, const char *why);
const char *pci_irq_name(const struct pci_function *); /* "INTx", "MSI", "MSI-X", "polled" */
/* Send the function's messages to this CPU.  The device must not raise an interrupt meanwhile: only
 * one CPU may handle it at a time (irq.c counts without a lock), and the boot CPU changes
 * `clients`. -ENOENT: it does not use messages; -ENXIO: the CPU cannot receive them; else as
 * pci_msi_aim(). */
int pci_irq_aim(struct pci_function *, unsigned cpu, struct why *);
void pci_poll(void); /* from the boot CPU's tick: call handlers of polled functions */
