/// The phone as one thing: its stores, its session, its view of the server. Composed once, in main.ts.
import { Database, type Grafted, type Stored } from '../db/database'
import { LocalStore } from '../db/local'
import { type Book, emptyBook, note } from '../pure/book'
import { deviceName, ulid } from '../pure/ulid'
import { SyncEngine, type Timers } from '../sync/engine'
import { Outbox } from '../sync/outbox'
import type { Progress } from '../sync/filling'
import { firstPass, FORMS, type World } from '../sync/pass'
import { Originals } from '../sync/photos'
import { Remote } from '../sync/remote'
import type { Session } from '../sync/session'
import { Candidates } from './candidates'
import { Drafts } from './drafts'
import { FormShelf } from './forms'

/** What the phone is given from outside: time, chance and the network. */
export interface Outside {
  now(): number
  random(count: number): Uint8Array
  fetch(url: string, init?: RequestInit): Promise<Response>
  origin: string
  /** Put before the names of the local databases; empty but where several phones share a browser. */
  prefix: string
  timers: Timers
  locale(): string
}

/** How the book is kept between starts. Raise the version when `pure/book.ts` notes more than before. */
const BOOK_VERSION = 3
interface KeptBook {
  version: number
  seqs: Record<string, number>
  book: Book
}

const LOCAL = 'jinlin'

export class Phone implements World {
  private readonly databases = new Map<string, Database>()
  private readonly observers = new Set<() => void>()
  private kept: Session | null = null
  private seqs: Record<string, number> = {}
  /** Whether the book holds more than what is kept of it. */
  private isBookAhead = false
  book: Book = emptyBook()
  readonly forms = new FormShelf()
  readonly remote: Remote
  readonly outbox: Outbox
  readonly originals: Originals
  readonly drafts: Drafts
  readonly candidates: Candidates
  engine!: SyncEngine

  private constructor(
    readonly local: LocalStore,
    readonly outside: Outside,
  ) {
    this.outbox = new Outbox(local)
    this.originals = new Originals(local)
    this.drafts = new Drafts(local)
    const keeper = {
      read: () => this.kept,
      write: async (session: Session) => {
        this.kept = session
        await local.put('meta', 'session', session)
      },
    }
    this.remote = new Remote(outside.origin, outside.fetch, outside.now, keeper, outside.locale)
    this.candidates = new Candidates(local, this.remote)
  }

  /** Open what this phone holds. Needs no network. */
  static async open(outside: Outside): Promise<Phone> {
    const phone = new Phone(await LocalStore.open(outside.prefix + LOCAL), outside)
    phone.kept = await phone.local.get<Session>('meta', 'session')
    const lastSuccess = await phone.local.get<number>('meta', 'last-success')
    phone.engine = new SyncEngine(phone, outside.timers, at => phone.local.put('meta', 'last-success', at), lastSuccess)
    await phone.openBook()
    return phone
  }

  now(): number {
    return this.outside.now()
  }

  newUlid(): string {
    return ulid(this.now(), this.outside.random(16))
  }

  session(): Session | null {
    return this.kept
  }

  /** Whether the first sync has been through, so that everything works without a network. */
  async ready(): Promise<boolean> {
    return (await this.local.get<boolean>('meta', 'ready')) === true
  }

  database(name: string): Database {
    const open = this.databases.get(name) ?? new Database(name, this.outside.prefix)
    this.databases.set(name, open)
    return open
  }

  /** Be told when the book, the outbox or the drafts may have changed. */
  observe(observer: () => void): () => void {
    this.observers.add(observer)
    return () => this.observers.delete(observer)
  }

  tell(): void {
    for (const observer of this.observers) observer()
  }

  /** Sign in under this local database's own device name, made once by chance. */
  async signIn(name: string, password: string): Promise<Session> {
    const known = await this.local.get<string>('meta', 'device')
    const device = known ?? deviceName(this.outside.random(10))
    await this.local.put('meta', 'device', device)
    const session = await this.remote.signIn(name, password, device)
    await this.local.put('meta', 'device', session.device)
    this.tell()
    return session
  }

  /** Bring everything once; raises what the network raises, and goes on from there when called again. */
  async firstSync(report: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
    await firstPass(this, report, signal)
    if (signal.aborted) return
    await this.local.put('meta', 'ready', true)
    await this.local.put('meta', 'last-success', this.now())
    this.tell()
  }

  /** Leave this phone: everything local is removed. Refused (false) while something has not reached the server. */
  async signOut(): Promise<boolean> {
    if ((await this.unsentCount()) > 0) return false
    await this.remote.signOut().catch(() => undefined)
    this.engine.stop()
    for (const name of [FORMS, ...this.gridNames()]) await this.database(name).destroy()
    await this.local.clear()
    return true
  }

  /** Documents, drafts and originals that exist on this phone only. */
  async unsentCount(): Promise<number> {
    const [rows, drafts, photos] = await Promise.all([
      this.outbox.unsent(),
      this.drafts.all(),
      this.originals.waiting(),
    ])
    return rows.length + drafts.length + photos.length
  }

  gridNames(): string[] {
    return (this.kept?.grids ?? []).map(grid => grid.database)
  }

  /** Bring the book up to what a database now holds. */
  async arrived(name: string): Promise<void> {
    const database = this.database(name)
    let changed = this.isBookAhead
    for (let more = true; more; ) {
      const page = await database.since(this.seqs[name] ?? 0)
      this.note(name, page.documents)
      changed ||= page.documents.length > 0
      this.seqs[name] = page.seq
      more = page.more
    }
    if (!changed) return
    await this.keepBook()
    this.tell()
  }

  /** Note in the book what was just written, if the book has come as far; else `arrived` reads it. */
  grafted(name: string, { from, to, documents }: Grafted): void {
    if ((this.seqs[name] ?? 0) !== from) return
    this.note(name, documents)
    this.seqs[name] = to
    this.isBookAhead = true
  }

  private note(name: string, documents: Stored[]): void {
    for (const { id, body, deleted } of documents) {
      if (name === FORMS) this.forms.note(id, deleted ? null : body)
      else note(this.book, name, id, deleted ? null : body, this.forms.rules(String(body.form)))
    }
  }

  private async openBook(): Promise<void> {
    const kept = await this.local.get<KeptBook>('books', 'book')
    if (kept?.version === BOOK_VERSION) {
      this.book = kept.book
      this.seqs = { ...kept.seqs }
    }
    delete this.seqs[FORMS]
    if (this.kept === null) return
    for (const name of [FORMS, ...this.gridNames()]) await this.arrived(name)
  }

  private async keepBook(): Promise<void> {
    const kept: KeptBook = { version: BOOK_VERSION, seqs: this.seqs, book: this.book }
    await this.local.put('books', 'book', kept)
    this.isBookAhead = false
  }
}
