#!/bin/sh
# body_more_vectors.t - vectors of bodies beside those of t/vectors/body: rows that these do not show.
exec "${builddir:-.}/mixgate" vectors --tables "${srcdir:-.}/t/golden/mixer/tables" "${srcdir:-.}/t/vectors/body-more"
