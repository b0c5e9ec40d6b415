#!/bin/sh
# One run for cron: crawl.sh DATA [options of scrapy crawl]. Each run has its log under DATA/logs. Prints only what
# somebody has to look at, which cron then mails, and ends with the crawl's exit status.
set -u
[ $# -ge 1 ] || { echo "crawl.sh: name the data folder, for example /var/lib/gongkai" >&2; exit 2; }
data=$1
shift
project=$(cd "$(dirname "$0")/../.." && pwd) || exit 4
mkdir -p "$data/logs" || exit 3
log=$data/logs/$(date -u +%Y%m%dT%H%M%SZ).log
cd "$project" || exit 4
PATH=$project/.venv/bin:$PATH
scrapy crawl county_portals -s ARCHIVE_DIR="$data" "$@" >"$log" 2>&1
status=$?
case $status in
0 | 15) ;; # done; or the hours of CRAWL_WINDOW are over, and the next run takes it up
75) echo "crawl.sh: another run has $data; this one did nothing" ;;
*)
    echo "crawl.sh: the crawl ended with status $status; the end of $log:"
    tail -n 40 "$log"
    ;;
esac
exit $status
