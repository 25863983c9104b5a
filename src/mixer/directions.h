/*
 * mixer/directions.h - the directions of address vectors (addr/vectors.h) that mixer answers: identifiers, trace, O/R
 * descriptors, dates.
 */
#ifndef MIXGATE_MIXER_DIRECTIONS_H
#define MIXGATE_MIXER_DIRECTIONS_H

#include "addr/vectors.h"

extern const struct addr_direction mixer_directions[];
extern const size_t mixer_directions_count;

#endif
