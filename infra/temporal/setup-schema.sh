#!/bin/sh
# Makes Temporal's two databases, or brings them to the version of the tool; running it again changes nothing.
# The tool reads where the database is from SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, and carries the schemas inside.
set -eu

tool=${TEMPORAL_SQL_TOOL:-temporal-sql-tool}
export SQL_PLUGIN=postgres12

prepare() {
  SQL_DATABASE=$1
  export SQL_DATABASE
  "$tool" create-database
  "$tool" setup-schema --version 0.0
  "$tool" update-schema --schema-name "$2"
}

prepare temporal postgresql/v12/temporal
prepare temporal_visibility postgresql/v12/visibility
