// How long stock PouchDBs take to pull a database each into memory, all at once. {urls, authorization}
import { given, finish, local, replicated } from "./pouch.mjs";
import PouchDB from "pouchdb-core";

async function pull(url, number) {
  const there = new PouchDB(url, {
    skip_setup: true,
    fetch: (target, options) => {
      options.headers.set("Authorization", given.authorization);
      return PouchDB.fetch(target, options);
    },
  });
  return (await replicated(there, local(`phone${number}`), {})).docs_written;
}

const begun = performance.now();
const pulled = await Promise.all(given.urls.map(pull));
finish({ seconds: (performance.now() - begun) / 1000, pulled });
