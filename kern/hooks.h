/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/hooks.h - functions that kern/ needs from the layers above it.  Each is set once during boot
 * by the layer that has it, before the CPU or the interrupt that could call it is started; NULL is
 * allowed.  Those of the fault and crash paths may be called in any context, with any lock held.
 */
#pragma once
#include <lib/types.h>

struct pt;      /* mm/pt/pt.h */
struct restart; /* kern/restart.h */

struct kern_hooks {
	void (*irq)(void);         /* claim and dispatch every pending interrupt: irqchip->handle */
	void (*irq_quiesce)(void); /* this CPU completes the interrupt that it has claimed */
	void (*irq_cpu_init)(void);   /* interrupt controller, on each further CPU */
	void (*ipi_raise)(cpumask_t); /* make these CPUs enter ipi_handle(), this one never named */
	void (*tree_cpu_init)(void);  /* on each further CPU: kpt_load, so that the tree knows it */
	void (*tick)(unsigned cpu);   /* from every CPU's tick: the boot CPU polls the console */
	void (*halt)(void);           /* after a crash was reported and crash_hook returned */
	/* Firmware, for a restart; cpu_state: 0 = off.  NULL: there is none. */
	int (*cpu_state)(u64 hwid);
	NORETURN void (*cpu_off)(void);
	void (*reset)(void); /* returns if the machine cannot */
	/* Set before restart_adopt(): how firmware entered, into the record of the next boot; and
	 * the image's entry called again, on the boot CPU, every other CPU being off. */
	void (*entered)(struct restart *);
	NORETURN void (*reenter)(void);
	/* Names the memory that the next boot needs and this one corrupted; NULL: none. */
	const char *(*damage)(void);
	/* Make every device stop its accesses to memory, which the next boot uses for other data;
	 * on the boot CPU, every other CPU being off.  Returns a sentence about a device that does
	 * not, or NULL. */
	const char *(*devices_stop)(void);
	/* The fault path. */
	bool (*fault_window)(vaddr_t); /* break_window_fault: true = the access is retried */
	void (*tlb_local)(vaddr_t);    /* invalidate this address on this CPU, complete on return */
	const struct pt *tree;         /* where a faulting kernel address is looked up */
	const char *(*what_is)(vaddr_t); /* for the report: "a ...", or NULL: nothing special */
};

extern struct kern_hooks kern_hooks; /* kern/hooks.c */
