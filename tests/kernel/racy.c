/* Thread bodies: see racy.h. */
#include "racy.h"

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../../models/kernel/srcu_private.h"

static void critical(struct racy_counter *c)
{
	if (c->inside++)
		c->overlaps++;
	c->n++;
	c->inside--;
}

void racy_spin(void *arg)
{
	struct racy_counter *c = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		spin_lock(&c->spin);
		critical(c);
		spin_unlock(&c->spin);
	}
}

void racy_spin_nested(void *arg)
{
	struct racy_counter *c = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		spin_lock(&c->inner);
		spin_lock(&c->spin);
		spin_unlock(&c->inner); /* not in the order of nesting */
		critical(c);
		spin_unlock(&c->spin);
	}
}

void racy_spin_try(void *arg)
{
	struct racy_counter *c = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		while (!spin_trylock(&c->spin)) {
			__atomic_fetch_add(&c->tried, 1, __ATOMIC_SEQ_CST);
			cpu_relax();
		}
		critical(c);
		spin_unlock(&c->spin);
	}
}

void racy_rw_writer(void *arg)
{
	struct racy_counter *c = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		write_lock(&c->rw);
		c->overlaps += c->reading != 0;
		critical(c);
		write_unlock(&c->rw);
	}
}

/* Nothing changes under it. */
void racy_rw_reader(void *arg)
{
	struct racy_counter *c = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		int n;

		read_lock(&c->rw);
		c->together += __atomic_add_fetch(&c->reading, 1, __ATOMIC_SEQ_CST) > 1;
		c->overlaps += c->inside;
		n = c->n;
		cpu_relax();
		c->overlaps += c->n != n;
		__atomic_fetch_sub(&c->reading, 1, __ATOMIC_SEQ_CST);
		read_unlock(&c->rw);
	}
}

void racy_mutex(void *arg)
{
	struct racy_counter *c = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		mutex_lock(&c->mutex);
		critical(c);
		if (i % 4 == 0)
			usleep_range(1, 1);
		mutex_unlock(&c->mutex);
	}
}

void racy_mutex_try(void *arg)
{
	struct racy_counter *c = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		while (!mutex_trylock(&c->mutex)) {
			__atomic_fetch_add(&c->tried, 1, __ATOMIC_SEQ_CST);
			cpu_relax();
		}
		critical(c);
		mutex_unlock(&c->mutex);
	}
}

void racy_hog(void *arg)
{
	struct racy_hog *h = arg;
	bool requested = false;

	while (!READ_ONCE(h->waiter_done)) {
		mutex_lock(&h->mutex);
		if (requested && !READ_ONCE(h->waiter_done))
			h->after_request++;
		requested = READ_ONCE(h->mutex.owner) & 2; /* MUTEX_HANDOFF */
		h->requests += requested;
		mutex_unlock(&h->mutex);
	}
}

void racy_hogged(void *arg)
{
	struct racy_hog *h = arg;

	mutex_lock(&h->mutex);
	WRITE_ONCE(h->waiter_done, true);
	mutex_unlock(&h->mutex);
}

void racy_poster(void *arg)
{
	struct racy_event *e = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		xchg(&e->posted, i + 1); /* a full barrier before swait_active() */
		if (swait_active(&e->q))
			swake_up(&e->q);
		while (READ_ONCE(e->seen) != i + 1)
			cpu_relax();
	}
}

void racy_sleeper(void *arg)
{
	struct racy_event *e = arg;

	for (int i = 0; i < RACY_ROUNDS; i++) {
		prepare_to_swait(&e->q);
		while (READ_ONCE(e->posted) != i + 1) {
			vs_task_block(VS_WAIT_HALT, &e->q, NULL, VS_PS_NEVER);
			prepare_to_swait(&e->q);
		}
		finish_swait(&e->q);
		WRITE_ONCE(e->seen, i + 1);
	}
}

#define ALIVE 42

static struct racy_object *new_object(void)
{
	struct racy_object *p = kmalloc(sizeof(*p), GFP_KERNEL);

	p->value = ALIVE;
	return p;
}

void racy_srcu_init(void *arg)
{
	struct racy_srcu *s = arg;

	init_srcu_struct(&s->srcu);
	if (s->size >= SRCU_WAIT_BARRIER)
		srcu_make_tree(&s->srcu, GFP_KERNEL);
	s->srcu.sup->size = s->size;
	s->p = new_object();
}

static void read_section(struct racy_srcu *s, bool sleepy)
{
	int idx = srcu_read_lock(&s->srcu);
	struct racy_object *p = srcu_dereference(s->p, &s->srcu);

	if (sleepy)
		usleep_range(s->sleep_us, s->sleep_us);
	if (READ_ONCE(p->value) != ALIVE)
		s->bad++;
	srcu_read_unlock(&s->srcu, idx);
}

void racy_srcu_reader(void *arg)
{
	for (int i = 0; i < RACY_ROUNDS; i++)
		read_section(arg, false);
}

void racy_srcu_sleepy_reader(void *arg)
{
	for (int i = 0; i < RACY_ROUNDS / 4; i++)
		read_section(arg, true);
}

void racy_srcu_updater(void *arg)
{
	struct racy_srcu *s = arg;

	for (int i = 0; i < RACY_ROUNDS / 4; i++) {
		struct racy_object *old = xchg(&s->p, new_object());

		if (s->expedited)
			synchronize_srcu_expedited(&s->srcu);
		else
			synchronize_srcu(&s->srcu);
		kfree(old);
	}
}

void racy_srcu_caller(void *arg)
{
	struct racy_srcu *s = arg;

	for (int i = 0; i < RACY_ROUNDS / 4; i++) {
		struct racy_object *old = xchg(&s->p, new_object());

		call_srcu(&s->srcu, &old->rcu, __kfree_rcu_first);
		if (s->expedited)
			synchronize_srcu_expedited(&s->srcu);
	}
	srcu_barrier(&s->srcu);
}

void racy_srcu_cleanup(void *arg)
{
	struct racy_srcu *s = arg;

	cleanup_srcu_struct(&s->srcu);
	kfree(s->p);
}
