/// PouchDB's idb adapter looks for IndexedDB and for a browser's name when it is loaded; Node 20 has neither.
import 'fake-indexeddb/auto'

if (!('navigator' in globalThis)) Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'test' } })
