/// Originals of photos: content-addressed, sent apart from the documents that name them, resumed where they stopped.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { LocalStore } from '../db/local'
import type { Remote } from './remote'

const CHUNK_BYTES = 256 * 1024

export interface Original {
  sha256: string
  database: string
  type: string
  bytes: number
  /** Null once the server holds all of it. */
  blob: Blob | null
}

/** The originals of this phone that the server may not hold yet. */
export class Originals {
  constructor(private readonly local: LocalStore) {}

  /** Keep an original; gives its address, the hex SHA-256 of its bytes. */
  async keep(database: string, blob: Blob): Promise<Original> {
    const address = bytesToHex(sha256(new Uint8Array(await blob.arrayBuffer())))
    const original: Original = { sha256: address, database, type: blob.type, bytes: blob.size, blob }
    await this.local.put('media', address, original)
    return original
  }

  find(address: string): Promise<Original | null> {
    return this.local.get<Original>('media', address)
  }

  async waiting(): Promise<Original[]> {
    return (await this.local.all<Original>('media')).filter(original => original.blob !== null)
  }

  /** Drop an original that no draft and no record names: a photo taken and removed again. */
  async drop(address: string): Promise<void> {
    await this.local.remove('media', address)
  }

  /** Send what the server lacks of one original, chunk by chunk, and let go of the bytes when it holds them all. */
  async send(remote: Remote, original: Original, signal?: AbortSignal): Promise<void> {
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
    if (complete) await this.local.put('media', original.sha256, { ...original, blob: null })
  }
}

/** The numbers of the chunks of something `bytes` long that are not among `have`. */
export function missing(bytes: number, have: number[]): number[] {
  const count = Math.max(1, Math.ceil(bytes / CHUNK_BYTES))
  return Array.from({ length: count }, (_, chunk) => chunk).filter(chunk => !have.includes(chunk))
}
