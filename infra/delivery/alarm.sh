#!/bin/sh
# Tells people: an issue of this title, or a comment where one is open already. Needs gh with GH_TOKEN and GH_REPO.
#   alarm.sh TITLE RUN_URL
set -eu

title=$1 run=$2
open=$(gh issue list --state open --search "in:title \"$title\"" --json number --jq '.[0].number // empty')
if [ -n "$open" ]; then
    gh issue comment "$open" --body "Again: $run"
else
    gh issue create --title "$title" --body "$run

What to do: docs/delivery.md, \"When it fails\"."
fi
