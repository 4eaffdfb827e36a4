/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/list.h - a circular doubly linked list, intrusive.  An unlinked node points to itself. */
#pragma once
#include <lib/types.h>

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

/* At the front: after the head. */
static inline void list_add(struct list *head, struct list *n)
{
	n->next = head->next;
	n->prev = head;
	head->next->prev = n;
	head->next = n;
}

static inline void list_add_tail(struct list *head, struct list *n)
{
	list_add(head->prev, n);
}

/* Works on an unlinked node too.  The caller serialises all changes of a list. */
static inline void list_del(struct list *n)
{
	n->next->prev = n->prev;
	n->prev->next = n->next;
	list_init(n);
}

/* Move all nodes of `from` to the end of `to`; `from` is empty then. */
static inline void list_splice_tail(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_for_each(head, it) for (struct list *it = (head)->next; it != (head); it = it->next)
