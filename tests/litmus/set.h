/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/litmus/set.h - a set of litmus tests: the file that `tools/hotplate litmus pack` writes and
 * that boot receives as the initial RAM disk.
 *
 * All numbers are little endian.  A part names elements by the offset of the first from the start
 * of the set, a multiple of 8, and their number.  A text is a part of bytes, and a zero byte
 * follows it.  The locations of a test are in one area, each in SET_LOCATION bytes of its own; an
 * `address` is an offset in that area, to which the address of the area is added.
 *
 * In a test with translation tables (arm64 alone) each location is a page of its own, and the set
 * has the addresses of SET_WINDOW and SET_ENTRIES, and entries of frames that begin at the `model`
 * of a location: the kernel translates values into its own before a round, and back after it.
 *
 * The code of a CPU is a function of one argument, the CPU's seat.  It loads the registers that its
 * threads name from seat->first, runs the threads, stores the observed registers to seat->last, and
 * restores every register that the C ABI preserves.  It uses no stack.  An exception of a thread
 * may continue at its end.
 */
#pragma once
#include <lib/err.h>

#define SET_MAGIC 0x53554d54494c5048ul /* "HPLITMUS" */
#define SET_VERSION 2
#define SET_TESTS_MAX 4096
#define SET_NAME_MAX 80
#define SET_TEXT_MAX 4096
#define SET_CPUS_MAX 8
#define SET_PLACES_MAX 32
#define SET_REGISTERS 32
#define SET_LOCATION 4096
#define SET_AREA_MAX 65536
#define SET_CODE_MAX 32768
#define SET_STATES_MAX 4096
#define SET_DEPTH_MAX 32 /* of the stack of a condition */
#define SET_PAGES_MAX (SET_AREA_MAX / SET_LOCATION)
#define SET_ANY 0xffffffffu

/* As vmsa.py has them: the addresses of the pages, and of their entries. */
#define SET_WINDOW 0x80000000ul
#define SET_ENTRIES 0x44200000ul
/* The fields of an entry that a test has; the others are the kernel's. */
#define SET_VALID BIT(0)
#define SET_READONLY BIT(7)
#define SET_SHARED (3ul << 8)
#define SET_ACCESSED BIT(10)
#define SET_DIRTY BIT(51) /* DBM */
#define SET_ENTRY_BITS (SET_VALID | SET_READONLY | SET_SHARED | SET_ACCESSED | SET_DIRTY)
#define SET_EL0 BIT(6) /* of an entry of the set, without effect: no page of the kernel has it */
#define SET_USUAL 0x747ul
#define SET_FRAME 0xfffffffff000ul

enum { SET_EXISTS, SET_NOT_EXISTS, SET_FORALL };
enum { SET_NO_VERDICT, SET_ALLOWED, SET_FORBIDDEN, SET_REQUIRED, SET_VERDICTS };

struct set_part {
	u32 at, nr;
};

struct set_head {
	u64 magic;
	u32 version, unused;
	char arch[8]; /* arm64 or riscv64, then zero bytes */
	u64 bytes;    /* of the whole set */
	struct set_part tests;
};

struct set_location {
	u64 at;    /* in the area, the first of SET_LOCATION bytes */
	u64 model; /* its address in the model, for the output; with tables that of its frame */
	u64 entry; /* with tables: the initial one */
	u32 code, unused; /* 1: a page of code */
	struct set_part name;
};

/* What the value is: a number; an offset in the area; with tables the number of a page, for the
 * address of its entry; an entry. */
enum { SET_NUMBER, SET_ADDRESS, SET_ENTRY_AT, SET_ENTRY, SET_VALUES };

/* An initial value: of a register by its number, or of the doubleword of the area at that offset.
 */
struct set_value {
	u64 value;
	u32 kind;
	u32 at;
};

struct set_cpu {
	u32 entry, end; /* in the code of the test; end: where it stores the observed registers */
	struct set_part registers;
};

/* An observed place: a doubleword of the seat of a CPU, a location, the last entry of a page, or 1
 * where the thread of a CPU ended by a fault. */
enum { SET_REGISTER, SET_MEMORY, SET_LAST_ENTRY, SET_FAULT, SET_PLACES };
struct set_place {
	u32 kind, cpu;
	u32 at;    /* index in seat->last, offset in the area, page; FAULT: in the code, or ANY */
	u32 bytes; /* FAULT: enum trap_kind, or 0 */
	u32 page;  /* FAULT: it is in this page, or ANY */
	u32 entry; /* 1: the value is printed as an entry */
	struct set_part label; /* 1:X0, [x] */
};

/* A condition in postfix order.  EQUAL and SAME push; AND and OR replace `nr` results by one. */
enum { SET_EQUAL, SET_SAME, SET_NOT, SET_AND, SET_OR, SET_OPS };
struct set_op {
	u32 op, nr;  /* EQUAL, SAME: nr is the place */
	u64 value;   /* EQUAL */
	u32 address; /* of `value` */
	u32 other;   /* SAME: the second place */
};

/* A state that is allowed: the places whose values are addresses, by their bits, 1 if it is not
 * sequentially consistent, and the value of each place that is shown. */
struct set_state {
	u64 addresses, weak;
	u64 value[];
};

struct set_test {
	struct set_part name, kind, condition, hash; /* texts; hash may be empty */
	u32 quantifier, rounds;
	u32 shown, area; /* places that a state has; bytes of the area */
	u32 tables;      /* 1: with translation tables; its allowed states are not known, but ... */
	u32 verdict, verdict_ets2; /* ... if its condition may hold, and so with FEAT_ETS2 */
	u32 unused;
	struct set_part locations;
	struct set_part initial;
	struct set_part cpus;
	struct set_part places;
	struct set_part allowed;       /* set_state, each with `shown` values */
	struct set_part holds, filter; /* a filter without elements is true */
	struct set_part code;          /* bytes */
};

struct set_seat {
	u64 saved[SET_REGISTERS], first[SET_REGISTERS], last[64];
};

/* -ENOENT: other data; -EINVAL: a set that is malformed or of another architecture.  After 0 every
 * function below may be called for it. */
int set_check(const void *at, u64 bytes, const char *arch, struct why *);

static inline const void *set_at(const struct set_head *s, struct set_part p)
{
	return (const char *)s + p.at;
}

static inline const struct set_test *set_test(const struct set_head *s, unsigned n)
{
	return (const struct set_test *)set_at(s, s->tests) + n;
}

const struct set_state *set_allowed(const struct set_head *, const struct set_test *, unsigned n);
/* The number of the allowed state that has these values, where the area is at `area`; -1: none. */
int set_find(const struct set_head *, const struct set_test *, const u64 *value, u64 area);
bool set_holds(const struct set_head *, struct set_part condition, const u64 *value, u64 area);
/* The page whose frame an entry has; SET_ANY: there is none. */
u32 set_page(const struct set_head *, const struct set_test *, u64 entry);
/* "0:X0=1; [x]=2;"; an address is the name of its location, or its number in the model. */
size_t set_text(const struct set_head *, const struct set_test *, const u64 *value, u64 area,
		char *buf, size_t size);

/* Boot, once fdt_of_boot is set: read the set, if there is one (file.c). */
void litmus_load(void);
