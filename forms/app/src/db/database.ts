/// One replicated database on this phone. The only module that knows PouchDB.
import PouchDB, { type DeniedError, type ReplicateOptions, type Replication, type ReplicationProgress } from 'pouchdb-core'
import http from 'pouchdb-adapter-http'
import idb from 'pouchdb-adapter-idb'
import replication from 'pouchdb-replication'
import { joinAll } from '../pure/causal'
import { type Body, isObject, type Json, wellFormed } from '../pure/json'
import { generation, nextRev } from '../pure/revision'

PouchDB.plugin(idb).plugin(http).plugin(replication)

/** A document in PouchDB's spelling. */
export interface PouchDoc {
  _id: string
  _rev?: string
  _deleted?: boolean
  _conflicts?: string[]
  _revisions?: { start: number; ids: string[] }
  [name: string]: unknown
}

/** A document as the app reads it: the join of all its live leaves. */
export interface Stored {
  id: string
  /** The winning revision: the parent of the next edit. */
  rev: string
  /** True when no leaf is live; `body` is then the tombstone's. */
  deleted: boolean
  body: Body
}

/** An edit, ready to be written: its id is a function of the parent and the body. */
export interface Revision {
  rev: string
  parent: string | null
  body: Body
}

/** The revision that gives `parent` (null: a new document) this body, its texts made well-formed. */
export function revision(parent: string | null, body: Body): Revision {
  const clean = wellFormed(body) as Body
  return { rev: nextRev(parent, clean), parent, body: clean }
}

/** How far the first filling of a database has come. It is kept in that database, so both come and go together. */
export interface Place {
  /** The last line of the server's stream that is here, and of which database it is; null before the first. */
  behind: { since: string; uuid: string; epoch: number } | null
  /** Documents that have come. */
  done: number
  /** Whether all that came is from one server in one epoch, so that it lacks none of it. */
  mirrored: boolean
  finished: boolean
}

/** What was just grafted, where nothing else was written meanwhile: the local feed between two sequences. */
export interface Grafted {
  from: number
  to: number
  documents: Stored[]
}

/** What a replication reports while it runs. */
export interface Moved {
  documents: number
  /** Changes the source still holds back, where it says so. */
  pending: number | null
}

/** A document the server would not take, in its own words. */
export interface Denied {
  id: string
  rev: string | null
  reason: string
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** Documents asked for per request when pulling, and per batch of changes read. */
const PULL_BATCH = 500
/** Documents sent per request: bodies carry thumbnails, so fewer. */
const PUSH_BATCH = 100
const PLACE_ID = '_local/filling'

/** A database of this phone, replicated with one of the server. Reads give joins; writes never conflict. */
export class Database {
  private readonly pouch: PouchDB

  constructor(
    readonly name: string,
    prefix = '',
  ) {
    this.pouch = new PouchDB(prefix + name, { adapter: 'idb', auto_compaction: true })
  }

  /** How many live documents it holds, and the sequence of its newest change. */
  async info(): Promise<{ count: number; seq: number }> {
    const { doc_count, update_seq } = await this.pouch.info()
    return { count: doc_count, seq: Number(update_seq) }
  }

  /** The join of the live leaves of one document; null if this phone has never heard of it. */
  async read(id: string): Promise<Stored | null> {
    let rows
    try {
      rows = await this.pouch.get(id, { open_revs: await this.leafRevs(id) })
    } catch (error) {
      if (statusOf(error) === 404) return null
      throw error
    }
    return joined(rows.flatMap(row => row.ok ?? []))
  }

  /** All live documents whose id begins with `prefix` (`household:`), in order of id. */
  async withPrefix(prefix: string): Promise<Stored[]> {
    const found = await this.pouch.allDocs({
      include_docs: true,
      conflicts: true,
      startkey: prefix,
      endkey: `${prefix}\ufff0`,
    })
    return this.resolve(found.rows.flatMap(row => ('doc' in row && row.doc ? [row.doc] : [])))
  }

  /** What changed after `seq`, oldest first, at most `limit` documents, deleted ones included. */
  async since(seq: number, limit = PULL_BATCH): Promise<{ documents: Stored[]; seq: number; more: boolean }> {
    const page = await this.pouch.changes({ since: seq, limit, include_docs: true, conflicts: true })
    const documents = await this.resolve(page.results.flatMap(change => change.doc ?? []))
    return { documents, seq: Number(page.last_seq), more: page.results.length === limit }
  }

  /** Whether this revision is here, as a leaf or as an ancestor. */
  async holds(id: string, rev: string): Promise<boolean> {
    return (await this.pouch.revsDiff({ [id]: [rev] }))[id] === undefined
  }

  /** Graft a revision onto the document. Writing the same one twice changes nothing. */
  async write(id: string, { rev, parent, body }: Revision): Promise<void> {
    const ids = [rev, ...(parent === null ? [] : [parent])].map(digest)
    await this.graft([{ ...body, _id: id, _rev: rev, _revisions: { start: generation(rev), ids } }])
  }

  /** Graft revisions with their histories, as a server tells of them. Doing it twice changes nothing. */
  async graft(documents: PouchDoc[]): Promise<void> {
    const failed = (await this.pouch.bulkDocs(documents, { new_edits: false })).find(row => row.error)
    if (failed) throw new Error(`${this.name} did not take ${failed.id}`)
  }

  /** Graft documents, each given by all its leaves (winner first), into what holds nothing but such documents.
   *
   * `from` is its sequence as last known. Null where somebody else has written since, or some were known.
   */
  async fill(documents: PouchDoc[][], from: number): Promise<Grafted | null> {
    const leaves = documents.flat()
    await this.graft(leaves)
    const to = (await this.info()).seq
    return to === from + leaves.length ? { from, to, documents: documents.flatMap(each => joined(each) ?? []) } : null
  }

  /** How far it has been filled; null where that was never begun. */
  async place(): Promise<Place | null> {
    const kept = await this.keptPlace()
    return kept === null ? null : (kept.place as Place)
  }

  async keepPlace(place: Place): Promise<void> {
    await this.pouch.put({ ...(await this.keptPlace()), _id: PLACE_ID, place })
  }

  private async keptPlace(): Promise<PouchDoc | null> {
    return this.pouch.get(PLACE_ID).catch(error => {
      if (statusOf(error) === 404) return null
      throw error
    })
  }

  /** Bring everything the server has and this phone lacks. Stops and throws at the first failed request.
   *
   * Of a database that may only be read the checkpoint is kept on this side alone. `since` is known to be here.
   */
  async pull(
    url: string,
    fetch: Fetch,
    report: (moved: Moved) => void,
    { readOnly, since }: { readOnly: boolean; since?: string | undefined },
    signal?: AbortSignal,
  ): Promise<void> {
    const options: ReplicateOptions = {
      batch_size: PULL_BATCH,
      batches_limit: 2,
      ...(readOnly ? { checkpoint: 'target' } : {}),
      ...(since === undefined ? {} : { since }),
    }
    await this.run(PouchDB.replicate(remote(url, fetch), this.pouch, options), {
      onChange: progress => report({ documents: progress.docs_written, pending: progress.pending ?? null }),
      signal,
    })
  }

  /** Send everything this phone has and the server lacks; what it will not take is given, the rest goes on.
   *
   * Up to the local sequence `since` the server is known to lack nothing.
   */
  push(url: string, fetch: Fetch, since?: number, signal?: AbortSignal): Promise<Denied[]> {
    const known = since === undefined ? {} : { since }
    return this.send(url, fetch, { batch_size: PUSH_BATCH, batches_limit: 2, ...known }, signal)
  }

  /** Send these documents again although an earlier push has passed them. */
  resend(url: string, fetch: Fetch, ids: string[]): Promise<Denied[]> {
    return this.send(url, fetch, { batch_size: PUSH_BATCH, doc_ids: ids, checkpoint: false })
  }

  /** Remove the whole database from this phone. */
  async destroy(): Promise<void> {
    await this.pouch.destroy()
  }

  async close(): Promise<void> {
    await this.pouch.close()
  }

  private async send(
    url: string,
    fetch: Fetch,
    options: ReplicateOptions,
    signal?: AbortSignal,
  ): Promise<Denied[]> {
    const denied: Denied[] = []
    await this.run(PouchDB.replicate(this.pouch, remote(url, fetch), options), {
      onDenied: error => denied.push(refusal(error)),
      signal,
    })
    return denied
  }

  private run(
    replication: Replication,
    on: {
      onChange?: (progress: ReplicationProgress) => void
      onDenied?: (error: DeniedError) => void
      signal?: AbortSignal | undefined
    },
  ): Promise<void> {
    const cancel = (): void => replication.cancel()
    const running = new Promise<void>((resolve, reject) => {
      if (on.onChange) replication.on('change', on.onChange)
      if (on.onDenied) replication.on('denied', on.onDenied)
      replication.on('complete', () => resolve())
      replication.on('error', reject)
      replication.catch(reject)
      on.signal?.addEventListener('abort', cancel)
    })
    return running.finally(() => on.signal?.removeEventListener('abort', cancel))
  }

  private async leafRevs(id: string): Promise<string[]> {
    const winner = await this.pouch.get(id, { conflicts: true }).catch(async error => {
      // A deleted document is asked for by its newest tombstone, which the change feed names.
      const found = await this.pouch.allDocs({ keys: [id] })
      const row = found.rows[0]
      if (row && 'value' in row && row.value.deleted) return { _id: id, _rev: row.value.rev, _conflicts: [] }
      throw error
    })
    return [winner._rev as string, ...(winner._conflicts ?? [])]
  }

  private async resolve(documents: PouchDoc[]): Promise<Stored[]> {
    return Promise.all(
      documents.map(async document => {
        if (!document._conflicts?.length) return joined([document]) as Stored
        return (await this.read(document._id)) as Stored
      }),
    )
  }
}

function remote(url: string, fetch: Fetch): PouchDB {
  return new PouchDB(url, {
    adapter: 'http',
    skip_setup: true,
    fetch: (address, options) => fetch(typeof address === 'string' ? address : address.url, options),
  })
}

function joined(leaves: PouchDoc[]): Stored | null {
  const live = leaves.filter(leaf => !leaf._deleted)
  const winner = live[0] ?? leaves[0]
  if (!winner) return null
  const bodies = (live.length > 0 ? live : [winner]).map(bodyOf)
  const body = bodies.length === 1 ? (bodies[0] as Body) : joinAll(bodies)
  return { id: winner._id, rev: winner._rev as string, deleted: live.length === 0, body }
}

function bodyOf(document: PouchDoc): Body {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !name.startsWith('_'))) as Body
}

function refusal(error: DeniedError): Denied {
  return { id: error.id ?? '', rev: error.rev ?? null, reason: error.reason ?? error.message ?? '' }
}

function digest(rev: string): string {
  return rev.slice(rev.indexOf('-') + 1)
}

function statusOf(error: unknown): number | null {
  return isObject(error) && typeof (error as { status?: Json }).status === 'number' ? (error.status as number) : null
}
