/* A module of another time. */
#include <vcpusim/module.h>

const struct vs_module vs_module = {.abi = VS_MODULE_ABI + 1, .name = "wrong-abi"};
