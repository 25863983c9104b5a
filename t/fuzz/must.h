/* must.h - what a fuzz target holds to be true of whatever the parser let through. */
#ifndef MIXGATE_T_FUZZ_MUST_H
#define MIXGATE_T_FUZZ_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(cond)                                                                                                     \
	do {                                                                                                               \
		if (!(cond)) {                                                                                                 \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #cond);                                   \
			abort();                                                                                                   \
		}                                                                                                              \
	} while (0)

#endif
