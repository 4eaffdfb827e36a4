/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/cpu_id.c - read and compare the identification of each CPU; see cpu_id.h. */
#include <kern/cpu.h>
#include <kern/cpu_id.h>
#include <lib/hash.h>

static struct cpu_id ids[CPUS_MAX];
static cpumask_t known;

static void cpu_id_read(void *arg)
{
	u64 *word = ids[this_cpu()->nr].word;

	(void)arg;
	arch_cpu_id(word);
	for (unsigned w = 0; arch_cpu_id_names[w]; w++)
		word[w] = cpu_as_if(w, word[w]);
}

const struct cpu_id *cpu_id(unsigned nr)
{
	cpumask_t fresh = cpus_online() & ~known;
	u64 h;

	if (fresh)
		cpu_run(fresh, cpu_id_read, NULL);
	for (unsigned i = 0; i < CPUS_MAX; i++) {
		if (!(fresh & cpu_bit(i)))
			continue;
		h = 0;
		for (unsigned w = 0; arch_cpu_id_names[w]; w++)
			h = hash_u64(h, ids[i].word[w]);
		ids[i].hash = (u32)(h ^ h >> 32);
	}
	known |= fresh;
	return nr < CPUS_MAX && (known & cpu_bit(nr)) ? &ids[nr] : NULL;
}

/* The CPU of the mask with the lowest hwid: CPU numbers depend on which one booted. */
static unsigned lowest_hwid(cpumask_t mask)
{
	unsigned lowest = CPUS_MAX;

	for (unsigned i = 0; i < cpus_nr; i++)
		if ((mask & cpu_bit(i)) && (lowest == CPUS_MAX || cpus[i].hwid < cpus[lowest].hwid))
			lowest = i;
	return lowest;
}

void cpu_id_kinds(void (*kind)(const struct cpu_id *, cpumask_t, void *arg), void *arg)
{
	cpumask_t left = 0, same;

	for (unsigned i = 0; i < cpus_nr; i++)
		left |= cpu_id(i) ? cpu_bit(i) : 0;
	while (left) {
		const struct cpu_id *id = cpu_id(lowest_hwid(left));

		same = 0;
		for (unsigned i = 0; i < cpus_nr; i++)
			if ((left & cpu_bit(i)) && ids[i].hash == id->hash)
				same |= cpu_bit(i);
		kind(id, same, arg);
		left &= ~same;
	}
}
