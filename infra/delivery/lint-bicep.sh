#!/bin/sh
# The Bicep compiler on both templates: every finding fails, warnings, too. Called from the checkout's top; needs az.
set -eu

found=0
for template in infra/main.bicep infra/relay.bicep; do
    echo "$template"
    # Findings go to stderr, and warnings do not change the exit code.
    findings=$(az bicep lint --file "$template" 2>&1) || found=1
    printf '%s\n' "$findings"
    case $findings in *Warning*|*Error*) found=1 ;; esac
    az bicep build --file "$template" --stdout >/dev/null || found=1
done
exit "$found"
