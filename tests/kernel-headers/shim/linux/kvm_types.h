/* Ours in the place of the kernel's, on top of the kernel's own headers. */
#include "../../../../include/linux/kvm_types.h"
