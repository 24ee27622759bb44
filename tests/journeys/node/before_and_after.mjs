// Push documents in two parts, and both again after something happened to the server. {url, token, docs (a file), first}
// After each part it prints a line and waits for one.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { finish, given, local, remote, replicated } from "./pouch.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const there = remote(given.url, given.token);
const phone = local("phone");
const docs = JSON.parse(readFileSync(given.docs, "utf8"));
for (const part of [docs.slice(0, given.first), docs.slice(given.first)]) {
  await phone.bulkDocs(part, { new_edits: false });
  await replicated(phone, there);
  await replicated(there, phone);
  console.log("pushed");
  await lines.next();
}
const again = await replicated(phone, there);
const pulled = await replicated(there, phone);
finish({ written: again.docs_written, denied: again.denied, pulled: pulled.docs_written });
