/*
 * radix: trees that grow at the top, for `tree` and `xarray`. The table defines before
 *
 *	struct kvm_node               has shift and slot[], of 1 << kvm_node_bits(kvm) words
 *	kvm->vcpus.root               struct kvm_node *, or NULL
 *	kvm_node_bits(kvm), kvm_node_alloc(kvm)
 *
 * A node's shift says which bits of an index choose among its slots. An old root becomes slot 0 of
 * the new one and stays what it was: who has it still finds all that it held.
 */
#ifndef VS_TABLE_RADIX_H
#define VS_TABLE_RADIX_H

#define KVM_TREE_DEPTH_MAX 12 /* two slots per node, KVM_MAX_VCPUS */

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_node *fresh[KVM_TREE_DEPTH_MAX + 1]; /* owned until inserted, a stack */
	int n_fresh;
};

static inline unsigned int kvm_node_offset(struct kvm *kvm, const struct kvm_node *node, int i)
{
	return (unsigned int)i >> node->shift & ((1u << kvm_node_bits(kvm)) - 1);
}

/* Below `node`: vCPU i, which is in there. */
static inline void *kvm_tree_load(struct kvm *kvm, struct kvm_node *node, int i)
{
	void *at;

	for (;;) {
		at = READ_ONCE(node->slot[kvm_node_offset(kvm, node, i)]);
		if (!node->shift)
			return at;
		node = at;
	}
}

/* -- updates -------------------------------------------------------------------------------- */

static inline bool kvm_tree_covers(struct kvm *kvm, const struct kvm_node *node, int i)
{
	return (unsigned int)i >> node->shift >> kvm_node_bits(kvm) == 0;
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	while (ins->n_fresh)
		kfree(ins->fresh[--ins->n_fresh]);
}

/* How many nodes the way to i lacks. */
static inline int kvm_tree_missing(struct kvm *kvm, int i)
{
	struct kvm_node *node = kvm->vcpus.root;
	unsigned int shift;
	int n = 0;

	if (!node)
		return 1;
	if (!kvm_tree_covers(kvm, node, i)) /* a new root, and all below it but the old one */
		return 1 + (int)(node->shift / kvm_node_bits(kvm)) + 1;
	for (shift = node->shift; shift; shift -= kvm_node_bits(kvm)) {
		node = node ? node->slot[kvm_node_offset(kvm, node, i)] : NULL;
		n += !node;
	}
	return n;
}

static inline int kvm_tree_reserve(struct kvm *kvm, struct kvm_table_insert *ins)
{
	for (int n = kvm_tree_missing(kvm, ins->index); n; n--) {
		struct kvm_node *node = kvm_node_alloc(kvm);

		if (!node) {
			kvm_table_cancel(kvm, ins);
			return -ENOMEM;
		}
		ins->fresh[ins->n_fresh++] = node;
	}
	return 0;
}

/* Each node is complete before it can be reached (release). */
static inline void kvm_tree_store(struct kvm *kvm, struct kvm_table_insert *ins, void *what)
{
	struct kvm_node *node = kvm->vcpus.root, *next;

	if (!node || !kvm_tree_covers(kvm, node, ins->index)) {
		next = ins->fresh[--ins->n_fresh];
		next->shift = node ? node->shift + kvm_node_bits(kvm) : 0;
		if (node)
			next->slot[0] = node;
		smp_store_release(&kvm->vcpus.root, next);
		node = next;
	}
	while (node->shift) {
		void **at = &node->slot[kvm_node_offset(kvm, node, ins->index)];

		if (!*at) {
			next = ins->fresh[--ins->n_fresh];
			next->shift = node->shift - kvm_node_bits(kvm);
			smp_store_release(at, (void *)next);
		}
		node = *at;
	}
	smp_store_release(&node->slot[kvm_node_offset(kvm, node, ins->index)], what);
}

/* Depth first, without recursion. Slots are filled from 0 on: the first empty one is the last. */
static inline void kvm_tree_free(struct kvm *kvm)
{
	struct kvm_node *way[KVM_TREE_DEPTH_MAX + 1], *node = kvm->vcpus.root;
	unsigned int at[KVM_TREE_DEPTH_MAX + 1] = {0}, slots = 1u << kvm_node_bits(kvm);
	int depth = node ? 0 : -1;

	way[0] = node;
	while (depth >= 0) {
		node = way[depth];
		if (!node->shift || at[depth] == slots || !node->slot[at[depth]]) {
			kfree(node);
			depth--;
			continue;
		}
		way[depth + 1] = node->slot[at[depth]++];
		at[++depth] = 0;
	}
}

#endif
