/** Chance that falls the same way wherever it is asked; the twin of `forms/chance.py`, which says more. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const MODULUS = 2 ** 31 - 1
const MAX_LETTERS = 100

/** A number from 0 up to and without 1. */
export function chanceNumber(seed: string): number {
  const bytes = digest(seed)
  const high = [0, 1, 2].reduce((sum, at) => sum * 256 + bytes[at]!, 0)
  const low = [3, 4, 5, 6].reduce((sum, at) => sum * 256 + bytes[at]!, 0)
  return (high * 2 ** 29 + Math.floor(low / 8)) / 2 ** 53
}

/** A UUID of version 8 (RFC 9562: one made in a way of one's own). */
export function chanceUuid(seed: string): string {
  const bytes = digest(seed).slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const text = bytesToHex(bytes)
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
}

/** Some letters and digits, at most 100. */
export function chanceLetters(seed: string, count: number): string {
  const wanted = Math.min(count, MAX_LETTERS)
  let found = ''
  while (found.length < wanted)
    for (const byte of digest(`${seed}\n${found.length}`)) if (byte < 248) found += LETTERS[byte % LETTERS.length]
  return found.slice(0, Math.max(0, wanted))
}

/** The items in another order. A number gives the order that ODK gives for it (Park and Miller's generator). */
export function shuffled<T>(items: readonly T[], seed: number | string): T[] {
  let state: number
  if (typeof seed === 'string' || !Number.isFinite(seed)) {
    const bytes = digest(String(seed))
    state = ([0, 1, 2, 3].reduce((sum, at) => sum * 256 + bytes[at]!, 0) % (MODULUS - 1)) + 1
  } else {
    state = Math.trunc(seed) % MODULUS
    state = Math.max(1, state > 0 ? state : state + MODULUS - 1)
  }
  const found: T[] = []
  for (const item of items) {
    state = (state * 16807) % MODULUS
    const place = Math.floor(((state - 1) * (found.length + 1)) / (MODULUS - 1))
    found.push(item)
    found[found.length - 1] = found[place]!
    found[place] = item
  }
  return found
}

function digest(seed: string): Uint8Array {
  return sha256(utf8ToBytes(seed))
}
