/* The rest of a broken table's module. */
#ifndef BROKEN_H
#define BROKEN_H

#define KVM_TABLE_SUMMARY "deliberately broken, for the checkers' tests"
#include "../../models/callsites/module.h"

#endif
