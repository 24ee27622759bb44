/** Stock PouchDB in a page, pulling a database as its own documentation says: bundled and called by `first_sync.py`. */
import http from '../../forms/app/node_modules/pouchdb-adapter-http'
import idb from '../../forms/app/node_modules/pouchdb-adapter-idb'
import PouchDB from '../../forms/app/node_modules/pouchdb-core'
import replication from '../../forms/app/node_modules/pouchdb-replication'

PouchDB.plugin(idb).plugin(http).plugin(replication)

/** Milliseconds until everything is here; a batch size of null leaves PouchDB its default. */
async function pull(url: string, token: string, batchSize: number | null, documents: number): Promise<number> {
  const there = new PouchDB(url, {
    skip_setup: true,
    fetch: (address, options) => {
      const headers = new Headers(options?.headers)
      headers.set('Authorization', `Bearer ${token}`)
      return fetch(address as string, { ...options, headers, credentials: 'omit' })
    },
  })
  const here = new PouchDB('phone', { adapter: 'idb' })
  const begun = performance.now()
  await PouchDB.replicate(there, here, batchSize === null ? {} : { batch_size: batchSize })
  const taken = performance.now() - begun
  const { doc_count } = await here.info()
  if (doc_count !== documents) throw new Error(`${doc_count} of ${documents} documents were pulled`)
  return taken
}

Object.assign(globalThis, { pull })
