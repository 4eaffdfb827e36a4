/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/feature.h - `no=NAME[,NAME]`: features that the CPUs have and that the kernel shall not use,
 * so that one machine can imitate one without them.
 *
 * The rows are the architecture's (arch_features).  A feature that is switched off is missing from
 * cpus[].caps and from the architecture's own checks; no register of a CPU is changed.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

struct feature {
	const char *name; /* "svnapot" */
	u32 caps;         /* enum pt_caps that it is */
	u32 bits; /* the architecture's own, for features that are no capability of the engine */
	const char *what; /* one line of help */
	const char *tlb;  /* the back end `tlb=` that requires it, or NULL */
};

extern const struct feature arch_features[]; /* in arch/ARCH; the last has no name */

/*
 * In arch/ARCH: do all CPUs have it, regardless of `no=`?  `source` gets the register field, or the
 * word of the device tree, that shows it.
 */
bool arch_feature_here(const struct feature *, char *source, size_t size);

extern u32 feature_caps_off, feature_bits_off;

/* Call it before the first CPU reads its capabilities.  `bad` gets a sentence for each unknown
 * word. */
void features_off(const char *list, void (*bad)(const char *sentence));
int features_check(const char *list, struct why *); /* -EINVAL for a word that names none */
/* Is this bit switched off by `no=`?  For the reason why a back end cannot be used. */
static inline bool feature_bit_off(u32 bit)
{
	return feature_bits_off & bit;
}
/* Call line() for each feature; `off`: `no=` switches it off. */
void features_each(void (*line)(const struct feature *, bool off));
