/*
 * RCU: readers and grace periods are liburcu's, which asks the kernel for a barrier on all CPUs
 * (membarrier) instead of having readers do one. Callbacks are our own thread's, which takes all
 * there are, waits for one grace period and calls them: liburcu's own batches them by waiting 10
 * ms.
 *
 * Sanitizers do not see into liburcu, so they are told that a section that has ended happened
 * before the end of a grace period.
 */
#include <pthread.h>

#ifndef __SANITIZE_THREAD__
#define URCU_INLINE_SMALL_FUNCTIONS /* readers without a call, as in the kernel */
#endif
#include <urcu/urcu-memb.h>

#include "models/native/private.h"
#include "models/native/tsan.h"

static char domain; /* whose address stands for it */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t queued, done;
	struct vs_rcu_head *first, **last;
	uint64_t n_queued, n_done;
	bool running;
} callbacks = {.lock = PTHREAD_MUTEX_INITIALIZER,
	       .queued = PTHREAD_COND_INITIALIZER,
	       .done = PTHREAD_COND_INITIALIZER,
	       .last = &callbacks.first};

void vs_native_rcu_enter(void)
{
	urcu_memb_register_thread();
}

void vs_native_rcu_leave(void)
{
	urcu_memb_unregister_thread();
}

void vs_rcu_read_lock(void)
{
	urcu_memb_read_lock();
}

void vs_rcu_read_unlock(void)
{
	VS_TSAN_RELEASE(&domain);
	urcu_memb_read_unlock();
}

static void synchronize(void)
{
	urcu_memb_synchronize_rcu();
	VS_TSAN_ACQUIRE(&domain);
}

void vs_rcu_synchronize(bool expedited)
{
	(void)expedited;
	if (vs_native_hooks.synchronizes)
		vs_native_hooks.synchronizes();
	synchronize();
}

/* -- callbacks -------------------------------------------------------------------------------- */

/* callbacks.lock is held, but for the call. */
static void invoke_all(void)
{
	struct vs_rcu_head *head = callbacks.first, *next;
	uint64_t n = callbacks.n_queued;

	callbacks.first = NULL;
	callbacks.last = &callbacks.first;
	pthread_mutex_unlock(&callbacks.lock);
	synchronize();
	for (; head; head = next) {
		next = head->next; /* func may free it */
		head->func(head);
	}
	pthread_mutex_lock(&callbacks.lock);
	callbacks.n_done = n;
	pthread_cond_broadcast(&callbacks.done);
}

static void serve(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&callbacks.lock);
	for (;;) {
		while (!callbacks.first)
			pthread_cond_wait(&callbacks.queued, &callbacks.lock);
		invoke_all();
	}
}

void vs_rcu_call(struct vs_rcu_head *head, void (*func)(struct vs_rcu_head *head))
{
	head->next = NULL;
	head->func = func;
	pthread_mutex_lock(&callbacks.lock);
	if (!callbacks.running) {
		if (!vs_native_spawn(serve, NULL))
			vs_bug(__FILE__, __LINE__, "no thread for callbacks");
		callbacks.running = true;
	}
	*callbacks.last = head;
	callbacks.last = &head->next;
	callbacks.n_queued++;
	pthread_cond_signal(&callbacks.queued);
	pthread_mutex_unlock(&callbacks.lock);
}

void vs_rcu_barrier(void)
{
	uint64_t n;

	pthread_mutex_lock(&callbacks.lock);
	n = callbacks.n_queued;
	while (callbacks.n_done < n)
		pthread_cond_wait(&callbacks.done, &callbacks.lock);
	pthread_mutex_unlock(&callbacks.lock);
}
