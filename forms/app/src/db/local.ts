/// What belongs to this phone alone and is never replicated: drafts, the outbox, refusals, originals of photos.

/** The kinds of things kept, each a store of its own, addressed by a key given with the value. */
export const STORES = ['meta', 'drafts', 'outbox', 'refused', 'media', 'books'] as const
export type StoreName = (typeof STORES)[number]

const VERSION = 1

/** What keeps things by store and key. */
export interface Keeper {
  get<T>(store: StoreName, key: string): Promise<T | null>
  all<T>(store: StoreName): Promise<T[]>
  put(store: StoreName, key: string, value: unknown): Promise<void>
  remove(store: StoreName, key: string): Promise<void>
}

/** A key-value database over IndexedDB. A value is durable when `put` resolves. */
export class LocalStore implements Keeper {
  private constructor(private readonly idb: IDBDatabase) {}

  /** Open (or make) the local database of this name. */
  static open(name: string, factory: IDBFactory = indexedDB): Promise<LocalStore> {
    return new Promise((resolve, reject) => {
      const opening = factory.open(name, VERSION)
      opening.onupgradeneeded = () => {
        for (const store of STORES) {
          if (!opening.result.objectStoreNames.contains(store)) opening.result.createObjectStore(store)
        }
      }
      opening.onsuccess = () => {
        opening.result.onversionchange = () => opening.result.close()
        resolve(new LocalStore(opening.result))
      }
      opening.onerror = () => reject(opening.error)
    })
  }

  async get<T>(store: StoreName, key: string): Promise<T | null> {
    const found = await settled(this.on(store, 'readonly').get(key))
    return (found as T | undefined) ?? null
  }

  /** All values of a store, in order of key. */
  async all<T>(store: StoreName): Promise<T[]> {
    return (await settled(this.on(store, 'readonly').getAll())) as T[]
  }

  /** Write one value. The request is made before this returns, so it survives a page that is being closed. */
  put(store: StoreName, key: string, value: unknown): Promise<void> {
    return done(this.writing([store], on => on(store).put(value, key)))
  }

  remove(store: StoreName, key: string): Promise<void> {
    return done(this.writing([store], on => on(store).delete(key)))
  }

  /** Empty every store but those named. */
  clear(except: readonly StoreName[] = []): Promise<void> {
    const names = STORES.filter(name => !except.includes(name))
    return done(this.writing(names, on => names.forEach(name => on(name).clear())))
  }

  close(): void {
    this.idb.close()
  }

  private on(store: StoreName, mode: IDBTransactionMode): IDBObjectStore {
    return this.idb.transaction(store, mode).objectStore(store)
  }

  private writing(stores: StoreName[], act: (on: (store: StoreName) => IDBObjectStore) => void): IDBTransaction {
    const transaction = this.idb.transaction(stores, 'readwrite', { durability: 'strict' })
    act(name => transaction.objectStore(name))
    return transaction
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onerror = () => reject(transaction.error)
    transaction.onabort = () => reject(transaction.error)
  })
}
