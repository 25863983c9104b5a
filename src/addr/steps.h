/*
 * addr/steps.h - the explanation of a mapping, step by step with rule ids.
 */
#ifndef MIXGATE_ADDR_STEPS_H
#define MIXGATE_ADDR_STEPS_H

#include "addr/addr.h"

void addr_step_put(struct arena *a, struct addr_trace *trace, const char *rule, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Adds a step.  Without a trace nothing happens, and the texts that would go into it are not made either. */
#define addr_step_add(a, trace, ...) ((trace) != NULL && !(trace)->brief ? addr_step_put((a), (trace), __VA_ARGS__) : (void)0)

/* The same for a step that decides, so far. */
#define addr_step_decide(a, trace, id, origin, ...)                                                                        \
	((trace) != NULL ? (addr_step_add((a), (trace), (id), __VA_ARGS__), (void)((trace)->rule = (id), (trace)->where = (origin))) \
	                 : (void)0)

#endif
