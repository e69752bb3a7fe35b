#!/bin/sh
# Makes /testbed a repository with one commit, whose content is the bytes on disk whatever its attributes say.
# `commit.sh all` adds ignored files too, which a source distribution ships; otherwise, in an image, those are its build's
# products but for what its own repository tracks.
# Further arguments are paths that are taken away first.
set -eu
cd /testbed
how=${1-}
[ $# -eq 0 ] || shift
for hidden in "$@"; do rm -rf -- "./$hidden"; done
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=Steadfast GIT_AUTHOR_EMAIL=steadfast@localhost GIT_AUTHOR_DATE='2000-01-01T00:00:00Z'
export GIT_COMMITTER_NAME=Steadfast GIT_COMMITTER_EMAIL=steadfast@localhost
export GIT_COMMITTER_DATE='2000-01-01T00:00:00Z'
# A repository within it (a submodule, a clone of the image's build) becomes plain files: git would leave what they hold out
# of the commit and of every diff, and refuse one that has no commit.
find . -mindepth 2 -name .git -prune -exec rm -rf -- {} +
# Of an image's git folder the index alone counts, which names what is tracked.
if [ -L .git ] || [ ! -d .git ]; then rm -f .git; else find .git -mindepth 1 ! -path .git/index -delete; fi
git init -q --template=
git symbolic-ref HEAD refs/heads/main
git config user.name agent
git config user.email agent@localhost
git config gc.auto 0
mkdir -p .git/info
printf '* -text !eol !crlf !ident !filter !working-tree-encoding\n' >.git/info/attributes
if [ "$how" = all ]; then
  git add -A -f
else
  # An index that is not there, or that this git cannot read, names nothing.
  git ls-files -z >.git/tracked 2>/dev/null || : >.git/tracked
  rm -f .git/index
  git add -A
  # What is left is ignored: of it, what the image's repository tracks may be the agent's to mend.
  { cat .git/tracked; git ls-files -o -z; } | LC_ALL=C sort -z | LC_ALL=C uniq -z -d |
    git update-index --add --remove -z --stdin
  rm .git/tracked
fi
git commit -q --allow-empty --no-verify -m 'Initial commit'
# Without looking for likenesses: it is most of the cost for a large tree, and saves a tenth of the room.
git -c pack.window=0 repack -adq
