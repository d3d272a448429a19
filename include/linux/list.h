/*
 * linux/list.h - circular doubly linked lists through a member. An empty head points to itself.
 */
#ifndef VCPUSIM_LINUX_LIST_H
#define VCPUSIM_LINUX_LIST_H

#include <linux/compiler.h>
#include <linux/types.h>

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void __list_join(struct list_head *a, struct list_head *b)
{
	b->prev = a;
	WRITE_ONCE(a->next, b); /* list_empty() is asked without the lock */
}

static inline void list_add(struct list_head *item, struct list_head *head)
{
	__list_join(item, head->next);
	__list_join(head, item);
}

static inline void list_add_tail(struct list_head *item, struct list_head *head)
{
	__list_join(head->prev, item);
	__list_join(item, head);
}

/* The item's own pointers are left as they are. */
static inline void list_del(struct list_head *item)
{
	__list_join(item->prev, item->next);
}

static inline void list_del_init(struct list_head *item)
{
	list_del(item);
	INIT_LIST_HEAD(item);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)

#define list_for_each_entry(pos, head, member)                                                     \
	for (pos = list_entry((head)->next, typeof(*pos), member); &pos->member != (head);         \
	     pos = list_entry(pos->member.next, typeof(*pos), member))

#endif
