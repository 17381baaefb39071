#!/usr/bin/env bash
# Compiles the style sheet and copies the libraries into static/. Run it after
# changing anything in frontend/, and commit what it writes: nobody needs node
# to run the site.
set -euo pipefail
cd "$(dirname "$0")"

[ -d node_modules ] || npm ci

static=../static
modules=node_modules

npx sass --pkg-importer=node --style=compressed --no-source-map --quiet-deps \
  scss/tri-borough.scss "$static/css/tri-borough.css"

copy() { # from, to: without the source map's address, which would point nowhere
  mkdir -p "$(dirname "$2")"
  sed -e 's@//# sourceMappingURL=.*$@@' "$1" >"$2"
}

vendor=$static/vendor
copy $modules/govuk-frontend/dist/govuk/govuk-frontend.min.js $vendor/govuk-frontend/govuk-frontend.min.js
copy $modules/htmx.org/dist/htmx.min.js $vendor/htmx/htmx.min.js
copy $modules/htmx.org/LICENSE $vendor/htmx/LICENSE
copy $modules/plotly.js-basic-dist-min/plotly-basic.min.js $vendor/plotly/plotly-basic.min.js
copy $modules/plotly.js-basic-dist-min/LICENSE $vendor/plotly/LICENSE
for face in source-sans-3 source-serif-4; do
  mkdir -p "$vendor/$face"
  cp "$modules/@fontsource-variable/$face/files/$face-latin-wght-normal.woff2" "$vendor/$face/"
  cp "$modules/@fontsource-variable/$face/LICENSE" "$vendor/$face/LICENSE"
done
