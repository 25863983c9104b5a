#!/bin/sh
# body_vectors.t - every vector of t/vectors/body, in the directions that its manifest names: X.400 to mail, mail to X.400, and
# there and back.  t/vectors/mixer/body-pending.txt lists what does not pass, with the reason.
exec "${builddir:-.}/mixgate" vectors --tables "${srcdir:-.}/t/golden/mixer/tables" --pending "${srcdir:-.}/t/vectors/mixer/body-pending.txt" \
	"${srcdir:-.}/t/vectors/body"
