// Everything a stock PouchDB does with a remote beside replication, as an administrator. {url, token}
import find from "pouchdb-find";
import PouchDB from "pouchdb-core";
import { finish, given, remote } from "./pouch.mjs";

PouchDB.plugin(find);
const db = remote(given.url, given.token, () => {}, false);
const made = (await db.info()).doc_count;

const random = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919 + (at >> 3)) % 256));
const attachments = {
  "binary.bin": ["application/octet-stream", random],
  "empty.txt": ["text/plain", Buffer.alloc(0)],
  "large.txt": ["text/plain", Buffer.from("一行文字 a line of text\n".repeat(40_000))],
  "名字 1.json": ["application/json", Buffer.from('{"compressible": true}'.repeat(1_000))],
};
let rev = (await db.put({ _id: "att", v: 1 })).rev;
for (const [name, [type, data]] of Object.entries(attachments)) ({ rev } = await db.putAttachment("att", name, rev, data, type));
const same = {};
for (const [name, [, data]] of Object.entries(attachments)) same[name] = data.equals(await db.getAttachment("att", name));
const inline = await db.get("att", { attachments: true, binary: true });
const inlined = Object.entries(attachments).every(([name, [, data]]) => data.equals(inline._attachments[name].data));
await db.removeAttachment("att", "empty.txt", rev);
const left = Object.keys((await db.get("att"))._attachments).length;

const ids = (rows) => rows.map(({ id, _id }) => id ?? _id);
await db.bulkDocs(Array.from({ length: 40 }, (_, n) => ({ _id: `n${String(n).padStart(2, "0")}`, n, odd: n % 2 === 1 })));
const range = ids((await db.allDocs({ startkey: "n10", endkey: "n13", include_docs: true })).rows);
const keyed = (await db.allDocs({ keys: ["n01", "none"] })).rows.map(({ id, error }) => id ?? error);
const index = await db.createIndex({ index: { fields: ["n"], ddoc: "by-n", name: "n" } });
const indexes = (await db.getIndexes()).indexes.map(({ name }) => name);
const found = ids((await db.find({ selector: { n: { $gt: 35 }, odd: true }, sort: [{ n: "desc" }], fields: ["_id"] })).docs);
const explained = (await db.explain({ selector: { n: 1 } })).dbname;
const deleted = await db.deleteIndex({ ddoc: index.id, name: index.name, type: "json" });

const conflict = await db.put({ _id: "n01", n: 0 }).catch(({ status, name }) => ({ status, name }));
const got = await db.bulkGet({ docs: [{ id: "n02" }, { id: "none", rev: "1-a" }], revs: true });
const bulk = got.results.map(({ docs }) => (docs[0].ok ? docs[0].ok._revisions.start : docs[0].error.error));
const diff = await db.revsDiff({ n02: ["1-a"] });
const chosen = ids((await db.changes({ doc_ids: ["n03", "none"] })).results);
const selected = ids((await db.changes({ selector: { n: { $lt: 2 } } })).results).sort();
const heard = await new Promise((resolve) => {
  const feed = db.changes({ live: true, since: "now", include_docs: true }).on("change", ({ doc }) => (feed.cancel(), resolve(doc.v)));
  setTimeout(() => db.put({ _id: "heard", v: "live" }), 200);
});
await db.compact();
await db.destroy();
const gone = await remote(given.url, given.token).info().then(({ error }) => error, ({ error }) => error);
finish({ made, same, inlined, left, range, keyed, index: index.result, indexes, found, explained, deleted, conflict, bulk,
  diff, chosen, selected, heard, gone });
