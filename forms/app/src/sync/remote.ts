/// The server, as this phone speaks to it.
import type { Place } from '../db/database'
import type { Body } from '../pure/json'
import { Offline, Refusal, SignedOut } from './errors'
import { clockOffset, type Session, type SessionAnswer, type SessionKeeper, sessionOf } from './session'

/** A reply that has not begun after this long is none. */
const PATIENCE_MS = 60_000
const UNAUTHORIZED = 401

export type Tier = 'sent' | 'district' | 'quarantined' | 'unknown'

export interface Receipt {
  tier: Tier
  photos?: [number, number]
  reason?: string
}

/** What the server holds of an original: all of it, or these chunks. */
export type MediaHeld = { complete: true } | { complete: false; have: number[] }

/** A form that somebody has handed in and not published. */
export interface Candidate {
  form: string
  version: number
  title: Body
  kept_at: string
}

type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** Requests to one server in one session; refreshes the access token by itself, once per refusal. */
export class Remote {
  private refreshing: Promise<Session> | null = null

  constructor(
    private readonly origin: string,
    private readonly transport: Fetch,
    private readonly now: () => number,
    private readonly keeper: SessionKeeper,
    private readonly locale: () => string,
  ) {}

  /** The address of a database for replication. */
  databaseUrl(name: string): string {
    return `${this.origin}/db/${name}`
  }

  /** Sign in and keep the session. Raises Refusal with the server's own sentence. */
  async signIn(name: string, password: string, device: string): Promise<Session> {
    const answer = await this.post('/api/session', { name, password, device })
    return this.keep((await answer.json()) as SessionAnswer)
  }

  /** Give the refresh token back. The local data is not touched. */
  async signOut(): Promise<void> {
    await this.checked(await this.fetch(`${this.origin}/api/session`, { method: 'DELETE' }))
  }

  /** Any request in this session's name. A refused access token is refreshed once; SignedOut if that is refused too. */
  fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const session = this.keeper.read()
    if (session === null) throw new SignedOut()
    const reply = await this.send(url, withToken(init, session.accessToken))
    if (reply.status !== UNAUTHORIZED) return reply
    const renewed = await this.refresh(session)
    return this.send(url, withToken(init, renewed.accessToken))
  }

  /** Ask for the session again: rights and grids change while a phone is away. */
  async refresh(stale: Session): Promise<Session> {
    const kept = this.keeper.read()
    if (kept !== null && kept.accessToken !== stale.accessToken) return kept
    this.refreshing ??= this.askForRefresh(stale).finally(() => (this.refreshing = null))
    return this.refreshing
  }

  /** Learn the user's present grids and roles; refreshes the token where it has run out. */
  async check(): Promise<Session> {
    const reply = await this.checked(await this.fetch(`${this.origin}/api/session`))
    const { user, grids, server_time } = (await reply.json()) as SessionAnswer
    const session = this.keeper.read()
    if (session === null) throw new SignedOut()
    const known = { ...session, user, grids, clockOffsetS: clockOffset(server_time, this.now()) ?? session.clockOffsetS }
    await this.keeper.write(known)
    return known
  }

  /** How far each of these documents has come, by id. */
  async receipts(database: string, revs: Record<string, string>): Promise<Record<string, Receipt>> {
    const reply = await this.fetch(`${this.origin}/api/grids/${database}/receipts`, json('POST', revs))
    return (await (await this.checked(reply)).json()) as Record<string, Receipt>
  }

  /** The forms that are kept for this user to be tried, the newest first. */
  async candidates(): Promise<Candidate[]> {
    const reply = await this.checked(await this.fetch(`${this.origin}/api/candidates`))
    return ((await reply.json()) as { candidates: Candidate[] }).candidates
  }

  /** One of them as it would be published. */
  async candidate(form: string): Promise<Body> {
    const reply = await this.checked(await this.fetch(`${this.origin}/api/candidates/${form}`))
    return (await reply.json()) as Body
  }

  /** How many documents a database of the server holds. */
  async count(database: string): Promise<number> {
    const reply = await this.checked(await this.fetch(this.databaseUrl(database)))
    return ((await reply.json()) as { doc_count: number }).doc_count
  }

  /** All documents of a database in one stream, from behind a line of it; null where an older server has none. */
  async snapshot(database: string, behind: Place['behind']): Promise<Response | null> {
    const query = behind === null ? '' : `?${new URLSearchParams({ ...behind, epoch: String(behind.epoch) })}`
    const reply = await this.fetch(`${this.origin}/api/grids/${database}/snapshot${query}`)
    return reply.status === 404 ? null : this.checked(reply)
  }

  async mediaHeld(database: string, sha256: string): Promise<MediaHeld> {
    const reply = await this.fetch(this.mediaUrl(database, sha256), { method: 'HEAD' })
    const have = reply.headers.get('X-Media-Have')
    if (have !== null && reply.ok) {
      return { complete: false, have: have === '' ? [] : have.split(',').map(Number) }
    }
    if (reply.ok) return { complete: true }
    if (reply.status === 404) return { complete: false, have: [] }
    throw await refusalOf(reply)
  }

  /** Send one chunk of an original; gives whether the server now holds all of it. */
  async putChunk(database: string, sha256: string, chunk: number, bytes: Blob, total: number): Promise<boolean> {
    const reply = await this.fetch(`${this.mediaUrl(database, sha256)}/${chunk}`, {
      method: 'PUT',
      body: bytes,
      headers: { 'X-Media-Bytes': String(total), 'Content-Type': bytes.type || 'application/octet-stream' },
    })
    return ((await (await this.checked(reply)).json()) as { complete: boolean }).complete
  }

  private mediaUrl(database: string, sha256: string): string {
    return `${this.origin}/api/media/${database}/${sha256}`
  }

  private async askForRefresh(stale: Session): Promise<Session> {
    try {
      const answer = await this.post('/api/session/refresh', { refresh_token: stale.refreshToken })
      return await this.keep((await answer.json()) as SessionAnswer)
    } catch (error) {
      if (error instanceof Refusal && (error.status === UNAUTHORIZED || error.status === 403)) throw new SignedOut()
      throw error
    }
  }

  private async keep(answer: SessionAnswer): Promise<Session> {
    const session = sessionOf(answer, this.now())
    await this.keeper.write(session)
    return session
  }

  private async post(path: string, body: unknown): Promise<Response> {
    return this.checked(await this.send(this.origin + path, json('POST', body)))
  }

  private async send(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('Accept-Language', this.locale())
    const gaveUp = new AbortController()
    const timer = setTimeout(() => gaveUp.abort(), PATIENCE_MS)
    try {
      return await this.transport(url, {
        ...init,
        headers,
        credentials: 'omit',
        cache: 'no-store',
        signal: gaveUp.signal,
      })
    } catch {
      throw new Offline()
    } finally {
      clearTimeout(timer)
    }
  }

  private async checked(reply: Response): Promise<Response> {
    if (!reply.ok) throw await refusalOf(reply)
    return reply
  }
}

function withToken(init: RequestInit, token: string): RequestInit {
  const headers = new Headers(init.headers)
  headers.set('Authorization', `Bearer ${token}`)
  return { ...init, headers }
}

function json(method: string, body: unknown): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
}

async function refusalOf(reply: Response): Promise<Refusal> {
  const body = (await reply.json().catch(() => ({}))) as { error?: string; reason?: string }
  const wait = Number(reply.headers.get('Retry-After'))
  return new Refusal(reply.status, body.error ?? 'unknown', body.reason ?? '', wait > 0 ? wait : null)
}
