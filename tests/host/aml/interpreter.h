/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/aml/interpreter.h - a simulated ACPICA: its calls in order, and their results. */
#pragma once
#include <drivers/acpi/aml.h>
#include <stdio.h>
#include <want.h>

#define HANDLES 4

extern struct acpica {
	char calls[400];     /* one word each */
	const char *failing; /* the word of the call that fails; "": none */
	acpi_status status;  /* of that call */
	/* the next evaluation */
	acpi_object_type type; /* what the method returns */
	u64 integer;
	u8 bytes[8];
	unsigned nr_bytes;
	/* its arguments, as they were passed */
	acpi_handle handle;
	char name[8];
	unsigned nr_args;
	u64 args[8];
	bool had_list, had_result, sound_args;
	/* the messages of a failure */
	const char *refused, *text;
	bool spent;
	int template_code;
	unsigned live; /* objects that were not freed */
	u64 now;
} acpica;

void acpica_begin(void);
void called(const char *word);

void start_tests(void); /* start.c */
void call_tests(void);  /* calls.c */
void machine_tests(void);
void early_tests(void); /* early.c */
