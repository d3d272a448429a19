/*
 * tests/kernel/racy.h - thread bodies that use models/kernel, built by vcpusim-cc: another thread
 * may run at each of their accesses. They count what must not be; test_*.c asserts.
 */
#ifndef RACY_H
#define RACY_H

#include <linux/mutex.h>
#include <linux/rwlock.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/swait.h>

#define RACY_ROUNDS 20

struct racy_counter {
	spinlock_t spin, inner;
	struct mutex mutex;
	rwlock_t rw;
	int reading;  /* of rw, now */
	int together; /* how often there were several */
	int inside;   /* threads in the critical section now */
	int overlaps; /* how often there were two */
	int n;
	int tried; /* trylocks that failed */
};

void racy_spin(void *counter);
void racy_spin_nested(void *counter);
void racy_spin_try(void *counter);
void racy_rw_reader(void *counter);
void racy_rw_writer(void *counter);
void racy_mutex(void *counter);
void racy_mutex_try(void *counter);

/* One thread takes the mutex over and over, the other once. */
struct racy_hog {
	struct mutex mutex;
	bool waiter_done;
	int after_request; /* times the hog got it after it had seen the request for a hand-off */
	int requests;
};

void racy_hog(void *hog);
void racy_hogged(void *hog);

struct racy_event {
	struct swait_queue_head q;
	int posted, seen;
};

void racy_poster(void *event);
void racy_sleeper(void *event);

/* Readers follow a pointer that an updater replaces, waits and frees. */
struct racy_object {
	struct rcu_head rcu;
	int value;
};

struct racy_srcu {
	struct srcu_struct srcu;
	struct racy_object *p;
	bool expedited;
	unsigned int size;      /* enum srcu_size to begin with, if not small */
	unsigned long sleep_us; /* of sleepy readers */
	int bad;                /* values that no live object has */
};

void racy_srcu_init(void *srcu);
void racy_srcu_reader(void *srcu);
void racy_srcu_sleepy_reader(void *srcu);
void racy_srcu_updater(void *srcu);
void racy_srcu_caller(void *srcu); /* frees by call_srcu */
void racy_srcu_cleanup(void *srcu);

#endif
