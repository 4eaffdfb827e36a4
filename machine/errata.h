/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/errata.h - `erratum=NAME[,NAME...][,hidden]`: published errata of silicon.  A row of an
 * architecture (core_errata) has the effect of one, and the identification of an affected CPU, by
 * which software detects it.  With `hidden` the CPUs have the effect, and the identification of the
 * machine without errata, so that no software works around it.
 *
 * `wrong=NAME[,NAME...]`: mistakes in the maintenance of TLBs, most of them published ones of
 * emulators and of RTL (core_wrong).  They have no identification, so they combine with every word.
 *
 * An effect is one bit.  Each place that has an effect checks its bit off the path of accesses that
 * hit a cached translation.
 */
#pragma once
#include <lib/types.h>

#define ERRATA_IDS 3u

struct machine_erratum {
	const char *name;
	u32 effects;
	u64 id[ERRATA_IDS];  /* all CPUs report it; rows with equal ones may be combined */
	void (*needs)(void); /* set the other words without which there is no effect, or NULL */
};

extern u32 errata_effects;        /* 0: no erratum */
extern u64 errata_id[ERRATA_IDS]; /* 0s: no erratum, or hidden */

/* The values of erratum= and of wrong=; a bad one is refused with the list of names. */
void errata_parse(const char *word, const char *value);
void wrong_parse(const char *word, const char *value);

/* ---- defined by an architecture ---- */
extern const struct machine_erratum core_errata[]; /* ended by a NULL name */
extern const struct machine_erratum core_wrong[];  /* the same, without ids and needs() */
