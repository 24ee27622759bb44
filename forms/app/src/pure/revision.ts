import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import canonicalize from 'canonicalize'
import type { Body } from './json'

/** The number before the dash of a revision id: how many edits led here. */
export function generation(rev: string): number {
  return Number.parseInt(rev, 10)
}

/** The revision id of an edit of `parent` (null: a new document) that gives it this body.
 *
 * The first 32 hex digits of SHA-256 over the canonical JSON (RFC 8785) of `[parent, deleted, body]`, as
 * `sync/revisions.py` computes it; `forms/vectors/revisions.json` holds both to it.
 */
export function nextRev(parent: string | null, body: Body, deleted = false): string {
  const canonical = canonicalize([parent, deleted, body])
  if (canonical === undefined) throw new TypeError('a body is a JSON object')
  const digest = bytesToHex(sha256(utf8ToBytes(canonical))).slice(0, 32)
  return `${parent === null ? 1 : generation(parent) + 1}-${digest}`
}
