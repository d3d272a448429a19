/* linux/lockdep.h - declarations of what is held; nothing checks them. */
#ifndef VCPUSIM_LINUX_LOCKDEP_H
#define VCPUSIM_LINUX_LOCKDEP_H

#define lockdep_is_held(lock) ((void)(lock), 1)
#define lockdep_assert_held(lock) ((void)(lock))

#endif
