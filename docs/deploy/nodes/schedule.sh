#!/bin/sh
# Schedule every shard of a registry on the nodes, in turn: schedule.sh REGISTRY.csv NODE_URL ...
# As many shards as nodes. A shard is always the same archive, /data/shard-N: when a node is gone, schedule its shard on
# another one with SHARD=2/3 schedule.sh REGISTRY.csv http://other:6800.
set -eu
[ $# -ge 2 ] || { echo "schedule.sh: name the registry and the nodes, for example portals.csv http://127.0.0.1:6801" >&2; exit 2; }
registry=$1
shift
count=$#
number=0
for node in "$@"; do
    number=$((number + 1))
    shard=${SHARD:-$number/$count}
    curl --fail --silent --show-error "$node/schedule.json" \
        -d project=default -d spider=county_portals -d "portals=$registry" -d "shard=$shard" \
        -d "setting=ARCHIVE_DIR=/data/shard-${shard%%/*}" -d "setting=CONTACT=${CONTACT:?say who you are: a mail address or a page}"
done
