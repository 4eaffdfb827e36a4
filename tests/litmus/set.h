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

enum { SET_EXISTS, SET_NOT_EXISTS, SET_FORALL };

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
	u64 model; /* its address in the model, for the output */
	struct set_part name;
};

/* An initial value: of a register by its number, or of the doubleword of the area at that offset.
 */
struct set_value {
	u64 value;
	u32 address; /* 1: it is an offset in the area */
	u32 at;
};

struct set_cpu {
	u32 entry, end; /* in the code of the test; end: where it stores the observed registers */
	struct set_part registers;
};

#define SET_MEMORY 0xffffffffu /* as the CPU of a place */

/* An observed place: a doubleword of the seat of a CPU, or a location. */
struct set_place {
	u32 cpu, at; /* index in seat->last, or offset in the area */
	u32 bytes, unused;
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
/* "0:X0=1; [x]=2;"; an address is the name of its location, or its number in the model. */
size_t set_text(const struct set_head *, const struct set_test *, const u64 *value, u64 area,
		char *buf, size_t size);

/* Boot, once fdt_of_boot is set: read the set, if there is one (file.c). */
void litmus_load(void);
