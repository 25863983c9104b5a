#!/bin/sh
# relay.sh [-n MESSAGES] [-l OCTETS] [-s SESSIONS] - messages a second through the whole house, beside Postfix alone.
#
# In one run, on loopback, with private servers: the same mail by smtp-source through
#   plain     Postfix -> smtp-sink                                   (relay without mixgate: the yardstick)
#   to-x400   Postfix -> LMTP -> mixgated -> P1 -> mixgate-sink
#   to-822    mixgate-source -> P1 -> mixgated -> Postfix -> smtp-sink
# and counts what arrived: lost (asked for and not there) and doubled (there twice, by recipient or MTS-identifier).
# The clock of a row stops when the last message has arrived at the far end.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
srcdir=${srcdir:-$here} builddir=${builddir:-$here/build}
export srcdir builddir
n=10000 octets=2048 sessions=10
while getopts n:l:s: o; do case $o in n) n=$OPTARG ;; l) octets=$OPTARG ;; s) sessions=$OPTARG ;; *) exit 2 ;; esac done
. "$srcdir/t/lib/house.sh"
dir=$(mktemp -d /tmp/mixgate-bench.XXXXXX)
FAR_PORT=$(house_ports 1)
HOUSE=$dir
trap 'house_destroy; kill "$(cat "$dir.far.pid" 2>/dev/null)" 2>/dev/null; rm -f "$dir.far.pid"' EXIT
trap 'exit 130' INT TERM
PF_TRANSPORT="far.example smtp:[127.0.0.1]:$FAR_PORT"
PF_MAIN_CF="relay_domains = far.example, x400.example
smtp_destination_concurrency_limit = 20
lmtp_destination_concurrency_limit = 20
default_destination_concurrency_limit = 20
initial_destination_concurrency = 20
qmgr_message_active_limit = 40000
qmgr_message_recipient_limit = 40000"
HOUSE_WORKERS=${WORKERS:-8}
HOUSE_PEER="max_assoc = ${ASSOC:-8};"
house_start "$dir" >/dev/null || { tail "$dir"/*.log >&2; exit 1; }
PATH=$PATH:/usr/sbin
mkdir "$dir/far"
chmod 777 "$dir/far"
smtp-sink -u nobody -d "$dir/far/%H%M%S." "127.0.0.1:$FAR_PORT" 2000 >"$dir/far.log" 2>&1 &
echo $! >"$dir.far.pid"
house_wait "$FAR_PORT"

now() { perl -MTime::HiRes=time -e 'printf "%.3f", time'; }
far() { find "$dir/far" -type f | wc -l; }
# wait_count COMMAND: until COMMAND prints at least n, or nothing has come for 30 s; prints the time
wait_count() {
    last=0 quiet=0
    while [ $quiet -lt 300 ]; do
        have=$("$1")
        [ "$have" -lt "$n" ] || break
        if [ "$have" = "$last" ]; then quiet=$((quiet + 1)); else quiet=0 last=$have; fi
        sleep 0.1
    done
    now
}
# row NAME START END ARRIVED DISTINCT
row() {
    perl -e 'my ($name, $n, $s, $e, $got, $distinct, $base) = @ARGV; my $rate = $n / ($e - $s);
        printf "%-8s %6d messages %7.1f s %8.1f a second  ratio %.2f  lost %d  doubled %d\n", $name, $n, $e - $s, $rate, $base ? $rate / $base : 1, $n - $distinct, $got - $distinct;
        exit($n - $distinct + $got - $distinct ? 1 : 0)' "$1" "$n" "$2" "$3" "$4" "$5" "${6:-0}"
}

echo "# $(date -u +%F) $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(uname -sr); $n messages of $octets octets, $sessions sessions"
bad=0

start=$(now)
smtp-source -c -N -s "$sessions" -m "$n" -l "$octets" -f alice@mail.example -t user@far.example "127.0.0.1:$PF_REINJECT_PORT" >/dev/null
end=$(wait_count far)
distinct=$(cat "$dir"/far/* | grep -ai '^X-Rcpt-Args:' | sort -u | wc -l)
base=$(perl -e 'print $ARGV[0] / ($ARGV[2] - $ARGV[1])' "$n" "$start" "$end")
row plain "$start" "$end" "$(far)" "$distinct" || bad=1
find "$dir/far" -type f -delete

start=$(now)
smtp-source -c -N -s "$sessions" -m "$n" -l "$octets" -f alice@mail.example -t user@sales.x400.example "127.0.0.1:$PF_REINJECT_PORT" >/dev/null
end=$(wait_count house_sunk)
distinct=$(find "$dir/sink" -name '*.p1' -exec "$builddir/mixgate" dump {} \; | sed -n 's/^recipients.*recipient-name: //p' | sort -u | wc -l)
row to-x400 "$start" "$end" "$(house_sunk)" "$distinct" "$base" || bad=1
find "$dir/sink" -type f -delete

start=$(now)
"$builddir/mixgate-source" --name SINK --domain /PRMD=WIDGET/ADMD=ACME/C=GB/ -m "$n" -s 4 -l "$octets" -R 0 \
    -f '/G=Bob/S=Jones/O=sales/PRMD=WIDGET/ADMD=ACME/C=GB/' -t '/RFC-822=user(a)far.example/O=gw/PRMD=MIXGATE/ADMD=ACME/C=GB/' "127.0.0.1:$P1_PORT" >"$dir/source.log" 2>&1 || { tail -3 "$dir/source.log"; bad=1; }
end=$(wait_count far)
distinct=$(cat "$dir"/far/* | grep -ai '^X400-MTS-Identifier:' | sort -u | wc -l)
row to-822 "$start" "$end" "$(far)" "$distinct" "$base" || bad=1
exit $bad
