#!/bin/sh
# dns.t - mapping rules in DNS (RFC 2163): a real NSD with etc/directory/px.zone and t/live/dns.zone, and name servers that
# go wrong on purpose (t/lib/badns.pl).  A-220 .. A-239, A-016.
. "${srcdir:-.}/t/lib/tap.sh"
. "${srcdir:-.}/t/lib/servers.sh"
skip_unless_root_and nsd perl
dir=$(mktemp -d /tmp/mixgate-dns.XXXXXX)
bad=
cleanup() {
    server_stop "$dir/nsd"
    [ -z "$bad" ] || kill "$bad" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT

# conf SERVER [LINES of mapping.dns] [SOURCES]
conf() {
    cat >"$dir/mixgate.conf" <<CONF
local = { mta_name = "MIXGATE"; domain = "gw.example"; gdi = "/PRMD=MIXGATE/ADMD=ACME/C=GB/"; or_address = "/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/"; };
mapping = { sources = ${3:-[\"dns\"]}; or2rfc = ["$dir/mapping1"]; rfc2or = ["$dir/mapping2"]; dns = { server = ["127.0.0.1@$1"]; ${2:-} }; };
log = { target = "stderr"; };
CONF
}
addr() { "$builddir/mixgate" addr --config "$dir/mixgate.conf" --explain "$@" 2>"$dir/stderr"; }
# the mapped address, or the first line of what went wrong
mapped() { addr "$@" >"$dir/out"; sed -n 's/^  \(x400\|rfc822\): //p' "$dir/out"; }
to_or() { is "$1" "$(mapped "$2")" "$3"; }
refused() { mapped "$2" >/dev/null; like "$1" "$(cat "$dir/out" "$dir/stderr")" "$3"; }

: >"$dir/mapping1"
: >"$dir/mapping2"
ok "NSD serves the zones" nsd_start "$dir/nsd" "$srcdir/etc/directory/px.zone" "$srcdir/t/live/dns.zone" || { cat "$dir/nsd/log"; done_testing; exit 1; }
conf "$NSD_PORT"
gw=/PRMD=MIXGATE/ADMD=ACME/C=GB/

# ---- RFC 2163's own examples
to_or "4.3, 5.1: sun.cce.nrc.it" Doe@sun.cce.nrc.it "/S=Doe/OU=sun/O=cce/PRMD=nrc/ADMD=acme/C=IT/"
like "... and where that came from" "$(cat "$dir/out")" 'dns:sun\.cce\.nrc\.it\. PX 50'
to_or "A-223: an omitted level" Doe@lab.ninp.it "/S=Doe/OU=lab/PRMD=ninp/ADMD=acme/C=IT/"
to_or "A-224: a full stop in a value; blank ADMD" Doe@x.bd.it "/S=Doe/O=x/PRMD=uk.bd/ADMD= /C=IT/"
to_or "mapping 1, with labels below" /S=Doe/O=lab/PRMD=accred/ADMD=tx400/C=it/ "Doe@lab.accred.it"
to_or "A-222, A-238: hyphen in a value, blank ADMD" /S=Doe/OU=cs/O=u-newcity/PRMD=x4net/ADMD=\ /C=it/ "Doe@cs.cs.ncty.it"
to_or "the rule itself: exact record" /S=Doe/PRMD=accred/ADMD=tx400/C=it/ "Doe@accred.it"
to_or "A-228: gate 2" Doe@my.it "/RFC-822=Doe(a)my.it/OU=int-gw/PRMD=ninp/ADMD=acme/C=IT/"
to_or "gate 2 of a top-level domain" Doe@a.b.mw "/RFC-822=Doe(a)a.b.mw/O=cce/PRMD=nrc/ADMD=acme/C=IT/"
to_or "gate 1" /S=Doe/O=x/ADMD=XKW-Mail/C=it/ "/S=Doe/O=x/ADMD=XKW-Mail/C=it/@xkw-gateway.it"
to_or "gate 1, blank in a value" "/S=Doe/PRMD=Super Inc/ADMD= /C=it/" '"/S=Doe/PRMD=Super Inc/ADMD= /C=it/"@globalgw.it'
to_or "no rule: this gateway" Doe@nobody.example "/RFC-822=Doe(a)nobody.example/O=gw$gw"

# ---- A-231: the climb
to_or "A-231: below a wildcard" Doe@x.net2.it "/S=Doe/O=x/PRMD=net2/ADMD=p400/C=IT/"
to_or "A-231: the wildcard's own parent" Doe@net2.it "/S=Doe/PRMD=net2/ADMD=p400/C=IT/"
like "... its literal name" "$(cat "$dir/out")" 'dns:\*\.net2\.it\. PX 50'
to_or "A-231: a host with an address" Doe@host.net2.it "/S=Doe/O=host/PRMD=net2/ADMD=p400/C=IT/"
to_or "A-231: below that host" Doe@a.host.net2.it "/S=Doe/OU=a/O=host/PRMD=net2/ADMD=p400/C=IT/"
to_or "A-231: beside a name that exists" Doe@y.dept.net2.it "/S=Doe/OU=y/O=dept/PRMD=net2/ADMD=p400/C=IT/"
to_or "A-231: mapping 1, the wildcard's own parent" /S=Doe/PRMD=net2/ADMD=p400/C=it/ "Doe@net2.it"
to_or "longest match: below the longer rule" Doe@a.lab.deep.test "/S=Doe/OU=a/O=lab/PRMD=deep/ADMD= /C=XA/"
to_or "longest match: at the longer rule" Doe@lab.deep.test "/S=Doe/O=lab/PRMD=deep/ADMD= /C=XA/"
to_or "longest match: beside it" Doe@b.deep.test "/S=Doe/O=b/PRMD=deep/ADMD= /C=XA/"
to_or "U10: a gateway below a mapping, longest of both" Doe@gw.deep.test "/RFC-822=Doe(a)gw.deep.test/PRMD=gwnet/ADMD= /C=XA/"
to_or "A-224: codes" Doe@codes.test "/S=Doe/O=adis+co/PRMD=a-b.c/ADMD=dat 400/C=XA/"

# ---- preference, bad records, aliases
to_or "A-229: lowest preference" Doe@a.pref.test "/S=Doe/O=a/PRMD=ten/ADMD= /C=XA/"
first=$(mapped Doe@a.equal.test)
to_or "of equals always the same" Doe@b.equal.test "$(echo "$first" | sed 's,/O=a,/O=b,')"
to_or "a bad record beside a good one" Doe@a.mixed.test "/S=Doe/O=a/PRMD=good/ADMD= /C=XA/"
for i in 1 2 3 4 5 6; do
    refused "A-226: bad record $i alone: no answer, never a wrong mapping" "Doe@a.bad$i.test" 'PX record of DNS is wrong'
done
to_or "a record about another key is no rule" Doe@a.other.test "/RFC-822=Doe(a)a.other.test/O=gw$gw"
to_or "... and does not hide the parent's" Doe@a.child.parent.test "/S=Doe/OU=a/O=child/PRMD=parent/ADMD= /C=XA/"
to_or "an alias has not the rules of what it stands for" Doe@alias.test "/RFC-822=Doe(a)alias.test/O=gw$gw"
to_or "a circle of aliases ends" Doe@x.loop1.test "/RFC-822=Doe(a)x.loop1.test/O=gw$gw"
mapped Doe@x.dname.test >/dev/null
ok "a tree that is its own alias ends" test -s "$dir/out"
to_or "TCP: an rrset too large for a datagram" Doe@a.huge.test "/S=Doe/O=a/PRMD=first/ADMD= /C=XA/"
labels=$(perl -e 'print join ".", ("a") x 110')
like "110 labels" "$(mapped "Doe@$labels.net2.it")" '/O=a/PRMD=net2/ADMD=p400/C=IT/$'
refused "A-230: SERVFAIL" Doe@x.broken.test 'SERVFAIL'
like "... is temporary" "$(cat "$dir/out" "$dir/stderr")" 'no answer from DNS'

# ---- with text tables: order of precedence
echo 'x.nrc.it#PRMD$local.ADMD$ .C$IT#' >"$dir/mapping2"
conf "$NSD_PORT" "" '["text", "dns"]'
to_or "text first: the table's rule" Doe@x.nrc.it "/S=Doe/PRMD=local/ADMD= /C=IT/"
to_or "text first: DNS has what the table has not" Doe@y.nrc.it "/S=Doe/O=y/PRMD=nrc/ADMD=acme/C=IT/"
conf "$NSD_PORT" "" '["dns", "text"]'
to_or "dns first" Doe@x.nrc.it "/S=Doe/O=x/PRMD=nrc/ADMD=acme/C=IT/"
conf "$NSD_PORT" "" '["text"]'
to_or "dns is not asked unless it is a source" Doe@y.nrc.it "/RFC-822=Doe(a)y.nrc.it/O=gw$gw"
conf "$NSD_PORT" "" '["dns", "dns"]'
refused "a source twice is refused" Doe@x.nrc.it 'stands there twice'
conf "$NSD_PORT" "" '["nis"]'
refused "an unknown source is refused" Doe@x.nrc.it 'none of text, dns, ldap'
conf "bad"
refused "a server that is none is refused" Doe@x.nrc.it 'no "address'

conf "$NSD_PORT" "" '["text", "dns"]'
query=$("$builddir/mixgate" table query --config "$dir/mixgate.conf" x.nrc.it 2>&1)
like "table query: the rule that is used" "$query" '^mapping2 +used +3  x\.nrc\.it#PRMD.local\.ADMD. \.C.IT#  \(mapping2:1'
like "table query: the rule of DNS behind it" "$query" '^mapping2 +candidate +2  nrc\.it#PRMD.nrc\.ADMD.acme\.C.IT#  \(dns:x\.nrc\.it\. PX 50\)'
like "table query: a gateway of DNS" "$("$builddir/mixgate" table query --config "$dir/mixgate.conf" my.it 2>&1)" '^gate2 +used .*\(dns:my\.it\. PX 50\)'
like "table query: no answer is said" "$("$builddir/mixgate" table query --config "$dir/mixgate.conf" x.broken.test 2>&1)" 'no answer from DNS'

# ---- servers that go wrong
# with MODE TIMEOUT: badns in that mode is the server
with() {
    [ -z "$bad" ] || { kill "$bad"; wait "$bad" 2>/dev/null; }
    rm -f "$dir/port"
    perl "$srcdir/t/lib/badns.pl" "$1" >"$dir/port" &
    bad=$!
    wait_for 5 test -s "$dir/port"
    conf "$(cat "$dir/port")" "timeout = $2; ${3:-}"
}
within() { # within SECONDS TEXT ADDRESS REGEX
    begin=$(date +%s)
    refused "$2" "$3" "$4"
    took=$(($(date +%s) - begin))
    ok "... within $1 s (took $took)" test "$took" -le "$1"
}
with mute 2
within 3 "A-016: a mute server is no answer" Doe@a.test 'in time'
with tcp-mute 2
within 3 "truncated, then mute by TCP" Doe@a.test 'in time'
with tcp-drip 3
within 4 "truncated, then an octet a second" Doe@rule.test 'in time'
with garbage 2
within 3 "noise with the right id" Doe@a.test 'in time'
with servfail 5
within 4 "SERVFAIL ends before the time-out" Doe@a.test SERVFAIL
with refused 5
within 4 "REFUSED is no answer" Doe@a.test REFUSED
with nxdomain 5
to_or "NXDOMAIN is an answer" Doe@a.test "/RFC-822=Doe(a)a.test/O=gw$gw"
with spoof 5
to_or "another id, question, type and half an answer do not count" Doe@rule.test "/S=Doe/PRMD=good/ADMD= /C=XA/"
with pointer 5
within 5 "a name that points at itself, RDATA beyond the end" Doe@a.test 'malformed'
with long 5
to_or "the best of a thousand records" Doe@a.long.test "/S=Doe/O=a/PRMD=best/ADMD= /C=XA/"
with bogus 5 "validated = true;"
to_or "A-233: without the AD bit there is no rule" Doe@rule.test "/RFC-822=Doe(a)rule.test/O=gw$gw"
with ad 5 "validated = true;"
to_or "A-233: with it there is" Doe@rule.test "/S=Doe/PRMD=good/ADMD= /C=XA/"
kill "$bad" && wait "$bad" 2>/dev/null
bad=
within 4 "nobody listens there" Doe@a.test 'no answer from DNS'
done_testing
