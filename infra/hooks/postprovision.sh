#!/bin/sh
# After the resources, before the code: schema, the app's role, templates. Run by azd from the checkout's root (azure.yaml)
# and by hand (docs/deploy.md); a second run changes nothing.
# Needs: Python 3.13 (.venv is made when it is not there), a sign-in that azure-identity finds (az login, azd auth login, a
# workload identity), and
#   DATABASE_HOST, DATABASE_NAME, DATABASE_APP_ROLE, DATABASE_APP_OBJECT_ID   outputs of main.bicep
#   DATABASE_ADMINISTRATOR_NAME   who you are to PostgreSQL: user principal name, group or identity
set -eu

: "${DATABASE_HOST:?}" "${DATABASE_NAME:?}" "${DATABASE_APP_ROLE:?}" "${DATABASE_APP_OBJECT_ID:?}"
: "${DATABASE_ADMINISTRATOR_NAME:?set it to your user principal name: azd env set DATABASE_ADMINISTRATOR_NAME ...}"
python=${PYTHON:-.venv/bin/python}
[ -n "${PYTHON:-}" ] || [ -x "$python" ] || sh local/setup-python.sh

# Keywords instead of a URL: a user principal name holds an @. The quotes are libpq's, not the shell's.
# shellcheck disable=SC2089
DATABASE_URL="host=$DATABASE_HOST port=5432 dbname=$DATABASE_NAME user='$DATABASE_ADMINISTRATOR_NAME' sslmode=require"
DATABASE_AUTH=entra
# shellcheck disable=SC2090
export DATABASE_URL DATABASE_AUTH

"$python" -m shared.db.migrate
"$python" -m infra.database.app_role "$DATABASE_APP_ROLE" "$DATABASE_APP_OBJECT_ID"
"$python" -m generation.templates.seed
