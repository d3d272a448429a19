/*
 * Memory slots: which of a guest's pages are memory, and where the VMM has them.
 *
 *	kvm->memslots --> | generation | n | slot[0] | ... | slot[n - 1] |     by rising base_gfn
 *
 * An array never changes. An update copies it, changes the copy, publishes that, waits until nobody
 * is left in a section of kvm->srcu that began before, and frees the old one; all under slots_lock.
 * Exits are handled in such a section (run.h); everybody else enters one. So an update waits for
 * the exits under way, for no guest, and whatever protects the table does not matter.
 *
 * The array is as long as there are slots, as in Linux since 5.7 (commit 36947254e5f9); a slot has
 * 88 bytes there. The search starts afresh each time: that KVM tries the slot found last is left
 * out.
 */
#ifndef VS_CALLSITES_MEMSLOT_H
#define VS_CALLSITES_MEMSLOT_H

#include <linux/kvm_host.h>
#include <linux/string.h>

#include <vcpusim/module.h>

#define KVM_MEM_LOG_DIRTY_PAGES 1u

struct kvm_memory_slot {
	u64 base_gfn;
	u64 npages;
	unsigned long *dirty_bitmap;
	u64 arch[6]; /* the shadow page tables' */
	u64 userspace_addr;
	u32 flags;
	u32 id;
};

struct kvm_memslots {
	u64 generation;
	u32 n;
	struct kvm_memory_slot slot[]; /* VS_SLOT_PAGES each, from gfn 0 on */
};

static size_t kvm_memslots_bytes(u32 n)
{
	BUILD_BUG_ON(sizeof(struct kvm_memory_slot) != 88);
	return sizeof(struct kvm_memslots) + n * sizeof(struct kvm_memory_slot);
}

/* At the VM's birth: 0 or -ENOMEM. */
static int kvm_create_memslots(struct kvm *kvm, u32 n)
{
	struct kvm_memslots *slots;

	if (!n)
		return 0;
	slots = kvzalloc(kvm_memslots_bytes(n), GFP_KERNEL | __GFP_HOST);
	if (!slots)
		return -ENOMEM;
	slots->n = n;
	for (u32 i = 0; i < n; i++) {
		slots->slot[i].base_gfn = (u64)i * VS_SLOT_PAGES;
		slots->slot[i].npages = VS_SLOT_PAGES;
		slots->slot[i].id = i;
	}
	kvm->memslots = slots;
	return 0;
}

/* The last slot that begins at gfn or below. In a section of kvm->srcu. */
static struct kvm_memory_slot *kvm_search_memslot(struct kvm_memslots *slots, u64 gfn)
{
	struct kvm_memory_slot *slot;
	u32 from = 0, to = slots->n;

	while (to - from > 1) {
		u32 middle = from + (to - from) / 2;

		if (slots->slot[middle].base_gfn <= gfn)
			from = middle;
		else
			to = middle;
	}
	slot = &slots->slot[from];
	return gfn - slot->base_gfn < slot->npages ? slot : NULL;
}

/* What a guest's access to a page has to know. `exit`: by a vCPU's thread that handles an exit. */
static enum vs_page kvm_read_memslot(struct kvm *kvm, bool exit, u64 gfn)
{
	int idx = exit ? 0 : srcu_read_lock(&kvm->srcu);
	struct kvm_memslots *slots = srcu_dereference(kvm->memslots, &kvm->srcu);
	struct kvm_memory_slot *slot = slots ? kvm_search_memslot(slots, gfn) : NULL;
	enum vs_page found = VS_PAGE_NONE;

	if (slot)
		found = slot->flags & KVM_MEM_LOG_DIRTY_PAGES ? VS_PAGE_LOGGED : VS_PAGE_PLAIN;
	if (!exit)
		srcu_read_unlock(&kvm->srcu, idx);
	return found;
}

/* slots_lock is held. Gives the new array to everybody and takes the old one from the last. */
static void kvm_install_memslots(struct kvm *kvm, struct kvm_memslots *new)
{
	struct kvm_memslots *old =
		rcu_dereference_protected(kvm->memslots, mutex_is_locked(&kvm->slots_lock));

	new->generation++;
	rcu_assign_pointer(kvm->memslots, new);
	synchronize_srcu_expedited(&kvm->srcu);
	kvfree(old);
}

/* The ioctl that has a slot's writes logged, or not any more: 0, -EINVAL or -ENOMEM. */
static int kvm_toggle_dirty_log(struct kvm *kvm, u32 id)
{
	struct kvm_memslots *old, *new;
	int r = -ENOMEM;

	mutex_lock(&kvm->slots_lock);
	old = rcu_dereference_protected(kvm->memslots, mutex_is_locked(&kvm->slots_lock));
	if (!old || id >= old->n) {
		r = -EINVAL;
		goto out;
	}
	new = kvmalloc(kvm_memslots_bytes(old->n), GFP_KERNEL | __GFP_HOST);
	if (!new)
		goto out;
	memcpy(new, old, kvm_memslots_bytes(old->n));
	new->slot[id].flags ^= KVM_MEM_LOG_DIRTY_PAGES;
	kvm_install_memslots(kvm, new);
	r = 0;
out:
	mutex_unlock(&kvm->slots_lock);
	return r;
}

#endif
