/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/args.h - one table of arguments (kern/args_table.c), used by the boot command line and by
 * every command; `help args` prints it.  Grammar: WORD | key=value, blanks between; the later word
 * wins.  An unknown or malformed word is reported in one line, and a command refuses it.
 *
 * At boot the default is used instead, so that a console can be reached; but no unattended run,
 * soak, benchmark or comparison begins (args_refused()), because it would not be the requested one.
 * Words that firmware and boot loaders add for Linux are no error (args_foreign[]).
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

enum arg_type {
	ARG_FLAG,   /* bare word or =on|off */
	ARG_NUMBER, /* decimal, 0x.., with K M G T */
	ARG_WORD,   /* one of `values`, or any text when values is NULL */
	ARG_TIME,   /* 100ms, 10s, 8h: in ms */
};

enum arg_id {
	ARG_RUN,
	ARG_EXIT,
	ARG_SEED,
	ARG_CPUS,
	ARG_CREW,
	ARG_GEOMETRY,
	ARG_PLACEMENT,
	ARG_BLOCK,
	ARG_LEAF,
	ARG_MEMMAP,
	ARG_BOOT_MEMMAP,
	ARG_TLB,
	ARG_TLB_MAX,
	ARG_REMOVE,
	ARG_VMALLOC,
	ARG_VMALLOC_LAZY,
	ARG_TABLES,
	ARG_FRAG,
	ARG_NEWMAP,
	ARG_DEVICE_REMOVE,
	ARG_WITHHOLD,
	ARG_AT,
	ARG_NODE,
	ARG_ZONE,
	ARG_HANG,
	ARG_POISON,
	ARG_BENCH,
	ARG_COMPARE,
	ARG_CACHE_LEAVE,
	ARG_PROFILE,
	ARG_ROUNDS,
	ARG_SOAK,
	ARG_STINT,
	ARG_CONTROL,
	ARG_BUG,
	ARG_SCHEDULE,
	ARG_CPU,
	ARG_NO,
	ARG_ERRATA,
	ARG_AS_IF,
	ARG_CONTIG,
	ARG_SHADOW,
	ARG_ONLINE,
	ARG_ACPI,
	ARG_CHANNEL,
	ARG_COMPOUND,
	ARG_RESERVE,
	ARG_BAR_IS_RAM,
	ARG_IRQ,
	ARG_EARLYCON,
	ARG_TRACE,
	ARG_SANITIZE,
	ARG_SCREEN,
	ARG_COLOR,
	ARG_NR,
	ARG_SLOTS = ARG_NR + 6, /* the rest: SOURCE.key=value, see arg_text_of() */
};

struct arg {
	const char *name;
	enum arg_type type;
	const char *values; /* "host|block|device", or placeholders: "ADDR+SIZE|node N|auto|none" */
	const char *dflt;   /* text, "" = none */
	const char *help;
	bool of_source; /* may be written SOURCE.name=value, for one event source */
};
extern const struct arg arg_table[ARG_NR];

#define ARGS_TEXT 512
/* Zero it before the first use; parsing adds to its contents, the later word wins. */
struct args {
	char text[ARGS_TEXT];
	/* Offset of the value's text, 0 = not given; from ARG_NR on of "SOURCE.key=value". */
	u16 at[ARG_SLOTS];
};

/* Parse a whole line; each bad word is reported through `bad` (may be NULL) and skipped, words for
 * Linux without a report.  Returns the number of bad words. */
int args_parse(struct args *, const char *line, void (*bad)(const char *sentence));
/* Boot could not follow a word of boot_args: keeps the first sentence.  Boot CPU. */
void args_refuse(const char *sentence);
/* The first such sentence of this boot and how many there were, or NULL. */
const char *args_refused(unsigned *nr);
/* Called for every word before it is stored: does the value name a scheme of its axis, or a bug of
 * tests/mutants/bugs?  0, or -EINVAL with a list of them.  NULL (host programs): any name is
 * accepted. */
extern int (*args_scheme)(enum arg_id, const char *value, struct why *);
/* Check and store one word; -EINVAL with the sentence, and nothing is stored. */
int args_word(struct args *, const char *word, struct why *);

/* The enum arg_id of a name of `len` bytes, or -1. */
int arg_find(const char *name, size_t len);
/* Remove a value, so that the default holds. */
void args_forget(struct args *, enum arg_id);

extern struct args boot_args; /* written at boot, then by the prompt alone */
/*
 * The value from `a` (may be NULL) if given there, else from boot_args, else the table's default.
 * The text is valid until the next word is stored in the same args.  Numbers and times (in ms) were
 * checked when they were stored; an empty default is 0.
 */
const char *arg_text(const struct args *a, enum arg_id);
u64 arg_number(const struct args *a, enum arg_id);
bool arg_flag(const struct args *a, enum arg_id);
bool arg_given(const struct args *a, enum arg_id);

/* The value from boot_args: SOURCE.name=, else `dflt` unless NULL, else name=. */
const char *arg_text_of(const char *source, enum arg_id, const char *dflt);
/* The n-th word SOURCE.key=value that was given, or NULL. */
const char *arg_of_source(unsigned n);

/* `help args`: every argument, its values, default and meaning, at most 79 columns a line. */
void args_print_table(void (*line)(const char *text));

/* "0x80000000+1G" -> range; 0 or -EINVAL with the sentence. */
int parse_range(const char *text, u64 *start, u64 *len, struct why *);
int parse_number(const char *text, u64 *value); /* whole text, K M G T suffix; 0 or -EINVAL */
