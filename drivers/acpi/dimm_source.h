/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/dimm_source.h - the source `acpi`: what it knows of each memory device, and how a test
 * brings it up on tables of its own.  Consumer's context only (mm/hotplug/event.h).
 */
#pragma once
#include <mm/hotplug/event.h>

struct acpi_dimm { /* as of the last look */
	char path[64];
	const char *origin; /* "empty", "boot", "cold", "hot" */
	bool added;         /* its memory is ours now */
	bool refused;       /* its add was refused; tried again when the device asks */
	unsigned nr_ranges;
	struct event_range range[EVENT_RANGES];
};

/* Who else lives on tables and namespace: one file each, with ACPI_CLIENT. */
struct acpi_client {
	void (*start)(void);       /* tables are known; the namespace if aml_running() */
	int (*busy)(struct why *); /* -EBUSY: memory of it is in use */
	void (*stop)(void);        /* the namespace goes */
};
REG_DECLARE(acpi_clients, struct acpi_client);
#define ACPI_CLIENT(id, object) REGISTER(acpi_clients, id, object)

/* The n-th PNP0C80 device; false past the end. */
bool acpi_dimm_nth(unsigned n, struct acpi_dimm *);

/* Load the namespace at `root`, claim its GEDs, look at every memory device.  The memory of those
 * that are present comes by events, which the caller waits for. */
int acpi_source_start(paddr_t root, const void *fdt, struct why *);
/* Nothing of it stays; -EBUSY while memory of one of its devices is added. */
int acpi_source_stop(struct why *);
bool acpi_source_running(void);
/* A line at boot, later a remark in the history of this source; "acpi: " before it once, whoever
 * made the sentence. */
void acpi_say(const struct event_source *, bool booting, const char *sentence);
/* Look at every device again, as after an interrupt. */
void acpi_source_look(void);
