#!/bin/sh
# table_tool.t - mixgate table lint, query, dump, diff and import; hostile tables (reliability cases REL-101 and REL-104).
. "${srcdir:-.}/t/lib/tap.sh"
mixgate=$builddir/mixgate
dir=$(mktemp -d /tmp/mixgate-table.XXXXXX)
trap 'rm -rf "$dir"' EXIT
sets=$srcdir/t/vectors/address/tables

# new NAME: an empty set; then m1, m2, g1, g2 add lines
new() {
    set=$dir/$1
    mkdir "$set"
    printf 'local-domain=gw.example\nlocal-or=/PRMD=gw/ADMD= /C=XA/\n' >"$set/gateway.conf"
}
m1() { printf '%s\n' "$@" >>"$set/mapping1"; }
m2() { printf '%s\n' "$@" >>"$set/mapping2"; }
lint() { "$mixgate" table lint --tables "$set" "$@" 2>&1; }
# finds ID AT: the finding is there
finds() { like "$1 at $2" "$(lint --notes)" "^$2:.* $1: "; }

# ---- lint: every id ----
new errors
m2 'x.example PRMD$x.ADMD$ .C$XA' 'a_b.example#PRMD$x.ADMD$ .C$XA#' 'l.example#PRMD$12345678901234567.ADMD$ .C$XA#' \
    'd.example#PRMD$d.ADMD$ .C$XA#' 'D.example#PRMD$e.ADMD$ .C$XA#' 'both.example#PRMD$f.ADMD$ .C$XA#' 'dot.example#PRMD$x.ADMD$ .C$com#'
printf 'n\000ul.example#PRMD$x.ADMD$ .C$XA#\n' >>"$set/mapping2"
echo 'both.example#PRMD$g.ADMD$ .C$XA#' >"$set/gate2"
finds T-101 mapping2:1:1
finds T-102 mapping2:2:1
finds T-103 mapping2:3:16
finds T-104 mapping2:5:1
finds T-105 gate2:1:1
finds T-106 mapping2:8:2
finds T-107 mapping2:7:29
is "errors: exit status 1" "$(lint >/dev/null; echo $?)" 1
new warnings
m1 'PRMD$a.ADMD$ .C$XA#a.example#' 'PRMD$b.ADMD$ .C$XA#c.example#' 'PRMD$uk.ADMD$ .C$UK#u.example#' 'O$g.ADMD$ .C$XA#g.example#' \
    'ADMD$one.C$XA#one#' 'PRMD$n.ADMD$@.C$XA#n.example#'
m2 'a.example#PRMD$a.ADMD$ .C$XA#' 'c.example#PRMD$c.ADMD$ .C$XA#' 'n.example#PRMD$n.ADMD$@.C$XA#'
echo 'sub.a.example#PRMD$z.ADMD$ .C$XA#' >"$set/gate2"
finds T-201 mapping2:2:1
finds T-202 mapping1:2:1
finds T-204 gate2:1:1
finds T-205 mapping1:3:1
finds T-206 mapping1:4:1
finds T-301 mapping1:5:1
finds T-302 mapping1:6:1
is "warnings: exit status 1" "$(lint >/dev/null; echo $?)" 1
is "notes are shown when asked for" "$(lint | grep -c T-30)" 0
like "--json" "$(lint --json | tr -d ' \n')" '"at":"mapping1:2:1","severity":"warning","id":"T-202"'
new oneway
m1 'PRMD$a.ADMD$ .C$XA#a.example#' 'PRMD$b.ADMD$ .C$XA#a.example# !oneway'
m2 'a.example#PRMD$a.ADMD$ .C$XA#' 'second.example#PRMD$a.ADMD$ .C$XA# !oneway'
is "!oneway silences" "$(lint)" "0 errors, 0 warnings, 0 notes"
sed -i 's/ !oneway//' "$set"/mapping?
is "without it each is a warning" "$(lint | cut -d: -f1-4)" "mapping1:2:1: warning T-202
mapping2:2:1: warning T-202
0 errors, 2 warnings, 0 notes"
sed -i 2d "$set"/mapping?
is "a clean set: exit status 0" "$(lint >/dev/null; echo $?)" 0
for id in $(grep -o '"T-[0-9]*"' "$srcdir/src/addr/table_lint.c" | tr -d '"'); do
    like "$id is in mixgate-tables(5)" "$(grep -c "^.It Li $id" "$srcdir/man/mixgate-tables.5")" '^1$'
done

# ---- several files, overlay ----
cat >"$dir/m.conf" <<CONF
mapping = { rfc2or = ["$dir/first", "$dir/second"]; compiled = "$dir/m.tbl"; };
CONF
echo 'k.example#PRMD$first.ADMD$ .C$XA#' >"$dir/first"
printf 'k.example#PRMD$second.ADMD$ .C$XA#\nl.example#PRMD$second.ADMD$ .C$XA#\n' >"$dir/second"
query() { "$mixgate" table query --config "$dir/m.conf" "$1" 2>&1; }
like "of two files the first counts" "$(query k.example)" 'PRMD\$first.*\(first:1\)'
like "which lint says" "$("$mixgate" table lint --config "$dir/m.conf")" "^second:1:1: warning T-203: .*first:1"
echo 'l.example#PRMD$mine.ADMD$ .C$XA# !oneway' >"$dir/second.local"
like "an overlay wins" "$(query l.example)" 'PRMD\$mine.*\(second.local:1\)'
is "without a finding" "$("$mixgate" table lint --config "$dir/m.conf" | grep -c 'second:2.*T-203')" 0

# ---- query ----
q() { "$mixgate" table query --tables "$sets/lookup" "$@"; }
deep=$(q x.y.j.k.l)
like "query: the longest match" "$deep" "^mapping2 used +3"
like "and those that lost" "$deep" "^mapping2 candidate +2"
is "nothing: exit status 1" "$(q nowhere.example >/dev/null; echo $?)" 1
like "by O/R address" "$("$mixgate" table query --tables "$sets/mixnet" '/S=x/O=tech/PRMD=uni/ADMD= /C=XA/')" '^mapping1 used +4  O\$tech'
like "by node, as JSON" "$("$mixgate" table query --json --tables "$sets/mixnet" 'PRMD$uni.ADMD$ .C$XA' | tr -d ' \n')" '"table":"mapping1","use":"used","depth":3'

# ---- dump, diff ----
printf 'a.example#PRMD$one.ADMD$ .C$XA#\nb.example#PRMD$two.ADMD$ .C$XA#\n' >"$dir/z"
printf 'b.example#PRMD$ours.ADMD$ .C$XA#\n' >"$dir/z.local"
printf 'PRMD$one.ADMD$ .C$XA#a.example#\n' >"$dir/z1"
printf 'mapping = { rfc2or = ["%s"]; or2rfc = ["%s"]; };\n' "$dir/z" "$dir/z1" >"$dir/z.conf"
is "dump --zone: PX records; rules of a .local file stay here (A-234)" "$("$mixgate" table dump --zone --config "$dir/z.conf")" '*.PRMD-one.ADMDb.X42D.XA. IN PX 50 a.example. PRMD-one.ADMDb.C-XA.
PRMD-one.ADMDb.X42D.XA. IN PX 50 a.example. PRMD-one.ADMDb.C-XA.
*.a.example. IN PX 50 a.example. PRMD-one.ADMDb.C-XA.
a.example. IN PX 50 a.example. PRMD-one.ADMDb.C-XA.'
perl -e 'print "c.example#O\$", "x\\." x 20, "x.PRMD\$x.ADMD\$ .C\$XA#\n"' >"$dir/z"
long=$("$mixgate" table dump --zone --config "$dir/z.conf" mapping2)
is "dump --zone: exit status 1 when a rule has no name in DNS (A-227)" $? 1
like "... which is said" "$long" '^; z:1 cannot be published: '
"$mixgate" table dump --tables "$sets/mixnet" mapping2 >"$dir/dump"
new again
cp "$dir/dump" "$set/mapping2"
"$mixgate" table dump --tables "$set" mapping2 >"$dir/dump2"
ok "a dump is a table that says the same" cmp -s "$dir/dump" "$dir/dump2"
is "with all rules" "$(wc -l <"$dir/dump")" "$(grep -vc '^#\|^!\|^$' "$sets/mixnet/mapping2.rfc2or")"
mkdir "$dir/old" "$dir/new"
printf 'a.example#PRMD$a.ADMD$ .C$XA#\nb.example#PRMD$b.ADMD$ .C$XA#\nc.example#PRMD$c.ADMD$ .C$XA#\n' >"$dir/old/mapping2"
printf 'c.example#PRMD$c.ADMD$ .C$XA#\nB.example#PRMD$z.ADMD$ .C$XA#\nd.example#PRMD$d.ADMD$ .C$XA#\n' >"$dir/new/mapping2"
is "diff, rule by rule" "$("$mixgate" table diff "$dir/old" "$dir/new")" '- mapping2 a.example#PRMD$a.ADMD$ .C$XA#
~ mapping2 b.example#PRMD$z.ADMD$ .C$XA#  (was b.example#PRMD$b.ADMD$ .C$XA#)
+ mapping2 d.example#PRMD$d.ADMD$ .C$XA#'
"$mixgate" table compile --tables "$dir/new" "$dir/new.tbl" >/dev/null
is "no difference to its compiled form" "$("$mixgate" table diff "$dir/new" "$dir/new.tbl"; echo $?)" 0

like "a mark that goes is a change" "$(echo 'a.example#PRMD$a.ADMD$ .C$XA# !oneway' >"$dir/new/mapping2"; "$mixgate" table diff "$dir/old" "$dir/new" | head -1)" \
    '^~ mapping2 a.example#PRMD\$a.ADMD\$ .C\$XA# !oneway  \(was a.example#PRMD\$a.ADMD\$ .C\$XA#\)$'
one_line() { tr -d '\n' | sed 's/  */ /g'; }
is "query --json" "$(q --json x.y.j.k.l | one_line | cut -d'}' -f1)" '[ { "table": "mapping2", "use": "used", "depth": 3, "rule": "j.k.l#PRMD$long.ADMD$ .C$XA#", "at": "mapping2.rfc2or:3" '
is "dump --json" "$("$mixgate" table dump --json --tables "$dir/new" mapping2 | one_line)" \
    '[ { "table": "mapping2", "rule": "a.example#PRMD$a.ADMD$ .C$XA#", "oneway": true, "at": "mapping2:1" }]'
is "diff --json" "$("$mixgate" table diff --json "$dir/old" "$dir/new" | one_line)" '[ { "change": "changed", "table": "mapping2", "old": "a.example#PRMD$a.ADMD$ .C$XA#", "new": "a.example#PRMD$a.ADMD$ .C$XA# !oneway" }, { "change": "removed", "table": "mapping2", "old": "b.example#PRMD$b.ADMD$ .C$XA#" }, { "change": "removed", "table": "mapping2", "old": "c.example#PRMD$c.ADMD$ .C$XA#" }]'

# ---- import ----
import() { "$mixgate" table import "$@" "$srcdir/t/vectors/tables/import/$file" 2>"$dir/report"; }
file=or2rfc.rfc1327
is "RFC 1327" "$(import)" 'mapping1 PRMD$Example Org.ADMD$ .C$XA#x400.example#
mapping1 O$Works.PRMD$@.ADMD$Net 400.C$XB#works.example#
mapping1 OU$lab.O$Uni.PRMD$Edu.ADMD$Net 400.C$XB#lab.uni.example#
mapping1 PRMD$North\.East.ADMD$ .C$XA#north-east.example#
mapping1 O$Gap.PRMD$@.ADMD$Net.C$XB#gap.example#'
like "lines that are not understood are reported" "$(cat "$dir/report")" "or2rfc.rfc1327:7: not understood: attribute S "
like "with their number" "$(cat "$dir/report")" "or2rfc.rfc1327:8: not understood"
file=rfc2or.pp
is "PP" "$(import)" 'mapping2 x400.example#PRMD$Example Org.ADMD$ .C$XA#
mapping2 ratio.example#O$one:two.PRMD$Example Org.ADMD$ .C$XA#
mapping1 PRMD$Other.ADMD$Net.C$XB#other.example#'
like "and its report" "$(cat "$dir/report")" "pp, 1 rules by O/R address, 2 by domain, 1 lines not understood"
file=readable.ean
is "EAN" "$(import)" 'mapping1 PRMD$tlec.ADMD$ade.C$xb#tlec.example#
mapping1 O$a bank.PRMD$fhbo.ADMD$ade.C$xb#bank.example#
mapping1 OU$you.OU$owe.O$a bank.PRMD$fhbo.ADMD$ .C$xb#you.example#
mapping1 OU$low.OU$top.O$big.PRMD$fhbo.ADMD$ade.C$xb#low.example#
mapping2 arcom.example#ADMD$arcom.C$xb#
mapping2 tlec.example#PRMD$tlec.ADMD$ade.C$xb#'
like "and its report" "$(cat "$dir/report")" "readable.ean:10: not understood: no country"
file=mcgam.exchange
mkdir "$dir/exchange"
import --out "$dir/exchange"
is "Exchange: into a set of our own" $? 0
is "that is clean" "$("$mixgate" table lint --tables "$dir/exchange")" "0 errors, 0 warnings, 0 notes"
file=slash.pmdf
is "PMDF" "$(import)" 'mapping2 works.example#O$Works.PRMD$Example Org.ADMD$ .C$XA#
mapping1 O$Works.PRMD$Example Org.ADMD$ .C$XA#works.example#
mapping1 OU$low.OU$top.O$Works.PRMD$Example Org.ADMD$ .C$XA#low.works.example#
mapping1 O$Bean Counters.PRMD$Example Org.ADMD$XYZ.C$XA#beans.example#
mapping1 O$R/D.PRMD$a=b.ADMD$XYZ.C$XA#r-d.example#
mapping1 O$Beans.PRMD$Example Org.ADMD$XYZ.C$XA#other.example#
mapping2 other.example#O$Beans.PRMD$Example Org.ADMD$XYZ.C$XA#'
like "and its report" "$(cat "$dir/report")" "slash.pmdf:5: not understood: attribute S "
is "into gateway tables" "$(import --gate | cut -c1-5 | sort -u | tr '\n' ' ')" "gate1 gate2 "
like "another dialect by hand" "$(import --from pp; cat "$dir/report")" "not two sides as pp has them"

# ---- there and back: what import makes of a dump is the set again, marks of one way included ----
# again SET TABLE [--gate]
again() {
    "$mixgate" table dump --tables "$1" "$2" >"$dir/first" 2>/dev/null
    rm -rf "$dir/again"
    mkdir "$dir/again"
    "$mixgate" table import --from rfc1327 ${3:-} --out "$dir/again" "$dir/first" 2>"$dir/report"
    is "import of dump $2 of ${1##*/}: every line is understood" $? 0
    [ "$1 $2" = "$sets/lookup mapping1" ] || ok "and there are rules" test -s "$dir/first"
    "$mixgate" table dump --tables "$dir/again" "$2" >"$dir/second" 2>/dev/null
    ok "and the dump of that is the same" cmp "$dir/first" "$dir/second"
}
new marks
m1 'PRMD$a.ADMD$ .C$XA#a.example#' 'O$@.PRMD$@.ADMD$b.C$XA#b.example#' 'OU$low.OU$top.O$Dot\.Com.PRMD$a.ADMD$ .C$XA#c.example# !oneway'
m2 'a.example#PRMD$a.ADMD$ .C$XA#' 'd.example#O$(x)/y:=z.PRMD$a.ADMD$ .C$XA# !oneway'
echo 'OU$low.O$x.PRMD$gate.ADMD$ .C$XA#gate.example# !oneway' >"$set/gate1"
for name in "$set" "$sets/mixnet" "$sets/rfc2156" "$sets/lookup" "$sets/tutorial" "$srcdir/mappings"; do
    again "$name" mapping1
    again "$name" mapping2
done
again "$set" gate1 --gate

# ---- what goes wrong has its exit status: 1 no, 2 usage, 3 trouble ----
# says STATUS PATTERN WORDS...: mixgate table WORDS
says() {
    want=$1 pattern=$2
    shift 2
    text=$("$mixgate" table "$@" 2>&1 </dev/null)
    is "table ${*:-}: exit status" $? "$want"
    like "and why" "$text" "$pattern"
}
echo hello >"$dir/hello"
says 2 "needs compile, diff, dump, import, lint, postfix, query or sendmail"
says 2 "needs compile, diff, dump, import, lint, postfix, query or sendmail" bogus
says 3 "none: No such file" lint --tables "$dir/none"
says 2 "at most one word" lint a b
says 2 "needs one key" query --tables "$set"
says 2 "element without keyword" query --tables "$set" a..b
says 3 "none: No such file" query --tables "$dir/none" a.example
says 2 "takes one table" dump --tables "$set" mapping3
says 2 "neither --json nor --origin" dump --tables "$set" --zone --json
says 3 "none: No such file" dump --tables "$dir/none"
says 2 "needs two sets" diff "$set"
says 3 "none: No such file" diff "$set" "$dir/none"
says 3 "hello" diff "$set" "$dir/hello"
says 2 "needs one file" import
says 2 "needs one file; --from is" import --from x500 "$dir/hello"
says 3 "none: No such file" import "$dir/none"
says 2 "no dialect that is known" import "$dir/hello"
says 1 "hello:1: not understood" import --from ean "$dir/hello"
mkdir "$dir/there"
echo kept >"$dir/there/mapping1"
says 3 "mapping1: File exists" import --from rfc1327 --out "$dir/there" "$dir/first"
is "never over a table that is there" "$(cat "$dir/there/mapping1")" kept

# ---- REL-101: hostile texts: a finding with file, line and column, and nothing is taken ----
hostile() {
    new "hostile-$1"
    perl -e "$2" >"$set/mapping2"
    like "REL-101 $1" "$(lint)" "$3"
    "$mixgate" addr --tables "$set" x@good.example >/dev/null 2>&1
    is "REL-101 $1: $4" $? "$5"
}
good='good.example#PRMD$good.ADMD$ .C$XA# !oneway'
hostile "doubled key" "print '$good', qq(\n), '$good', qq(\n)" "^mapping2:2:1: error T-104: .*mapping2:1" refused 3
hostile "CRLF" "print '$good', qq(\r\n)" "^0 errors, 0 warnings" read 0
hostile "byte order mark" "print qq(\xef\xbb\xbf), '$good', qq(\n)" "^0 errors, 0 warnings" read 0
hostile "tabs around a note" "print 'good.example#PRMD\$good.ADMD\$ .C\$XA#', qq(\t!oneway\t\n)" "^0 errors, 0 warnings" read 0
hostile "tab in a value" "print 'good.example#PRMD\$go', qq(\t), 'od.ADMD\$ .C\$XA#', qq(\n)" "^mapping2:1:21: error T-102" refused 3
hostile "no newline at the end" "print '$good'" "^0 errors, 0 warnings" read 0
hostile "line of 1 MB" "print 'a' x 1048576, qq(\n$good\n)" "^mapping2:1:10000: error T-103" refused 3
hostile "NUL" "print qq(a\0b\n)" "^mapping2:1:2: error T-106" refused 3
hostile "no text at all" "srand 1; print map { chr(int(rand 256)) } 1 .. 5000" "^mapping2:[0-9]+:[0-9]+: error T-10" refused 3
hostile "conflict in one table" "print '$good', qq(\n), 'GOOD.example#PRMD\$bad.ADMD\$ .C\$XA#', qq(\n)" "T-104" refused 3
hostile "many lines" "print qq(h\$_.example#O\\\$o\$_.PRMD\\\$many.ADMD\\\$ .C\\\$XA# !oneway\n) for 1 .. 100000; print '$good', qq(\n)" "^0 errors, 0 warnings" read 0

# ---- REL-104: a circle, and a rule that leads to itself ----
new circle
m2 'a.example#PRMD$a.ADMD$ .C$XA#' 'b.example#PRMD$b.ADMD$ .C$XA#'
m1 'PRMD$a.ADMD$ .C$XA#b.example#' 'PRMD$b.ADMD$ .C$XA#a.example#'
is "REL-104 every rule of a circle is reported" "$(lint | grep -c T-202)" 4
like "REL-104 and an address of it maps once, without going round" "$("$mixgate" addr --tables "$set" x@a.example 2>&1)" "/S=x/PRMD=a/ADMD= /C=XA/"

# ---- the samples ----
is "the samples are clean" "$("$mixgate" table lint --tables "$srcdir/mappings" --notes)" "0 errors, 0 warnings, 0 notes"
done_testing
