/// What this phone wrote and how far each has come. A row is written before the document, so none is ever forgotten.
import type { LocalStore } from '../db/local'
import type { Receipt } from './remote'

/** How far a written document has come; `refused` means the server would not take it. */
export type Reach = 'waiting' | 'sent' | 'district' | 'quarantined' | 'refused'

export interface OutboxRow {
  database: string
  id: string
  /** The revision this row is about: the newest one this phone wrote. */
  rev: string
  what: 'record' | 'file' | 'step'
  form: string
  /** The file it is about, where that is another document. */
  subject: string | null
  at: string
  reach: Reach
  reason: string | null
  /** Originals of photos the server has, of how many. */
  photos: [number, number] | null
}

const key = (row: Pick<OutboxRow, 'database' | 'id'>): string => `${row.database}|${row.id}`

/** The rows of this phone, kept in the local database. */
export class Outbox {
  constructor(private readonly local: LocalStore) {}

  all(): Promise<OutboxRow[]> {
    return this.local.all<OutboxRow>('outbox')
  }

  /** Note that a revision is about to be written. */
  async announce(row: Omit<OutboxRow, 'reach' | 'reason' | 'photos'>): Promise<void> {
    await this.local.put('outbox', key(row), { ...row, reach: 'waiting', reason: null, photos: null })
    await this.local.remove('refused', key(row))
  }

  /** Rows that have not reached a server: what a sign-out would lose. */
  async unsent(): Promise<OutboxRow[]> {
    return (await this.all()).filter(row => row.reach === 'waiting' || row.reach === 'refused')
  }

  async waiting(database: string): Promise<OutboxRow[]> {
    return (await this.all()).filter(row => row.database === database && row.reach === 'waiting')
  }

  /** Rows whose receipt can still change. */
  async open(database: string): Promise<OutboxRow[]> {
    const settled = (row: OutboxRow): boolean =>
      row.reach === 'refused' || (row.reach === 'district' && (row.photos === null || row.photos[0] >= row.photos[1]))
    return (await this.all()).filter(row => row.database === database && !settled(row))
  }

  /** Remember, for good, that the server would not take a document, and why. */
  async refuse(database: string, id: string, rev: string | null, reason: string, at: string): Promise<void> {
    const row = await this.local.get<OutboxRow>('outbox', key({ database, id }))
    await this.local.put('refused', key({ database, id }), { database, id, rev, reason, at })
    if (row !== null && (rev === null || rev === row.rev)) {
      await this.local.put('outbox', key(row), { ...row, reach: 'refused', reason })
    }
  }

  /** Take note of a receipt; one for a revision that is no longer the newest is ignored. */
  async receive(row: OutboxRow, receipt: Receipt): Promise<void> {
    const now = await this.local.get<OutboxRow>('outbox', key(row))
    if (now === null || now.rev !== row.rev || receipt.tier === 'unknown') return
    const photos = receipt.photos ?? null
    await this.local.put('outbox', key(row), { ...now, reach: receipt.tier, reason: receipt.reason ?? null, photos })
  }

  /** Forget a row whose document was never written: the app was killed in between. */
  async forget(row: OutboxRow): Promise<void> {
    await this.local.remove('outbox', key(row))
  }
}
