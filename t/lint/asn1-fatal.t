#!/bin/sh
# asn1c prints FATAL and may still exit 0: asn1/generate must fail all the same and leave the last good asn1gen alone.
src=${srcdir:-.}
src=$(cd "$src" && pwd)
asn1c=$(command -v asn1c) || { echo 'Bail out! asn1c not found: apt-get install asn1c'; exit 1; }
skeletons=$(dirname "$(dirname "$asn1c")")/share/asn1c
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
n=0
point() { # status text
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
cat >good.asn1 <<'A'
Good DEFINITIONS IMPLICIT TAGS ::= BEGIN
T-Good ::= SEQUENCE { a INTEGER, ... }
END
A
# EXTERNAL: "FATAL: Cannot compile", status 0
cat >fatal.asn1 <<'A'
Fatal DEFINITIONS IMPLICIT TAGS ::= BEGIN
T-Fatal ::= SEQUENCE { a EXTERNAL }
END
A
# an import that does not exist: FATAL
cat >import.asn1 <<'A'
Import DEFINITIONS IMPLICIT TAGS ::= BEGIN
IMPORTS T-None FROM Nowhere;
T-Import ::= SEQUENCE { a T-None }
END
A
mkdir try && (cd try && asn1c -R -fcompound-names ../fatal.asn1) >fatal.log 2>&1
status=$?
grep -q FATAL fatal.log
point $? "asn1c says FATAL (with status $status)"
generate() { sh "$src/asn1/generate" "$asn1c" "$skeletons" "$src/asn1/runtime.patch" "$@" >out.log 2>&1; }

generate good.asn1
point $? "a good module"
test -f asn1gen/T-Good.c && test -f asn1gen/objects.mk
point $? "gives C and a list of objects"
grep -q 'mixgate:' asn1gen/constr_CHOICE.c
point $? "with the patched runtime"
for m in fatal import; do
	! generate good.asn1 $m.asn1
	point $? "$m.asn1 fails"
	grep -q FATAL out.log
	point $? "$m.asn1: the log says why"
	test -f asn1gen/T-Good.c
	point $? "$m.asn1: the last good output stays"
done
! grep -rl "$tmp" asn1gen >/dev/null
point $? "no path of this machine in the generated files"
mkdir other && cp "$skeletons"/*.[ch] other/ && : >other/constr_CHOICE.c
skeletons=$tmp/other
! generate good.asn1
point $? "a runtime that the patch does not fit fails"
echo "1..$n"
