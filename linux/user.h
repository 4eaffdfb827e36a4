/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/user.h - what init and its workloads have instead of a C library: system calls and lines of
 * text.  No FP.
 *
 * The numbers of system calls are those of include/uapi/asm-generic/unistd.h, which both
 * architectures use.  A call returns a negative errno.
 */
#ifndef LINUX_USER_H
#define LINUX_USER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- ARCH.S: the entry calls user_main(), whose result is the exit status ---- */
int user_main(char **words, const unsigned long *auxv);
long system_call(long nr, long a, long b, long c, long d, long e, long f);
/* A process that shares all memory with its parent runs body(argument) on that stack and exits: its
 * id, or an errno. */
long thread_start(void (*body)(void *), void *argument, void *stack_end);
/* false: the access was performed.  true: it raised SIGSEGV, and its handler continued at
 * try_fault(). */
bool try_load(const volatile void *at, unsigned long *value);
bool try_store(volatile void *at, unsigned long value);
void try_fault(void);
/* Add 1 by an exclusive load, some time in which a trap may occur, and an exclusive store. */
void exclusive_add(unsigned long *at);
/* A function that returns 0: its two instructions, and the place of a number below 2048 in the
 * first one.  text_written: what programs must do after they have written instructions.  text_call:
 * call such a function of another CPU. */
extern const unsigned long text_function[2], text_shift;
void text_written(void *at, size_t n);
unsigned long text_call(void *at);
extern const unsigned long pc_in_context; /* place of the pc in the context of a signal handler */

/* The number of a call that is left out: it returns 0 and has no effect.  A test of a workload. */
extern long left_out;

#define SYSTEM_CALL(name, nr, a, b, c, d, e, f, ...)                                               \
	static inline long sys_##name(__VA_ARGS__)                                                 \
	{                                                                                          \
		if (left_out == (nr))                                                              \
			return 0;                                                                  \
		return system_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),      \
				   (long)(f));                                                     \
	}
SYSTEM_CALL(mkdir, 34, -100, path, 0755, 0, 0, 0, const char *path)
SYSTEM_CALL(mount, 40, type, at, type, 0, 0, 0, const char *type, const char *at)
SYSTEM_CALL(open, 56, -100, path, flags, 0600, 0, 0, const char *path, long flags)
SYSTEM_CALL(close, 57, fd, 0, 0, 0, 0, 0, long fd)
SYSTEM_CALL(pipe, 59, fd, 0, 0, 0, 0, 0, int fd[2])
SYSTEM_CALL(read, 63, fd, to, n, 0, 0, 0, long fd, void *to, size_t n)
SYSTEM_CALL(write, 64, fd, from, n, 0, 0, 0, long fd, const void *from, size_t n)
SYSTEM_CALL(pwrite, 68, fd, from, n, at, 0, 0, long fd, const void *from, size_t n, size_t at)
SYSTEM_CALL(exit, 94, status, 0, 0, 0, 0, 0, long status)
SYSTEM_CALL(futex_wait, 98, at, 0, v, 0, 0, 0, unsigned *at, unsigned v)
SYSTEM_CALL(futex_wake, 98, at, 1, nr, 0, 0, 0, unsigned *at, unsigned nr)
SYSTEM_CALL(sleep, 101, time, 0, 0, 0, 0, 0, const long time[2])
SYSTEM_CALL(delete_module, 106, name, 04000, 0, 0, 0, 0, const char *name)
SYSTEM_CALL(setaffinity, 122, 0, 8, mask, 0, 0, 0, const unsigned long *mask)
SYSTEM_CALL(getaffinity, 123, 0, 8, mask, 0, 0, 0, unsigned long *mask)
SYSTEM_CALL(yield, 124, 0, 0, 0, 0, 0, 0, void)
SYSTEM_CALL(sigaction, 134, signal, action, 0, 8, 0, 0, long signal, const void *action)
SYSTEM_CALL(power_off, 142, 0xfee1dead, 672274793, 0x4321fedc, 0, 0, 0, void)
SYSTEM_CALL(getpid, 172, 0, 0, 0, 0, 0, 0, void)
SYSTEM_CALL(munmap, 215, at, n, 0, 0, 0, 0, void *at, size_t n)
SYSTEM_CALL(mremap, 216, at, n, n, 1 | 2, to, 0, void *at, size_t n, void *to) /* to that place */
SYSTEM_CALL(fork, 220, 17, 0, 0, 0, 0, 0, void)
SYSTEM_CALL(exec, 221, path, words, set, 0, 0, 0, const char *path, char **words, char **set)
SYSTEM_CALL(mmap, 222, at, n, prot, flags, -1, 0, void *at, size_t n, long prot, long flags)
SYSTEM_CALL(map_file, 222, 0, n, prot, flags, fd, 0, long fd, size_t n, long prot, long flags)
SYSTEM_CALL(mprotect, 226, at, n, prot, 0, 0, 0, void *at, size_t n, long prot)
SYSTEM_CALL(advise, 233, at, n, advice, 0, 0, 0, void *at, size_t n, long advice)
SYSTEM_CALL(wait, 260, id, status, 0, 0, 0, 0, long id, int *status)
SYSTEM_CALL(load_module, 273, fd, options, 0, 0, 0, 0, long fd, const char *options)
SYSTEM_CALL(membarrier, 283, command, 0, 0, 0, 0, 0, long command)

/* ---- text.c ---- */
void *memset(void *to, int c, size_t n);
struct text_line {
	char text[802]; /* /dev/kmsg accepts less than 1 KiB */
	size_t nr;
};
void add(struct text_line *l, const char *text);
void add_number(struct text_line *l, unsigned long v); /* decimal */
/* %s, and %d of an unsigned long. */
void add_format(struct text_line *l, const char *format, va_list ap);
bool same(const char *a, const char *b);
/* 0 if it is no decimal number. */
unsigned long number(const char *word);
/* Cut a line into words, until "#"; after the last of them is NULL.  Their number, at most `most`.
 */
unsigned split(char *line, char **words, unsigned most);
/* Print "hotplate-init: " and a line; the format is that of add_format().  false. */
bool print(const char *format, ...);

#endif
