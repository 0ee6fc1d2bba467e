// SPDX-License-Identifier: Apache-2.0
// Calls Cloudflare's official client library. Reads a line of JSON for each call, {"call": "zones.list", "args": [...],
// "retries": 0}, and writes a line: {"result": ...} or {"error": {"name", "status", "errors"}}. A list is read to its last page.
"use strict";
const path = require("path");
const readline = require("readline");
const Cloudflare = require(path.join(process.argv[2], "node_modules", "cloudflare"));

async function speak({ call, args, retries = 0 }) {
  const client = new Cloudflare({ maxRetries: retries, timeout: 20000 });
  const names = call.split(".");
  const method = names.pop();
  const resource = names.reduce((at, name) => at[name], client);
  const answer = resource[method](...args);
  if (typeof answer[Symbol.asyncIterator] !== "function") {
    return answer;
  }
  const items = [];
  for await (const item of answer) {
    items.push(item);
  }
  return items;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let written;
    try {
      written = { result: await speak(JSON.parse(line)) };
    } catch (error) {
      written = { error: { name: error.constructor.name, status: error.status, errors: error.errors, text: String(error) } };
    }
    process.stdout.write(JSON.stringify(written) + "\n");
  }
}

main();
