/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/story.h - what is told: acts on a word, and where each CPU is when the machine stops.
 */
#pragma once
#include <machine/order.h>
#include <stdio.h>

/* Names from an ELF file of 64 bits; one that cannot be read gives addresses without names. */
void story_symbols(const char *path);
/* "name+0x10", or the number; valid until the next call but three */
const char *story_name(u64 va);
/* What happens to the word that is watched: ordering.watched. */
void story_act(unsigned cpu, enum act act, u64 value, u64 time);

/* ---- an architecture gives ---- */
void story_tell(FILE *out);
const char *core_where(unsigned cpu); /* the next instruction's name */
