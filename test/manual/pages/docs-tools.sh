# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The site of docs/moving-in.md.
# shellcheck source=test/manual/pages/docs-moving-in.sh
. "${BASH_SOURCE%/*}/docs-moving-in.sh"
