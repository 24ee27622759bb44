// Push documents of which some are refused. {url, token, docs (a file)}
import { readFileSync } from "node:fs";
import { finish, given, local, remote, replicated } from "./pouch.mjs";

const there = remote(given.url, given.token);
const phone = local("phone");
await phone.bulkDocs(JSON.parse(readFileSync(given.docs, "utf8")), { new_edits: false });
const first = await replicated(phone, there);
const again = await replicated(phone, there);
finish({ written: first.docs_written, denied: first.denied, again: again.docs_written });
