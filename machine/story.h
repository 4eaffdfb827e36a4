/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/story.h - reports: accesses to a word, the place of each CPU when the machine stops, and
 * the last choice that a failure needs.
 *
 * Choices.  With story=1 the nondeterministic choices that a machine in order cannot make (order.h,
 * struct order_choice) are numbered from 0 as they occur.  Those from last= on, and those before
 * first=, are not taken in this replay: there the machine is in order.  So the smallest last= with
 * which a run still fails is one more than the number of the last choice that the failure needs;
 * that choice is printed when it occurs.  Without story= each choice is taken, and none is counted.
 *
 * A failure is a line of the console: "not ok", or a crash report.  Its step is that of the first
 * "# FAIL" of the test.
 */
#pragma once
#include <machine/order.h>
#include <stdio.h>

/* Read the symbols of an ELF file of 64 bits, or of a map as nm prints it; if it cannot be read,
 * addresses have no names. */
void story_symbols(const char *path);
/* "name+0x10", or the number; the text is valid until the fourth call from now */
const char *story_name(u64 va);
/* The name of a physical address: a symbol of the image's data, or the number. */
const char *story_word(u64 pa);
/* Physical address of the image's symbol; 0: there is none, or no elf=. */
u64 story_address(const char *name);
/* Link address of the image's first byte; 0: there is no elf=. */
u64 story_link_base(void);
/* The same as story_address with its size; for a function, its link address. */
u64 story_object(const char *name, u64 *bytes);
u64 story_function(const char *name, u64 *bytes);
/* Print an access to the watched word: order_hooks.accessed. */
void story_act(unsigned cpu, enum act act, u64 value, u64 time);

/* Set the callbacks of story= and stop=, if one of them is given. */
void story_begin(void);
/* search.c: with find=N, choice `number` is next. */
void search_at(u64 number);
/* This run failed, so the choice that the failure needs is after the last point. */
void search_failed(void);
/* The machine has ended, and no failure was printed; bad: the end itself is a failure. */
void story_end(bool bad);
/* Record from now on which instructions of the image, `bytes` at `pa`, are executed. */
bool reach_begin(u64 pa, u64 bytes);
bool reach_step(u64 pc); /* one is executed; false: nothing is recorded */
bool reach_write(const char *path);

/* ---- defined by an architecture ---- */
void story_print_cpus(FILE *out);     /* print the place of each CPU */
const char *core_where(unsigned cpu); /* the place of its next instruction */
struct tlb_entry;
/* An invalidation of the entry was issued and is pending on this CPU: print which. */
bool story_pending(char *text, size_t room, unsigned cpu, const struct tlb_entry *w);
int story_level(unsigned level);                 /* as the manual numbers it */
bool story_same(u64 cached, u64 memory);         /* the words of a table translate alike */
extern const char *const story_rules[CHOICE_NR]; /* the rule that allows a choice */
