#!/bin/sh
# What deploying a commit would change in an environment, as Markdown in build/what-if.md. Called from the checkout's top.
#   what-if.sh ENVIRONMENT COMMIT [--fail-on-changes]
# VARIABLES: the environment's variables as JSON (docs/delivery.md). Whoever runs it is signed in (az login) and may only read.
set -eu

environment=$1 commit=$2
shift 2
mkdir -p build
printf '%s' "${VARIABLES:?}" >build/variables.json
exec python -m infra.delivery what-if --environment "$environment" --commit "$commit" --variables build/variables.json \
    --repository "${GITHUB_REPOSITORY:-}" --report build/what-if.md "$@"
