/// A database is filled from the server's snapshot: one stream of documents, from each line of which replication goes on.
import type { Database, Grafted, Place, PouchDoc } from '../db/database'
import { Offline, Refusal } from './errors'
import type { Remote } from './remote'

/** Documents here, of the documents the server says there are. */
export interface Progress {
  done: number
  total: number
}

/** A stream that says nothing for so long has broken off. */
const SILENCE_MS = 60_000
/** A batch is written when its text is as long as this, or when the first of it has waited for so long. */
const BATCH_CHARS = 1_000_000
const BATCH_MS = 2_000
/** What the server answers to a place in a database that was restored or made anew. */
const VOID = 410

const NOWHERE: Place = { behind: null, done: 0, mirrored: true, finished: false }

/** A line of the stream: its head, one document with all its leaves, one that the server cannot read, or the end. */
interface Line {
  documents?: number
  uuid?: string
  epoch?: number
  seq?: string
  docs?: PouchDoc[]
  last_seq?: string
}

/** Where a stream is told of. */
export interface Observer {
  progress(progress: Progress): void
  /** What was written, if nothing else was. */
  grafted(grafted: Grafted): void
}

/** Fill a database that has not been brought here whole; gives the place from which replication is to go on.
 *
 * Null where there is nothing to fill, or no snapshot: the server is older. Stopped by the signal it gives the place
 * that it has come to. Raises what the network raises; what had come by then is here, and the next call goes on.
 */
export async function fill(
  remote: Remote,
  database: Database,
  observer: Observer,
  now: () => number,
  signal: AbortSignal,
): Promise<Place | null> {
  const kept = await database.place()
  if (kept?.finished || (kept === null && (await database.info()).seq > 0)) return null
  const place = kept ?? NOWHERE
  try {
    const reply = await remote.snapshot(database.name, place.behind)
    return reply === null ? null : await new Filling(database, place, observer, now).take(reply, signal)
  } catch (error) {
    if (!(error instanceof Refusal && error.status === VOID)) throw error
    // What is here stays: the server may have lost it, and is offered all of it afterwards.
    await database.keepPlace({ ...NOWHERE, mirrored: false })
    return fill(remote, database, observer, now, signal)
  }
}

/** One stream on its way into a database: the next batch is read while one is written. */
class Filling {
  private batch: PouchDoc[][] = []
  /** The local sequence up to which everything came by this stream; null once that is not so. */
  private seq: number | null = null
  private chars = 0
  private begunAt = 0
  private reached: Place
  private total = 0
  private ended = false
  private writing: Promise<void> = Promise.resolve()

  constructor(
    private readonly database: Database,
    private place: Place,
    private readonly observer: Observer,
    private readonly now: () => number,
  ) {
    this.reached = place
  }

  async take(reply: Response, signal: AbortSignal): Promise<Place> {
    if (this.place.behind === null && this.place.mirrored) this.seq = 0
    try {
      for await (const text of linesOf(reply)) {
        this.note(JSON.parse(text) as Line, text.length)
        if (this.chars >= BATCH_CHARS || (this.chars > 0 && this.now() - this.begunAt >= BATCH_MS)) await this.write()
        if (signal.aborted) break
      }
    } finally {
      await this.write()
      await this.writing
    }
    if (!this.ended && !signal.aborted) throw new Offline()
    return this.place
  }

  private note(line: Line, chars: number): void {
    if (line.documents !== undefined) {
      const { uuid = '', epoch = 0 } = line
      this.reached = { ...this.reached, behind: { since: '0', ...this.reached.behind, uuid, epoch } }
      this.total = this.place.done + line.documents
      this.observer.progress({ done: this.place.done, total: this.total })
      return
    }
    const { behind, done } = this.reached
    const since = line.seq ?? line.last_seq
    if (behind === null || since === undefined) throw new Offline()
    this.ended = line.last_seq !== undefined
    this.reached = { ...this.reached, behind: { ...behind, since }, done: this.ended ? done : done + 1 }
    if (this.batch.length === 0) this.begunAt = this.now()
    if (line.docs !== undefined) this.batch.push(line.docs)
    this.chars += chars
  }

  /** Begin to write what has come, as soon as the batch before it is written. The place is noted after its documents. */
  private async write(): Promise<void> {
    await this.writing
    const [documents, place] = [this.batch, this.reached]
    this.batch = []
    this.chars = 0
    this.writing = this.keep(documents, place)
    this.writing.catch(() => undefined) // it is raised where it is awaited
  }

  private async keep(documents: PouchDoc[][], place: Place): Promise<void> {
    if (place === this.place) return
    await this.graft(documents)
    await this.database.keepPlace(place)
    this.place = place
    this.observer.progress({ done: place.done, total: this.total })
  }

  private async graft(documents: PouchDoc[][]): Promise<void> {
    if (this.seq === null) return this.database.graft(documents.flat())
    const grafted = await this.database.fill(documents, this.seq)
    this.seq = grafted?.to ?? null
    if (grafted !== null) this.observer.grafted(grafted)
  }
}

/** The lines of a reply as they come. Raises Offline where it breaks off or falls silent. */
async function* linesOf(reply: Response): AsyncGenerator<string> {
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let begun: string[] = []
  try {
    for (;;) {
      const { done, value } = await patiently(reader.read())
      if (done) return
      const [first = '', ...others] = decoder.decode(value, { stream: true }).split('\n')
      begun.push(first)
      if (others.length === 0) continue
      yield begun.join('')
      begun = [others.pop() as string]
      yield* others
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

async function patiently<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Offline()), SILENCE_MS)))
  try {
    return await Promise.race([reading, silence])
  } catch {
    throw new Offline()
  } finally {
    clearTimeout(timer)
  }
}
