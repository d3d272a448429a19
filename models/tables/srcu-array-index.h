/*
 * srcu-array-index: `srcu-array` with an SRCU section per step of a walk, as the RCU array of 2017
 * had one of RCU: what the section is worth when a walk doesn't hold it.
 *
 * Drawing, ordering and lifetime: srcu-array.h, but
 *  O5  A walk looks the pointer up at every step.
 *  L3  The body of a walk is outside the sections: vCPUs, unlike arrays, live as long as the VM.
 * Progress
 *  P1  Readers: no locks; two counts and two full barriers per step.
 *  P2  As srcu-array.
 */
#ifndef VS_TABLE_SRCU_ARRAY_INDEX_H
#define VS_TABLE_SRCU_ARRAY_INDEX_H

#define KVM_ARRAY_WALK_INDEX
#include "srcu-array.h"

#endif
