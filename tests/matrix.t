#!/bin/sh
# Every shape of machine boots and runs a pipeline of ten commands: harts by memory by timer.
# FULL= (empty) tests every cell; default as well, for a cell takes little more than a second.
. "$(dirname "$0")/lib/tap.sh"

pipeline='seq 1 2000 | grep 7 | sort -r | uniq | tr 7 x | grep -v 9 | sort | tail -n 90 | head -n 7 | wc'
want=$(seq 1 2000 | grep 7 | LC_ALL=C sort -r | uniq | tr 7 x | grep -v 9 | LC_ALL=C sort | tail -n 90 | head -n 7 | wc |
    tr -s ' ')
image
for cpus in 1 2 4 8; do
    for mem in 64M 128M 4G; do
        for cpu in rv64 rv64,sstc=off; do
            guest CPUS=$cpus MEM=$mem CPU=$cpu "$pipeline"
            is "$status:$(echo "$out" | tr -s ' ' | sed 's/^ *//')" "0:$(echo "$want" | sed 's/^ *//')" "CPUS=$cpus MEM=$mem CPU=$cpu"
        done
    done
done
guest CPUS=3 MEM=8G 'free -m | head -n 1 | tr -s " " | cut -d " " -f 2'
if [ "$status" = 0 ] && [ "${out:-0}" -gt 7900 ]; then
    pass 'MEM=8G is seen'
else
    fail 'MEM=8G is seen' "status $status" "$out"
fi
fsck_clean
finish
