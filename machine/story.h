/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/story.h - what is printed: accesses to a word, where each CPU is when the machine stops,
 * and the freedoms that a failure needs.
 *
 * Freedoms.  With story=1 each thing that an adversary lets happen and a machine in order would not
 * do (order.h, struct freedom) has a number, from 0, by when it happens.  Those from last= on are
 * refused, and those before first=: there the machine is in order.  So the least last= with which a
 * run still fails is one more than the number of the last freedom that the failure needs; that
 * freedom is printed as it happens.  Without story= nothing asks, and nothing is counted.
 *
 * A failure is a line of the console: "not ok", or a crash report.  Its place is that of the first
 * "# FAIL" of the test.
 */
#pragma once
#include <machine/order.h>
#include <stdio.h>

/* Names from an ELF file of 64 bits; one that cannot be read gives addresses without names. */
void story_symbols(const char *path);
/* "name+0x10", or the number; valid until the next call but three */
const char *story_name(u64 va);
/* The name of a physical address: of the image's data by symbol, else the number. */
const char *story_word(u64 pa);
/* Where the image's symbol of this name lies in RAM; 0: there is none, or no elf=. */
u64 story_address(const char *name);
/* The same with its size; a function by the address where it is linked to. */
u64 story_object(const char *name, u64 *bytes);
u64 story_function(const char *name, u64 *bytes);
/* What happens to the word that is watched: ordering.watched. */
void story_act(unsigned cpu, enum act act, u64 value, u64 time);

/* With story=1; otherwise nothing. */
void story_begin(void);
/* search.c: with find=N, freedom `number` is next. */
void search_at(u64 number);
/* This run is known to fail, and the freedom that it needs comes after the last point. */
void search_failed(void);
/* The machine has ended, and no failure was printed; bad: that it did is one. */
void story_end(bool bad);
/* Executed instructions of the image are noted from now on; `bytes` of it lie at `pa`. */
bool reach_begin(u64 pa, u64 bytes);
bool reach_step(u64 pc); /* one is; false: nothing is noted */
bool reach_write(const char *path);

/* ---- an architecture gives ---- */
void story_tell(FILE *out);
const char *core_where(unsigned cpu); /* the next instruction's name */
struct kept_walk;
/* An invalidation of the entry was asked for and is not complete on this CPU: which, as text. */
bool story_awaits(char *text, size_t room, unsigned cpu, const struct kept_walk *w);
int story_level(unsigned level);               /* as the manual counts */
bool story_same(u64 kept, u64 memory);         /* words of a table that translate alike */
extern const char *const story_rules[FREE_NR]; /* what allows a freedom, with its place */
