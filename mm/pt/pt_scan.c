/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_scan.c - tests of many cells, two to four instructions each.
 *
 * Every result is based on exactly one single-copy-atomic load of each cell (S0-22): a group of 32
 * that fails as a whole is discarded, and its cells are tested again one by one.  No order is
 * needed between these loads, so they are relaxed.
 */
#include <mm/pt/pt_impl.h>

#define GROUP 32

static inline pte_t or_of_8(const struct pt_cell *c)
{
	return pt_cell_peek(&c[0]) | pt_cell_peek(&c[1]) | pt_cell_peek(&c[2]) |
	       pt_cell_peek(&c[3]) | pt_cell_peek(&c[4]) | pt_cell_peek(&c[5]) |
	       pt_cell_peek(&c[6]) | pt_cell_peek(&c[7]);
}

static inline pte_t or_of_group(const struct pt_cell *c)
{
	return or_of_8(c) | or_of_8(c + 8) | or_of_8(c + 16) | or_of_8(c + 24);
}

static inline pte_t differ_in_8(const struct pt_cell *c, pte_t v)
{
	return (pt_cell_peek(&c[0]) ^ v) | (pt_cell_peek(&c[1]) ^ v) | (pt_cell_peek(&c[2]) ^ v) |
	       (pt_cell_peek(&c[3]) ^ v) | (pt_cell_peek(&c[4]) ^ v) | (pt_cell_peek(&c[5]) ^ v) |
	       (pt_cell_peek(&c[6]) ^ v) | (pt_cell_peek(&c[7]) ^ v);
}

static inline pte_t differ_in_group(const struct pt_cell *c, pte_t v)
{
	return differ_in_8(c, v) | differ_in_8(c + 8, v) | differ_in_8(c + 16, v) |
	       differ_in_8(c + 24, v);
}

bool pt_all_empty(const struct pt_cell *c, u32 n)
{
	const struct pt_cell *end = c + n;

	for (; end - c >= GROUP; c += GROUP)
		if (or_of_group(c))
			return false;
	for (; c < end; c++)
		if (pt_cell_peek(c))
			return false;
	return true;
}

u32 pt_count_empty(const struct pt_cell *c, u32 max)
{
	u32 n = 0;

	while (max - n >= GROUP && !or_of_group(c + n))
		n += GROUP;
	while (n < max && !pt_cell_peek(c + n))
		n++;
	return n;
}

u32 pt_count_alike(const struct pt_cell *c, u32 max, pte_t first, pte_t mask)
{
	const struct pt_cell *at = c, *end = c + max;

	while (end - at >= GROUP && !(differ_in_group(at, first) & ~mask))
		at += GROUP;
	while (at < end && !((pt_cell_peek(at) ^ first) & ~mask))
		at++;
	return (u32)(at - c);
}

u32 pt_count_linear(const struct pt_cell *c, u32 max, pte_t first, pte_t stride)
{
	u32 n = 0;

	while (n < max && pt_cell_peek(c + n) == first) {
		first += stride;
		n++;
	}
	return n;
}
