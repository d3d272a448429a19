/*
 * sim/check/objects.h - which bytes of the arena belong to which allocated object, and did.
 *
 * A map from address to the object that starts at or last before it, in 16-byte granules, per
 * 64 KiB chunk of arena. An allocation over older (freed) objects hides them; those are still
 * found by CPUs that cannot know of the allocation yet (check.h), for 2 W, then dropped.
 */
#ifndef VS_OBJECTS_H
#define VS_OBJECTS_H

#include "sim/check/private.h"

struct vs_free {
	struct vs_stamp at;
	struct vs_free *next;
};

struct vs_object {
	uintptr_t addr;
	size_t bytes;
	enum vs_mem_class class;
	struct vs_stamp alloc, free; /* free: if freed, the earliest */
	struct vs_free *more_frees;  /* freed again: the others, owned */
	bool freed;
	bool settled; /* every CPU knows of the allocation */
	bool pinned;  /* a finding tells of it: kept for ever */
	uint32_t refs;
	struct vs_object *next_unused;
};

struct vs_objects;

struct vs_objects *vs_objects_new(struct vs_hw *hw, vs_ps history); /* NULL: no memory */
void vs_objects_free(struct vs_objects *m);

/* Fresh arena memory, multiple of 64 KiB. */
void vs_objects_grow(struct vs_objects *m, uintptr_t addr, size_t bytes, const struct vs_stamp *at);
/* Has it been grown, as far as cpu can know? */
bool vs_objects_ours(const struct vs_objects *m, uintptr_t addr, uint32_t cpu, vs_ps now);

/* A new object, hiding what was there. Returns the last object there that was in use as far as the
 * allocating CPU can know, or NULL. */
struct vs_object *vs_objects_put(struct vs_objects *m, uintptr_t addr, size_t bytes,
				 enum vs_mem_class class, const struct vs_stamp *at,
				 struct vs_object **made);

/* The object that starts at or last before addr, as cpu can know at now; NULL: none. Freed ones
 * count. */
struct vs_object *vs_objects_find(struct vs_objects *m, uintptr_t addr, uint32_t cpu, vs_ps now);

/* One of its frees is known. */
bool vs_object_known_free(const struct vs_object *o, uint32_t cpu, vs_ps now);
/* Another free. True: it was freed before; *second is then the later one of this and what was the
 * earliest. */
bool vs_object_freed(struct vs_object *o, const struct vs_stamp *at, struct vs_stamp *second);

/* Next in the map at or after addr (0: first), in address order; NULL: no more. */
struct vs_object *vs_objects_next(struct vs_objects *m, uintptr_t addr);

/* Time has come to now on some CPU: drop what is hidden from all, and call `settled` for objects
 * which are known to all by now and still in use. */
void vs_objects_advance(struct vs_objects *m, vs_ps now,
			void (*settled)(void *ctx, struct vs_object *o), void *ctx);

/* Is each byte of [addr, addr + bytes) part of a settled object in use? */
bool vs_objects_all_live(struct vs_objects *m, uintptr_t addr, size_t bytes);

#endif
