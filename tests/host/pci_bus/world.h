/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/pci_bus/world.h - functions on buses, for drivers/pci/{pci,port,bus,switch}.c.
 *
 * A function answers at the bus number that was written to the bridge before it, if each bridge on
 * the way forwards that number (PCI Express 5.0, 7.5.1.3.4); others read as ones. The log has the
 * calls out of the four files, in order.
 */
#pragma once
#include <drivers/pci/pci_internal.h>

#define FIRST 2u /* the root bus */
#define LAST 40u
#define ECAM 0x4000000000ul
#define EXPRESS 0x60u
#define FAKE_MAX 80u
#define ROOT -1

enum { ROOT_PORT = 4, UP = 5, DOWN = 6 }; /* types of ports (7.5.3.2) */
enum { SLOT = 1, HOTPLUG = 2 };

/* Classes that drivers claim: A unbinds later, B cannot unbind, C does not start, D unbinds at once
 * and has no gone(); NO_ROOM is one of A's. */
enum { CLASS_A = 0xa0000, CLASS_B = 0xb0000, CLASS_C = 0xc0000, CLASS_D = 0xd0000 };

struct fake {
	int parent; /* index of the bridge before it, ROOT */
	u8 slot, fn, header, pin, express, slot_bits;
	u32 class;
	u32 bar;                   /* read-only bits and ones of BAR 0; 0: none */
	unsigned not_ready, lives; /* pauses; reads until it vanishes */
	bool absent, bad_list, keeps_buses;
	u8 space[256];
};

extern struct fake world[FAKE_MAX];
extern unsigned world_nr, pauses;
extern int place_code, switch_code, parse_code, node_is;
extern unsigned no_map_bus, claims_fail;
extern u8 last_bus_is;       /* 12 at first */
extern bool vanish_at_start; /* the function vanishes when its driver starts */

unsigned add(struct fake); /* its index */
void begin(void);          /* pci_init() */
const char *take_log(void);
struct pci_function *function_at(const char *name); /* NULL: not known */
u32 word_of(unsigned fake, unsigned at, unsigned bytes);

/* The log of the drivers. */
void log_text(const char *fmt, ...) PRINTF_LIKE(1, 2);
bool of_class(const struct pci_function *, u32 class);
int driver_start(struct pci_function *, struct why *);
void driver_gone(void *private);

void boot_tests(void);
void behind_tests(void);
void table_tests(void);
/* A scenario by itself: what the files keep is as at boot. */
void alone(void (*scenario)(void));

#define WANT_LOG(wanted)                                                                           \
	do {                                                                                       \
		const char *said = take_log();                                                     \
                                                                                                   \
		WANT_TEXT(said, wanted);                                                           \
	} while (0)
