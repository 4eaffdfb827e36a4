// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/fold.c - registers the one format of an image that has it folded in; in no other image.  See
 * mm/fold.h.
 */
#include <mm/fold.h>

REGISTER(formats, folded, FOLD_FORMAT);
