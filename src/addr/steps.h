/*
 * addr/steps.h - the explanation of a mapping, step by step with rule ids.
 */
#ifndef MIXGATE_ADDR_STEPS_H
#define MIXGATE_ADDR_STEPS_H

#include "addr/addr.h"

/* Adds a step; nothing happens when trace is NULL. */
void addr_step_add(struct arena *a, struct addr_trace *trace, const char *rule, const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
