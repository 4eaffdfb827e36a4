/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/rows.h - the tables of operations. */
#pragma once
#include "played.h"

struct row {
	const char *name;
	/*
	 * What is asked, and what is wrong | what is there | what is asked of others | and is there
	 * then | what is answered | what the report says.  The letters are those of played.h.
	 */
	const char *text;
};

struct rows {
	const struct row *row;
	unsigned nr;
};
extern const struct rows add_rows, online_rows, offline_rows, remove_rows, check_rows, release_rows;

void check_blocks(void); /* what an add writes into them */
