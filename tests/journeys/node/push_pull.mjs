// Push documents from one phone, pull them on another. {url, token, docs (a file), batch_size}
import { readFileSync } from "node:fs";
import { finish, given, local, remote, replicated } from "./pouch.mjs";

const options = { batch_size: given.batch_size };
const there = remote(given.url, given.token);
const phone = local("phone");
const docs = JSON.parse(readFileSync(given.docs, "utf8"));
await phone.bulkDocs(docs, { new_edits: false });

const pushed = await replicated(phone, there, options);
const again = await replicated(phone, there, options);
const other = local("other");
const pulled = await replicated(there, other, options);
const nothing = await replicated(there, other, options);

const rows = await other.allDocs({ include_docs: true });
const arrived = new Map(rows.rows.map(({ id, doc }) => [id, doc]));
const differs = docs.filter((mine) => {
  const doc = arrived.get(mine._id);
  return doc?._rev !== mine._rev || JSON.stringify(doc.answers) !== JSON.stringify(mine.answers);
});
finish({
  pushed: pushed.docs_written, denied: pushed.denied, again: again.docs_written, pulled: pulled.docs_written,
  failures: pushed.doc_write_failures + pulled.doc_write_failures, nothing: nothing.docs_read,
  count: rows.rows.length, differs: differs.map(({ _id }) => _id),
});
