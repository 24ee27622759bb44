/** What this app uses of PouchDB 9, typed here because the published types lag and pull in Node's. */
declare module 'pouchdb-core' {
  export type Doc = import('./database').PouchDoc
  export interface Row { id: string; doc?: Doc; value: { rev: string; deleted?: boolean } }
  export interface Change { id: string; seq: number | string; changes: { rev: string }[]; deleted?: boolean; doc?: Doc }
  export interface ReplicationProgress { docs_read: number; docs_written: number; pending?: number; last_seq: number | string }
  export interface DeniedError { id?: string; rev?: string; name?: string; message?: string; reason?: string }
  export interface Replication extends Promise<ReplicationProgress> {
    on(event: 'change', listener: (progress: ReplicationProgress) => void): this
    on(event: 'denied', listener: (error: DeniedError) => void): this
    on(event: 'complete', listener: (result: ReplicationProgress) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    cancel(): void
  }
  export interface ReplicateOptions {
    batch_size?: number
    batches_limit?: number
    doc_ids?: string[]
    checkpoint?: false | 'target'
    since?: number | string
  }
  export interface Options {
    adapter?: string
    auto_compaction?: boolean
    skip_setup?: boolean
    fetch?: (url: string | Request, options?: RequestInit) => Promise<Response>
  }
  class PouchDB {
    constructor(name: string, options?: Options)
    static plugin(plugin: unknown): typeof PouchDB
    static replicate(source: PouchDB, target: PouchDB, options?: ReplicateOptions): Replication
    info(): Promise<{ doc_count: number; update_seq: number | string }>
    get(id: string, options: { open_revs: string[]; revs?: boolean }): Promise<Array<{ ok?: Doc; missing?: string }>>
    get(id: string, options?: { conflicts?: boolean; rev?: string; revs?: boolean }): Promise<Doc>
    allDocs(options: {
      include_docs?: boolean
      conflicts?: boolean
      startkey?: string
      endkey?: string
      keys?: string[]
    }): Promise<{ rows: Array<Row | { key: string; error: string }> }>
    changes(options: {
      since?: number | string
      limit?: number
      include_docs?: boolean
      conflicts?: boolean
    }): Promise<{ results: Change[]; last_seq: number | string }>
    bulkDocs(docs: Doc[], options: { new_edits: boolean }): Promise<Array<{ id?: string; error?: unknown }>>
    put(doc: Doc): Promise<unknown>
    revsDiff(revs: Record<string, string[]>): Promise<Record<string, { missing: string[] }>>
    destroy(): Promise<unknown>
    close(): Promise<unknown>
  }
  export default PouchDB
}
declare module 'pouchdb-adapter-idb'
declare module 'pouchdb-adapter-http'
declare module 'pouchdb-replication'
