// How long stock PouchDB takes to pull a database into memory. {url, authorization, batch_size}
import { given, finish, local, replicated } from "./pouch.mjs";
import PouchDB from "pouchdb-core";

const there = new PouchDB(given.url, {
  skip_setup: true,
  fetch: (target, options) => {
    if (given.authorization) options.headers.set("Authorization", given.authorization);
    return PouchDB.fetch(target, options);
  },
});
const phone = local("phone");
const begun = performance.now();
const pulled = await replicated(there, phone, { batch_size: given.batch_size });
finish({ seconds: (performance.now() - begun) / 1000, pulled: pulled.docs_written });
