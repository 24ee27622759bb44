/// Originals of photos: content-addressed, sent apart from the documents that name them, resumed where they stopped.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Keeper } from '../db/local'
import { Refusal } from './errors'
import type { Remote } from './remote'

const CHUNK_BYTES = 256 * 1024

export interface Original {
  sha256: string
  database: string
  type: string
  bytes: number
  /** Null once the server holds all of it. */
  blob: Blob | null
  /** A photo of a draft stays here until the draft is saved: what is thrown away was never sent. */
  saved: boolean
  /** Why the server would not take it; null while it has not refused. */
  refused: string | null
}

/** Answers that asking again will not change. */
const FINAL_STATUS = new Set([400, 403, 409, 413, 415, 422])

/** The originals of this phone that the server may not hold yet. */
export class Originals {
  constructor(private readonly local: Keeper) {}

  /** Keep an original; gives its address, the hex SHA-256 of its bytes. */
  async keep(database: string, blob: Blob): Promise<Original> {
    const address = bytesToHex(sha256(new Uint8Array(await blob.arrayBuffer())))
    const known = await this.find(address)
    if (known !== null) return known
    const original: Original = { sha256: address, database, type: blob.type, bytes: blob.size, blob, saved: false, refused: null }
    await this.put(original)
    return original
  }

  find(address: string): Promise<Original | null> {
    return this.local.get<Original>('media', address)
  }

  /** Those of saved documents that the server lacks and has not refused. */
  async waiting(): Promise<Original[]> {
    const all = await this.local.all<Original>('media')
    return all.filter(({ blob, saved, refused }) => blob !== null && saved && refused === null)
  }

  /** The document that names these is saved: they may go. */
  async release(addresses: string[]): Promise<void> {
    for (const original of await this.of(addresses)) await this.put({ ...original, saved: true })
  }

  /** The draft that named these is thrown away; what a saved document names too is kept. */
  async drop(addresses: string[]): Promise<void> {
    for (const { saved, sha256 } of await this.of(addresses)) if (!saved) await this.local.remove('media', sha256)
  }

  /** Ask again for those that were refused. */
  async retry(): Promise<void> {
    for (const original of await this.local.all<Original>('media')) {
      if (original.refused !== null) await this.put({ ...original, refused: null })
    }
  }

  /** Send what the server lacks of one original, chunk by chunk, and let go of the bytes when it holds them all. */
  async send(remote: Remote, original: Original, signal?: AbortSignal): Promise<void> {
    try {
      await this.sendChunks(remote, original, signal)
    } catch (error) {
      if (!(error instanceof Refusal) || !FINAL_STATUS.has(error.status)) throw error
      await this.put({ ...original, refused: error.reason })
    }
  }

  private async sendChunks(remote: Remote, original: Original, signal?: AbortSignal): Promise<void> {
    if (original.blob === null) return
    const held = await remote.mediaHeld(original.database, original.sha256)
    let complete = held.complete
    if (!held.complete) {
      for (const chunk of missing(original.bytes, held.have)) {
        if (signal?.aborted) return
        const part = original.blob.slice(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES, original.type)
        complete = await remote.putChunk(original.database, original.sha256, chunk, part, original.bytes)
      }
    }
    if (complete) await this.put({ ...original, blob: null })
  }

  private async of(addresses: string[]): Promise<Original[]> {
    const found = await Promise.all(addresses.map(address => this.find(address)))
    return found.filter((original): original is Original => original !== null)
  }

  private put(original: Original): Promise<void> {
    return this.local.put('media', original.sha256, original)
  }
}

/** The numbers of the chunks of something `bytes` long that are not among `have`. */
export function missing(bytes: number, have: number[]): number[] {
  const count = Math.max(1, Math.ceil(bytes / CHUNK_BYTES))
  return Array.from({ length: count }, (_, chunk) => chunk).filter(chunk => !have.includes(chunk))
}
