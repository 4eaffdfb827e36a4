/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/device.h - driver interfaces.  Drivers are matched by the compatible strings of the
 * device tree.
 *
 * One device family in a file.  The caller maps the registers of a driver (kpt_map_device, or the
 * early map before the page tables exist); a driver does not depend on mm or boards.
 */
#pragma once
#include <lib/err.h>
#include <lib/reg.h>
#include <lib/types.h>

#define DEVICE_REGS 40 /* a GICv3 may have one redistributor region for each CPU */

struct device { /* one node of the device tree, translated through every `ranges` above it */
	const void *fdt;
	int node; /* libfdt offset; -1 for a device without one (SBI console) */
	paddr_t pa[DEVICE_REGS];
	u64 len[DEVICE_REGS];
	volatile void *regs[DEVICE_REGS]; /* mapped by the caller of probe */
	unsigned nr_regs;
	u32 reg_shift, reg_width; /* uart: reg-shift, reg-io-width (1 when absent) */
	u32 reg_offset;           /* uart: reg-offset, of the first register */
	u32 irq;                  /* first interrupt, numbered for irq_request(); ~0: none */
	u32 irq_flags;
};

/* ---- uart ---- */
struct uart {
	const char *name;              /* for earlycon=; NULL: cannot be named there */
	const char *const *compatible; /* NULL-terminated; NULL: needs no node (SBI) */
	/* Find the registers of a device that are not in its own `reg`; NULL: they are.  Returns
	 * as fdt_device(). */
	int (*locate)(const void *fdt, int node, struct device *, struct why *);
	/* Use the device in regs[0]; called again when regs[0] has moved.  -EINVAL or -ENODEV:
	 * not usable. */
	int (*probe)(struct device *);
	void (*putc)(char); /* waits for FIFO space, bounded; any CPU, the caller serialises */
	int (*getc)(void);  /* -1 = no character */
	void (*irq_enable)(void); /* enable the receive interrupt; NULL: polled at the tick */
	void (*irq_ack)(void);    /* at the start of the handler; may be NULL */
};
REG_DECLARE(uarts, struct uart);
#define UART(id, object) REGISTER(uarts, id, object)

/* ---- interrupt controller ---- */

/* A write by a device that raises an interrupt. */
struct irq_message {
	u64 address;
	u32 data;
};

/* A controller that receives messages (MSI).  Called on the boot CPU, in interrupts too. */
struct irq_messages {
	u32 (*controller)(void); /* phandle for msi-parent and msi-map; 0: not usable */
	u32 (*alloc)(void);      /* allocate an interrupt; ~0: none is left */
	void (*free)(u32 irq);   /* free it, after irq_release(); messages in flight are dropped */
	/* The message that raises `irq` on `cpu`; false: it cannot. */
	bool (*aim)(u32 irq, unsigned cpu, struct irq_message *);
	bool preferred; /* the controller converts wires into messages: devices use messages */
};

/* An interrupt controller.  The boot CPU calls probe, enable, disable and the messages; each CPU
 * calls cpu_init, handle and quiesce for itself, and enable for its own per-CPU interrupts; disable
 * also runs in the handler of the interrupt.  ipi: any CPU, after a barrier (arch_io_mb()) for the
 * stores that the other CPUs must observe. */
struct irqchip {
	const char *const *compatible;
	const char *name;
	int (*probe)(struct device *); /* boot CPU, interrupts off; -ENODEV: not for this CPU */
	void (*cpu_init)(void);        /* each CPU on itself, interrupts off */
	/* `irq` in the chip's own numbering, flags: IRQ_TRIGGER; deliver it to `cpu`.  `disable`
	 * may be called by the handler of `irq`. */
	void (*enable)(u32 irq, u32 flags, unsigned cpu);
	void (*disable)(u32 irq);
	void (*handle)(void);   /* in an interrupt: irq_dispatch() all pending ones */
	void (*ipi)(cpumask_t); /* NULL: arch-local (SBI) */
	void (*quiesce)(void);  /* this CPU: complete an interrupt that a crash interrupted */
	u32 (*decode)(const void *cells, int nr_cells, u32 *flags); /* `interrupts` cells -> irq */
	const struct irq_messages *messages;                        /* NULL: wires only */
	/* Cascaded controllers only, instead of cpu_init, handle and ipi: the next pending
	 * interrupt in the controller's own numbering, ~0 if there is none. */
	u32 (*pending)(void);
};
REG_DECLARE(irqchips, struct irqchip);
#define IRQCHIP(id, object) REGISTER(irqchips, id, object)

/* The main controller, NULL: none, devices are polled.  Set once by irq_init(). */
extern const struct irqchip *irqchip;
/* phandle of the main controller, 0: the tree has none.  Interrupts of controllers other than this
 * one and those below cannot be requested. */
extern u32 irqchip_phandle;
extern paddr_t irqchip_pa; /* physical address of its first registers */

/* Cascaded controllers.  Their interrupts have global numbers above those of the main controller.
 */
#define IRQ_CHILDREN_MAX 4
#define IRQ_OF_CHILD(n, irq) (((n) + 1) << 16 | (irq))
#define IRQ_OWN_NUMBER(irq) ((irq)&0xffff) /* the number that its controller uses */
struct irq_child {
	const struct irqchip *chip;
	u32 phandle;
};
extern struct irq_child irq_children[IRQ_CHILDREN_MAX];
extern unsigned irq_children_nr;

#define IRQ_TRIGGER 0xfu /* device tree: 1 rising, 2 falling edge, 4 high, 8 low */
#define IRQ_PER_CPU 0x10u
/*
 * Install the handler of an interrupt (global number) and enable it on the calling CPU; `flags`:
 * IRQ_TRIGGER, IRQ_PER_CPU.  fn(arg) runs in an interrupt of the CPU to which the chip delivers it:
 * this one, until a message is aimed at another CPU; with IRQ_PER_CPU every CPU that enables it at
 * the chip.  `name` is for messages.  Boot CPU only.  An interrupt storm is turned off:
 * drivers/irq/irq.h.  -ENODEV: no controller has it, or the table is full.
 */
int irq_request(u32 irq, u32 flags, const char *name, void (*fn)(void *), void *arg);
void irq_release(u32 irq);  /* on the CPU that receives it, so that its handler is not running */
void irq_dispatch(u32 irq); /* from the controller's handle() */

/* ---- power: PSCI, SBI ---- */
struct power {
	const char *const *compatible; /* NULL: firmware that needs no node (SBI) */
	const char *name;
	const char *method; /* the enable-method of CPUs that it starts; NULL: none needed */
	int (*probe)(struct device *);            /* boot CPU; d->regs are not mapped */
	void (*describe)(char *buf, size_t size); /* name and version: "PSCI 1.1" */
	const char *(*host)(void);                /* hypervisor: "kvm", "hvf", or NULL */
	/* Have firmware start a CPU at the physical address `entry` with `arg`; a code of
	 * lib/err.h. */
	int (*cpu_start)(u64 hwid, paddr_t entry, u64 arg);
	int (*cpu_state)(u64 hwid);     /* 1 on, 0 off, negative unknown */
	NORETURN void (*cpu_off)(void); /* the calling CPU */
	void (*off)(void);              /* return only on failure */
	void (*reset)(void);
};
REG_DECLARE(powers, struct power);
#define POWER(id, object) REGISTER(powers, id, object)
/* The firmware in use, NULL: none.  Set once by power_init(). */
extern const struct power *power;

/* CPUs that poll an address in memory: the architecture's part of drivers/power/cpus.c. */
struct pen {
	const char *method; /* a CPU's enable-method */
	/* `release`: the word that firmware polls for this CPU, mapped cacheable or not. */
	int (*start)(unsigned cpu, volatile u64 *release, bool cached);
	int (*state)(unsigned cpu); /* as power's cpu_state */
	/* This CPU waits until it is started again, possibly after a restart. */
	NORETURN void (*wait)(void);
};
REG_DECLARE(pens, struct pen);
#define PEN(id, object) REGISTER(pens, id, object)

/* Turn the machine off, or reset it; without firmware that can, log it and halt.  Any CPU, any
 * context. */
NORETURN void machine_off(void);
NORETURN void machine_reset(void);
void power_init(const void *fdt); /* boot CPU: find PSCI or SBI in the tree and probe it */
