/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/frag/frag_scheme.c - the schemes of the axis frag by name (mm/policy/policy.h). */
#include <mm/frag/fragment.h>

_Static_assert(offsetof(struct frag_scheme, s) == 0, "scheme first");

const struct frag_scheme *frag_scheme_find(const char *name, struct why *why)
{
	return scheme_find("frag", (scheme_entries)__start_reg_frag,
			   (scheme_entries)__stop_reg_frag, name, why);
}
