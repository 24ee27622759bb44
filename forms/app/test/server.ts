/// A small server for the tests: CouchDB's replication verbs over a PouchDB of its own, and what /api says of receipts.
import PouchDB from 'pouchdb-core'

export interface Behaviour {
  /** No answer at all, as without a network. */
  down?: boolean
  /** Requests that may still be answered before the network is gone. */
  left?: number
  /** The sentence with which a document is refused; undefined takes it. */
  refuse?: (id: string) => string | undefined
  /** The sentence with which an original is refused. */
  refuseMedia?: string
  /** Answers as if it kept what it is sent, and keeps nothing: a server restored from an older copy. */
  forget?: boolean
  /** It is too old to know of snapshots. */
  old?: boolean
  /** So often it was restored from a copy. */
  epoch?: number
  /** A snapshot breaks off after so many lines. */
  cut?: number
  /** Forms that are kept for the user to be tried, each with when it was kept; none for who is no form author. */
  candidates?: { form: Record<string, unknown>; kept_at: string }[]
  /** Access tokens that are taken; anything else is 401. */
  token?: string
}

type Document = { _id: string; _rev: string; [name: string]: unknown }

const stores = new Map<string, PouchDB>()

/** A server at `http://server.test`. `fetch` is its network. */
export class TestServer {
  readonly asked: string[] = []
  private readonly chunks = new Map<string, Map<number, Uint8Array>>()
  constructor(
    private readonly prefix: string,
    readonly behaviour: Behaviour = {},
  ) {}

  private copies = 0

  private key(name: string): string {
    return `${this.prefix}-${name}-${this.copies}`
  }

  database(name: string): PouchDB {
    const key = this.key(name)
    const open = stores.get(key) ?? new PouchDB(key, { adapter: 'idb' })
    stores.set(key, open)
    return open
  }

  /** Everything of a database is gone, as in an older copy; the test writes what that has. */
  restore(name: string): void {
    this.copies += 1
    stores.delete(this.key(name))
  }

  fetch = async (address: string, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(address)
    const method = init.method ?? 'GET'
    this.asked.push(`${method} ${url.pathname}`)
    const { down, left, token } = this.behaviour
    if (down || left === 0) throw new TypeError('Failed to fetch')
    if (left !== undefined) this.behaviour.left = left - 1
    const given = new Headers(init.headers).get('Authorization')
    const open = url.pathname === '/api/session' && method === 'POST'
    if (!open && url.pathname !== '/api/session/refresh' && token !== undefined && given !== `Bearer ${token}`) {
      return reply(401, { error: 'unauthorized', reason: 'no' })
    }
    if (url.pathname.startsWith('/api/media/')) return this.originals(method, url, init)
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as never) : (null as never)
    return url.pathname.startsWith('/db/') ? this.couch(method, url, body) : this.api(method, url, body)
  }

  /** The bytes of an original, chunks put together. */
  media(address: string): Uint8Array {
    const chunks = [...(this.chunks.get(address) ?? new Map<number, Uint8Array>())].sort(([one], [other]) => one - other)
    return Uint8Array.from(chunks.flatMap(([, bytes]) => [...bytes]))
  }

  private async originals(method: string, url: URL, init: RequestInit): Promise<Response> {
    const [, , , , address = '', chunk] = url.pathname.split('/')
    const kept = this.chunks.get(address) ?? new Map<number, Uint8Array>()
    if (method === 'HEAD') {
      const headers = { 'X-Media-Have': [...kept.keys()].join(',') }
      return new Response(null, kept.size > 0 ? { status: 206, headers } : { status: 404 })
    }
    const { refuseMedia } = this.behaviour
    if (refuseMedia !== undefined) return reply(415, { error: 'unsupported', reason: refuseMedia })
    kept.set(Number(chunk), new Uint8Array(await (init.body as Blob).arrayBuffer()))
    this.chunks.set(address, kept)
    const total = Number(new Headers(init.headers).get('X-Media-Bytes'))
    return reply(201, { have: [...kept.keys()], complete: this.media(address).length === total })
  }

  private async api(method: string, url: URL, body: Record<string, string>): Promise<Response> {
    const [, , area, name, verb] = url.pathname.split('/')
    if (area === 'session') return reply(200, session(this.behaviour.token ?? 't1'))
    if (area === 'grids' && name && verb === 'snapshot' && !this.behaviour.old) return this.snapshot(name, url.searchParams)
    if (area === 'grids' && name && method === 'POST') {
      const missing = await this.database(name).revsDiff(Object.fromEntries(Object.entries(body).map(([id, rev]) => [id, [rev]])))
      return reply(200, Object.fromEntries(Object.keys(body).map(id => [id, { tier: id in missing ? 'unknown' : 'sent' }])))
    }
    if (area === 'candidates') {
      const kept = this.behaviour.candidates
      if (kept === undefined) return reply(403, { error: 'forbidden', reason: '没有权限' })
      if (name === undefined) return reply(200, { candidates: kept.map(({ form, kept_at }) => ({ form: form.form, version: form.version, title: form.title, kept_at })) })
      const found = kept.find(({ form }) => form.form === name)
      if (found !== undefined) return reply(200, found.form)
    }
    return reply(404, { error: 'not_found', reason: `${method} ${url.pathname}` })
  }

  private async snapshot(name: string, place: URLSearchParams): Promise<Response> {
    const { epoch = 0, cut } = this.behaviour
    if (place.has('since') && place.get('epoch') !== String(epoch)) return reply(410, { error: 'restored', reason: '已恢复' })
    const db = this.database(name)
    const since = Number(place.get('since') ?? 0)
    const { results, last_seq } = await db.changes({ since, style: 'all_docs' } as object)
    const lines: object[] = [{ uuid: this.prefix, epoch, sequence: last_seq, documents: results.length }]
    for (const { id, seq, changes } of results) {
      const leaves = await db.get(id, { open_revs: changes.map(({ rev }) => rev), revs: true })
      lines.push({ seq, docs: leaves.map(leaf => leaf.ok) })
    }
    lines.push({ last_seq })
    const text = lines.slice(0, cut).map(line => `${JSON.stringify(line)}\n`)
    const bytes = new TextEncoder().encode(text.join(''))
    // In pieces that end anywhere, as a network gives them.
    const pieces = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, n) => bytes.slice(n * 100, n * 100 + 100))
    const broken = cut !== undefined && cut < lines.length
    const body = new ReadableStream<Uint8Array>({
      pull(stream) {
        const piece = pieces.shift()
        if (piece !== undefined) stream.enqueue(piece)
        else if (broken) stream.error(new TypeError('network error'))
        else stream.close()
      },
    })
    return new Response(body, { headers: { 'Content-Type': 'application/x-ndjson' } })
  }

  private async couch(method: string, url: URL, body: never): Promise<Response> {
    const [, , name, ...rest] = url.pathname.split('/')
    const db = this.database(name as string) as unknown as Record<string, (...given: unknown[]) => Promise<never>>
    const verb = decodeURIComponent(rest.join('/'))
    try {
      if (verb === '') return reply(200, await this.database(name as string).info())
      if (verb.startsWith('_local/')) {
        return reply(200, method === 'PUT' ? await db.put!(body) : await db.get!(verb))
      }
      if (verb === '_changes') return reply(200, await db.changes!(changesOf(url)))
      if (verb === '_revs_diff') return reply(200, await db.revsDiff!(body))
      if (verb === '_bulk_get') return reply(200, await db.bulkGet!({ ...(body as object), revs: true, latest: true }))
      if (verb === '_bulk_docs') return reply(201, await this.take(name as string, (body as { docs: Document[] }).docs))
    } catch (error) {
      const { status = 500, message } = error as { status?: number; message?: string }
      return reply(status, { error: 'not_found', reason: message })
    }
    return reply(404, { error: 'not_found', reason: verb })
  }

  private async take(name: string, docs: Document[]): Promise<unknown[]> {
    if (this.behaviour.forget) return []
    const refused = docs.flatMap(doc => {
      const reason = this.behaviour.refuse?.(doc._id)
      return reason === undefined ? [] : [{ id: doc._id, rev: doc._rev, error: 'forbidden', reason }]
    })
    const ids = new Set(refused.map(row => row.id))
    await this.database(name).bulkDocs(docs.filter(doc => !ids.has(doc._id)), { new_edits: false })
    return refused
  }
}

function changesOf(url: URL): object {
  const limit = url.searchParams.get('limit')
  const since = url.searchParams.get('since')
  return { style: 'all_docs', since: Number(since ?? 0), ...(limit ? { limit: Number(limit) } : {}) }
}

function session(token: string): object {
  return {
    access_token: token,
    refresh_token: 'r1',
    expires_at: '2026-11-22T02:00:00Z',
    server_time: '2026-11-22T01:00:00Z',
    device: 'dev-aaaaaaaaaa',
    user: { name: 'chen', display_name: '陈网格', roles: [{ role: 'worker', scope: '350505001999001' }] },
    grids: [
      {
        code: '350505001999001',
        name: { 'zh-CN': '聚福' },
        database: 'grid-aaaaaaaaaaaa',
        role: 'worker',
        grid_path: ['350505', '350505001', '350505001999', '350505001999001'],
      },
    ],
  }
}

function reply(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
}
