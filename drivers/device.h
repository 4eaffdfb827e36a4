/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/device.h - what a driver is, matched by compatible string from the device tree.
 *
 * One device family a file.  A driver gets its registers mapped (kpt_map_device, or the early map
 * before the engine is up) and knows nothing of mm or boards.
 */
#pragma once
#include <lib/err.h>
#include <lib/reg.h>
#include <lib/types.h>

#define DEVICE_REGS 40 /* a GICv3 may have a region of registers for each CPU */

struct device { /* one node of the device tree, translated through every `ranges` above it */
	const void *fdt;
	int node; /* libfdt offset; -1 for a device without one (SBI console) */
	paddr_t pa[DEVICE_REGS];
	u64 len[DEVICE_REGS];
	volatile void *regs[DEVICE_REGS]; /* mapped by the caller of probe */
	unsigned nr_regs;
	u32 reg_shift, reg_width; /* uart: reg-shift, reg-io-width (1 when absent) */
	u32 reg_offset;           /* uart: reg-offset, of the first register */
	u32 irq;                  /* first interrupt as the controller counts it, ~0 = none */
	u32 irq_flags;
};

/* ---- uart ---- */
struct uart {
	const char *name;              /* as earlycon= has it; NULL: it needs no address */
	const char *const *compatible; /* NULL-terminated */
	/* Where its registers are, if not in its own `reg`; NULL: there.  As fdt_device(). */
	int (*locate)(const void *fdt, int node, struct device *, struct why *);
	int (*probe)(struct device *);
	void (*putc)(char);       /* waits for room, bounded */
	int (*getc)(void);        /* -1 = nothing there */
	void (*irq_enable)(void); /* receive interrupt on; NULL = polled at the tick */
	void (*irq_ack)(void);
};
REG_DECLARE(uarts, struct uart);
#define UART(id, object) REGISTER(uarts, id, object)

/* ---- interrupt controller ---- */

/* A write by a device that raises an interrupt. */
struct irq_message {
	u64 address;
	u32 data;
};

/* Of a controller that takes messages.  Boot CPU; every function may be called in an interrupt. */
struct irq_messages {
	u32 (*controller)(void); /* phandle by which a bus names who takes them; 0: nobody */
	u32 (*take)(void);       /* an interrupt that no wire has; ~0: none is left */
	void (*give)(u32 irq);   /* after irq_release(); what was on its way is dropped */
	bool (*aim)(u32 irq, unsigned cpu, struct irq_message *);
	bool preferred; /* wires are delivered as messages anyway: devices use messages */
};

struct irqchip {
	const char *const *compatible;
	const char *name;
	int (*probe)(struct device *); /* boot CPU, once */
	void (*cpu_init)(void);        /* every CPU */
	void (*enable)(u32 irq, u32 flags, unsigned cpu);
	void (*disable)(u32 irq);
	void (*handle)(void);   /* claim and dispatch everything pending: irq_dispatch */
	void (*ipi)(cpumask_t); /* NULL: arch-local (SBI) */
	void (*quiesce)(void); /* this CPU: end the interrupt in hand, if a crash came in between */
	u32 (*decode)(const void *cells, int nr_cells, u32 *flags); /* `interrupts` cells -> irq */
	const struct irq_messages *messages;                        /* NULL: wires only */
	/* Cascaded controllers only, instead of cpu_init, handle and ipi: the next pending
	 * interrupt in the controller's own numbering, ~0 if there is none. */
	u32 (*pending)(void);
};
REG_DECLARE(irqchips, struct irqchip);
#define IRQCHIP(id, object) REGISTER(irqchips, id, object)

extern const struct irqchip *irqchip;
/* Interrupts of other controllers cannot be had; 0: the tree does not number controllers. */
extern u32 irqchip_phandle;
extern paddr_t irqchip_pa; /* of its first registers */

/* Controllers behind it.  Their interrupts have numbers beyond any of its own. */
#define IRQ_CHILDREN_MAX 4
#define IRQ_OF_CHILD(n, irq) (((n) + 1) << 16 | (irq))
#define IRQ_OWN_NUMBER(irq) ((irq)&0xffff) /* as its own controller counts */
struct irq_child {
	const struct irqchip *chip;
	u32 phandle;
};
extern struct irq_child irq_children[IRQ_CHILDREN_MAX];
extern unsigned irq_children_nr;

#define IRQ_TRIGGER 0xfu /* as the device tree has it: 1 rising, 2 falling edge, 4 high, 8 low */
#define IRQ_PER_CPU 0x10u
/* `who` stands in what is said about it.  One that storms is turned off: drivers/irq/irq.h. */
int irq_request(u32 irq, u32 flags, const char *who, void (*fn)(void *), void *arg);
void irq_release(u32 irq);  /* on the CPU that takes it: it is not in its handler then */
void irq_dispatch(u32 irq); /* from the controller's handle() */

/* ---- power: PSCI, SBI ---- */
struct power {
	const char *const *compatible; /* NULL for a firmware that needs no node (SBI) */
	const char *name;
	const char *method; /* a CPU's enable-method that means this; NULL: CPUs have none */
	int (*probe)(struct device *);
	void (*describe)(char *buf, size_t size); /* with its version: "PSCI 1.1" */
	const char *(*host)(void);                /* "kvm", "hvf": what it is, or NULL */
	int (*cpu_start)(u64 hwid, paddr_t entry, u64 arg);
	int (*cpu_state)(u64 hwid); /* 1 on, 0 off, negative unknown */
	NORETURN void (*cpu_off)(void);
	void (*off)(void);
	void (*reset)(void);
};
REG_DECLARE(powers, struct power);
#define POWER(id, object) REGISTER(powers, id, object)
extern const struct power *power;

/* CPUs that wait for an address in memory: what drivers/power/cpus.c needs of the architecture. */
struct pen {
	const char *method; /* a CPU's enable-method */
	/* `release`: firmware's word of this CPU, mapped, through the caches or not. */
	int (*start)(unsigned cpu, volatile u64 *release, bool cached);
	int (*state)(unsigned cpu);  /* as power's cpu_state */
	NORETURN void (*wait)(void); /* this CPU, until it is started in this life or the next */
};
REG_DECLARE(pens, struct pen);
#define PEN(id, object) REGISTER(pens, id, object)

NORETURN void machine_off(void);
NORETURN void machine_reset(void);
void power_init(const void *fdt); /* finds PSCI or SBI */
