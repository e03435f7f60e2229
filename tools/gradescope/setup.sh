#!/bin/bash
# Gradescope runs this once, as root, in /autograder/source of a fresh container (Debian or Ubuntu), to make an image of it.
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends make perl tar util-linux
tar -xzf kit.tar.gz
lab=$(cat lab)
"kit/$lab/tools/setup" boot grade
