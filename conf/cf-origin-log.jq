# SPDX-License-Identifier: Apache-2.0
# Makes a JSON object of each line of an error log (docs/logging.md):
#   jq -Rc --unbuffered -f cf-origin-log.jq
# for this format. No value can contain a tab, because httpd escapes them:
#   ErrorLogFormat "%{cu}t\t%-m\t%l\t%P\t%-a\t%-{CF_RAY}e\t%-{Referer}i\t%M"

# Undoes what httpd did to the message: it doubled each backslash.
def undoubled: gsub("\\\\\\\\"; "\\");

# The key=value pairs of a line of this module. Escaped bytes stay as \xHH.
def pairs:
    [match(" ([a-z_]+)=(?:\"([^\"]*)\"|([^ \"]+))"; "g").captures
     | {key: .[0].string, value: (.[1].string // .[2].string)}]
    | from_entries | map_values(select(. != "-"));

def event:
    capture("^(?<code>CFO[0-9]{4}) (?<event>[a-z-]+)(?<rest>.*)")
    | {code, event} + (.rest | pairs);

(split("\t")) as $field
| if ($field | length) != 8 then {message: .}
  else
    {time: $field[0], module: $field[1], level: $field[2], pid: $field[3], client: $field[4],
     ray: $field[5], referer: $field[6], message: ($field[7] | undoubled)}
    | map_values(select(. != "" and . != "-"))
    | . + ([select(.module == "cf_origin").message | {cf_origin: event}] | add // {})
  end
