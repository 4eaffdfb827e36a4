/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/feature.h - `no=NAME[,NAME]`: what the CPUs can do and are not to use, so that one machine
 * shows how a lesser one would do.
 *
 * The rows are the architecture's (arch_features), in its own words.  What is switched off is
 * missing from cpus[].caps and from the architecture's own questions; it says nothing to a CPU.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

struct feature {
	const char *name; /* "svnapot" */
	u32 caps;         /* enum pt_caps that it is */
	u32 bits;         /* the architecture's own, for what is no capability of the engine */
	const char *what;
	const char *tlb; /* the back end `tlb=` that cannot do without it, or NULL */
};

extern const struct feature arch_features[]; /* in arch/ARCH; the last has no name */

/*
 * In arch/ARCH: do all CPUs have it, whatever `no=` says?  `says` gets the register field, or the
 * word of the device tree, that answers.
 */
bool arch_feature_here(const struct feature *, char *says, size_t size);

extern u32 feature_caps_off, feature_bits_off;

/* Before the first CPU is asked for its capabilities.  Every word that names nothing is one line.
 */
void features_off(const char *list, void (*bad)(const char *sentence));
int features_check(const char *list, struct why *); /* does every word name one? */
/* For the reason why a back end cannot be used: is it for `no=`? */
static inline bool feature_bit_off(u32 bit)
{
	return feature_bits_off & bit;
}
/* One line a feature for `help no`; `off` marks those. */
void features_each(void (*line)(const struct feature *, bool off));
