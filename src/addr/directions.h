/*
 * addr/directions.h - the directions of address vectors that addr itself answers.
 */
#ifndef MIXGATE_ADDR_DIRECTIONS_H
#define MIXGATE_ADDR_DIRECTIONS_H

#include "addr/vectors.h"

extern const struct addr_direction addr_directions[];
extern const size_t addr_directions_count;

#endif
