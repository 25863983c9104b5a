#!/bin/bash
# journal_disk.t - E-90: an fsync of the journal fails under load.  The message concerned is not accepted, nothing is lost or
# doubled, and mixgated goes on by itself.
. "${srcdir:-.}/t/lib/tap.sh"
skip_unless_root_and postfix strace
. "$srcdir/t/lib/house.sh"
PATH=$PATH:/usr/sbin
dir=$(mktemp -d /tmp/mixgate-disk.XXXXXX)
trap 'house_destroy' EXIT
trap 'exit 1' INT TERM
HOUSE=$dir

writer() {
	for p in $(ps -o pid= --ppid "$(cat "$dir/mixgated.pid")"); do
		ls -l "/proc/$p/fd" 2>/dev/null | grep -q 'journal.db.lock' && echo "$p" && return
	done
	return 1
}
sunk() { [ "$(house_sunk)" -ge "$1" ]; }
run_ok "the house is up" house_start "$dir"
. "$dir/pf/env"
SUBMIT_PORT=$PF_SUBMIT_PORT
ok "the journal has a writer" wait_for 10 writer
first=$(writer)
strace -f -p "$first" -o /dev/null -e trace=fdatasync -e inject=fdatasync:error=EIO:when=2 2>"$dir/strace.log" &
tracer=$!
wait_for 10 grep -q attached "$dir/strace.log"
for n in 1 2 3 4 5 6; do smtp-source -f alice@mail.example -t "jo$n@x400.example" "127.0.0.1:$SUBMIT_PORT"; done
run_ok "all six messages arrive" house_until 40 sunk 6
wait "$tracer" 2>/dev/null
ok "the failure was seen" grep -q 'journal-failed error=ERR_JOURNAL_IO' "$dir/mixgated.log"
# which commit of a message it was is a matter of chance
ok "before the hand-over 451, after it an alarm" grep -qE 'status=deferred.* 451 4\.3\.0 |confirmed-not-noted' "$PF_LOG" "$dir/mixgated.log"
ok "another writer is there" wait_for 10 writer
ok "not the one whose disk had failed" [ "$(writer)" != "$first" ]
run_ok "the queue is empty" "$srcdir/t/lib/postfix.sh" drain "$dir/pf" 30
is "none is doubled" "$(house_sunk)" 6
is "none bounced" "$(house_mails alice)" 0
done_testing
