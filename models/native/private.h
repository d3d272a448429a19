/* models/native/private.h - the inside of the native world. */
#ifndef VS_NATIVE_PRIVATE_H
#define VS_NATIVE_PRIVATE_H

#include "models/native/native.h"

extern struct vs_native_hooks vs_native_hooks;

/* rcu.c: by each thread, at its beginning and end */
void vs_native_rcu_enter(void);
void vs_native_rcu_leave(void);

#endif
