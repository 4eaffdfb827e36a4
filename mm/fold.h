/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/fold.h - the one place where a geometry may be chosen while compiling: `make bench
 * FOLD=FORMAT` builds an image that knows one format, with its numbers and functions folded into
 * the engine, to measure what choosing at run time costs.  Nobody else asks; every other image has
 * every format.
 *
 * FOLD_FAMILY names the file in mm/fmt and FOLD_FORMAT the row there.  The rows do not register
 * themselves then: mm/fold.c registers the one.
 */
#pragma once
#include <mm/pt/pt_fmt.h>

#ifdef FOLD_FORMAT

#undef PT_FORMAT
#define PT_FORMAT(id, object) REG_DECLARE(formats, struct pt_fmt)
#define FOLD_PATH_OF(family) <mm/fmt/family.c>
#define FOLD_PATH(family) FOLD_PATH_OF(family)
#include FOLD_PATH(FOLD_FAMILY)

enum { FOLDED = 1 };

static inline const struct pt_fmt *fold_fmt(const struct pt_fmt *f)
{
	(void)f;
	return &FOLD_FORMAT;
}

#else

enum { FOLDED = 0 };

static inline const struct pt_fmt *fold_fmt(const struct pt_fmt *f)
{
	return f;
}

#endif
