/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/dimm_source.h - the event source `acpi`: the state of each memory device, and
 * functions for tests that bring it up on their own tables.  Consumer's context only
 * (mm/hotplug/event.h).
 */
#pragma once
#include <mm/hotplug/event.h>

struct acpi_dimm { /* as of the last check */
	char path[64];
	const char *origin; /* "empty", "boot", "cold", "hot" */
	bool added;         /* its memory is added */
	bool refused;       /* its add was refused; retried on the next device check */
	unsigned nr_ranges;
	struct event_range range[EVENT_RANGES];
};

/* Another user of the tables and the namespace (NVDIMMs): one file each, registered by ACPI_CLIENT.
 */
struct acpi_client {
	void (*start)(void); /* the tables are read; the namespace is loaded if aml_running() */
	int (*busy)(struct why *); /* -EBUSY: memory of it is in use */
	void (*stop)(void);        /* before the namespace is freed: drop all handles */
};
REG_DECLARE(acpi_clients, struct acpi_client);
#define ACPI_CLIENT(id, object) REGISTER(acpi_clients, id, object)

/* Copy the state of the n-th PNP0C80 device, in namespace order; false past the end. */
bool acpi_dimm_nth(unsigned n, struct acpi_dimm *);

/* Load the namespace at `root`, claim its GEDs, check every memory device.  The memory of a present
 * device is added by an event, for which the caller waits. */
int acpi_source_start(paddr_t root, struct why *);
/* Stop the source and free all its memory.  -EBUSY: memory of one of its devices is added. */
int acpi_source_stop(struct why *);
bool acpi_source_running(void); /* between start and stop */
/* Log a sentence: at boot as a line, later as a remark in the history of the source.  The prefix
 * "acpi: " appears once, whether the sentence has it or not. */
void acpi_log(const struct event_source *, bool booting, const char *sentence);
/* Check every device again, as after an interrupt. */
void acpi_source_look(void);
