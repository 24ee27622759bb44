import { afterEach, describe, expect, it, vi } from 'vitest'
import { Phone } from '../src/app/phone'
import { Database, type PouchDoc, revision } from '../src/db/database'
import type { Body } from '../src/pure/json'
import { GRID, wholePhone } from './whole'
import type { TestServer } from './server'

const HOUSEHOLD = 'household:01JD0000000000000000000001'
const digest = (rev: string): string => rev.slice(2)

function household(phone: string): Body {
  const dots = { 'dev-b:1': ['2026-11-22T01:00:00Z', 'zhang'] }
  const causal = { born: 'dev-b:1', context: { 'dev-b': 1 }, dots, stamps: {}, siblings: {} }
  return { form: 'household', form_version: 1, answers: { contact_phone: phone }, causal }
}

/** Two leaves of a household, a deleted one, and records. */
async function prepare(server: TestServer): Promise<void> {
  const first = revision(null, household('1'))
  const leaves = ['2', '3'].map(phone => revision(first.rev, household(phone)))
  const documents: PouchDoc[] = leaves.map(({ rev, body }) => ({
    ...body, _id: HOUSEHOLD, _rev: rev, _revisions: { start: 2, ids: [digest(rev), digest(first.rev)] },
  }))
  documents.push({ _id: 'person:01JD0000000000000000000002', _rev: revision(null, {}).rev, _deleted: true })
  for (let n = 0; n < 30; n += 1) {
    const body = { form: 'visit', form_version: 1, subject: HOUSEHOLD, captured_at: '2026-11-22T01:00:00Z', answers: { summary: `${n}` } }
    documents.push({ ...body, _id: `record:01JD${String(n).padStart(22, '0')}`, _rev: revision(null, body).rev })
  }
  await server.database(GRID).bulkDocs(documents as never, { new_edits: false })
}

describe('the book after a first sync', () => {
  afterEach(() => vi.restoreAllMocks())

  it('is made of the stream, and is the same as one that is read anew', async () => {
    const since = vi.spyOn(Database.prototype, 'since')
    const { phone, outside } = await wholePhone({}, prepare)
    const read = await Promise.all(since.mock.results.map(each => each.value as ReturnType<Database['since']>))
    expect(read.flatMap(page => page.documents)).toEqual([])
    expect(phone.book.records.size).toBe(30)
    expect([...phone.book.households.keys()]).toEqual([HOUSEHOLD])

    const kept = (await Phone.open(outside)).book
    expect(kept).toEqual(phone.book)
    await phone.local.remove('books', 'book')
    expect((await Phone.open(outside)).book).toEqual(phone.book)
  })
})
