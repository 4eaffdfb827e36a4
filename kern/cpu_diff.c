/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/cpu_diff.c - log the differences between CPUs of several kinds, one line each; cpu_id.h. */
#include <kern/cpu.h>
#include <kern/cpu_id.h>
#include <kern/feature.h>
#include <kern/log.h>
#include <lib/printf.h>

void cpu_list(cpumask_t mask, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	for (unsigned n = 0; n < CPUS_MAX && at < size; n++) {
		unsigned first = n;

		if (!(mask & cpu_bit(n)))
			continue;
		while (n + 1 < CPUS_MAX && (mask & cpu_bit(n + 1)))
			n++;
		at += (size_t)snprintf(buf + at, size - at, "%s%u", at ? "," : "", first);
		if (n > first && at < size)
			at += (size_t)snprintf(buf + at, size - at, "-%u", n);
	}
}

/* The online CPUs whose word has this value. */
static cpumask_t having(unsigned word, u64 value)
{
	cpumask_t found = 0;

	for (unsigned n = 0; n < cpus_nr; n++)
		if (cpu_id(n) && cpu_id(n)->word[word] == value)
			found |= cpu_bit(n);
	return found & cpus_online();
}

static void compare_word(unsigned word)
{
	cpumask_t left = cpus_online(), same;
	char text[200], list[64];
	size_t at = 0;

	if (having(word, cpu_id(0)->word[word]) == left)
		return;
	for (; left && at < sizeof(text); left &= ~same) {
		u64 value = cpu_id((unsigned)__builtin_ctzll(left))->word[word];

		same = having(word, value);
		cpu_list(same, list, sizeof(list));
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s0x%lx on %s",
				       at ? ", " : "", value, list);
	}
	kprintf("cpu: %s differs: %s\n", arch_cpu_id_names[word], text);
}

static void compare_feature(const struct feature *f)
{
	cpumask_t all = cpus_online(), lacking = 0;
	char list[64];

	for (unsigned n = 0; n < cpus_nr; n++)
		lacking |= (all & cpu_bit(n)) && !arch_feature_of(f, n) ? cpu_bit(n) : 0;
	if (!lacking || lacking == all)
		return;
	cpu_list(lacking, list, sizeof(list));
	kprintf("cpu: no %s on %s: no CPU uses it\n", f->name, list);
}

void cpu_differences(void)
{
	for (unsigned w = 0; arch_cpu_id_names[w]; w++)
		compare_word(w);
	for (const struct feature *f = arch_features; f->name; f++)
		compare_feature(f);
}
