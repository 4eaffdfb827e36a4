/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/work.h - the workloads of one program, by the name with which it is called: work.c,
 * memory.c (memory that is added and removed), stale.c (translations that must not be used any
 * more), order.c (what another CPU must see) and late.c (CPUs that stop and start).  A workload
 * prints why it failed.
 */
#ifndef LINUX_WORK_H
#define LINUX_WORK_H

#include "user.h"

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define READ_WRITE (PROT_READ | PROT_WRITE)
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define O_WRONLY 1
#define O_RDWR 2
#define O_CREAT 0100
#define O_TRUNC 01000

/* The argument of these is a size; of all others it is a number of rounds. */
bool work_grows(unsigned long mib);
bool work_shrinks(unsigned long mib);
bool work_fill(unsigned long mib);
/* The argument is the directory of a DAX device. */
bool work_online(const char *directory);
bool work_offline(const char *directory);

bool work_stale(unsigned long rounds);
bool work_huge(unsigned long rounds);
bool work_order(unsigned long rounds);
bool work_late(unsigned long rounds);

/* ---- work.c: for all of them ---- */
/* Print why the program fails; false. */
#define wrong(...) print("| " __VA_ARGS__)

extern unsigned long page_bytes;
extern bool sigbus_is_expected; /* the kernel sends it for a page that it took away */

/* Values of one round; no two workloads' pages have the same one. */
unsigned long value_of(unsigned long who, unsigned long round, unsigned long page);
/* Access a word of that page, with the result that must be; `when` is for the message. */
bool loads(unsigned char *area, unsigned long page, unsigned long want, const char *when);
bool stores(unsigned char *area, unsigned long page, unsigned long v, const char *when);
bool no_load(unsigned char *area, unsigned long page, const char *when);
bool no_store(unsigned char *area, unsigned long page, const char *when);
/* Private pages without contents; NULL: there are none, and that was printed. */
unsigned char *map_area(unsigned char *at, unsigned long bytes, long flags);
/* Print the errno of a call that failed; true if it did not. */
bool worked(long err, const char *call);

/* Run body() on a thread for each CPU, and on `each` of them if it has a choice; `me` is 0 on the
 * first one.  Each runs it for all rounds, or until it fails on one. */
#define THREADS 8ul
bool run_threads(bool (*body)(unsigned long me, unsigned long round), unsigned long rounds,
		 unsigned long each);
unsigned long threads(void); /* their number now */
/* Wait for all threads; false: one of them failed. */
bool meet(void);
/* Move this thread to the n-th of the CPUs on which it may run. */
void use_cpu(unsigned long n);
/* Wait for nr children; false: one of them failed. */
bool join(const long *id, unsigned long nr);
/* Write a word to a file of sysfs or procfs. */
bool set_file(const char *path, const char *text);

#endif
