/*
 * locked: an array.h whose updates keep all readers out: when one is over, no reader of before is
 * left.
 */
#ifndef VS_TABLE_LOCKED_H
#define VS_TABLE_LOCKED_H

static inline void guard_exit(struct kvm *kvm)
{
	(void)kvm;
}

static inline void guard_quiesce(struct kvm *kvm)
{
	(void)kvm;
}

#endif
