#!/bin/sh
# Makes /testbed a repository with one commit, whose content is the bytes on disk whatever its attributes say.
# `commit.sh all` adds ignored files too: a source distribution ships some, an image holds its build's products.
set -eu
cd /testbed
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=Steadfast GIT_AUTHOR_EMAIL=steadfast@localhost GIT_AUTHOR_DATE='2000-01-01T00:00:00Z'
export GIT_COMMITTER_NAME=Steadfast GIT_COMMITTER_EMAIL=steadfast@localhost
export GIT_COMMITTER_DATE='2000-01-01T00:00:00Z'
git init -q --template=
git symbolic-ref HEAD refs/heads/main
git config user.name agent
git config user.email agent@localhost
git config gc.auto 0
mkdir -p .git/info
printf '* -text !eol !crlf !ident !filter !working-tree-encoding\n' >.git/info/attributes
if [ "${1-}" = all ]; then git add -A -f; else git add -A; fi
git commit -q --allow-empty --no-verify -m 'Initial commit'
git repack -adq
