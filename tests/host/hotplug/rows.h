/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/rows.h - the tables of operations. */
#pragma once
#include "fake.h"

struct row {
	const char *name;
	/*
	 * The operation and the faults | blocks before | calls | blocks afterwards | the answer |
	 * the report.  The letters are those of fake.h.
	 */
	const char *text;
};

struct rows {
	const struct row *row;
	unsigned nr;
};
extern const struct rows add_rows, online_rows, offline_rows, remove_rows, check_rows, release_rows;

void check_blocks(void); /* the fields that an add writes */
