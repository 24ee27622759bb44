import { describe, expect, it } from 'vitest'
import { newRow } from './check'
import { Filling } from './filling'
import { Form } from './form'
import type { Body } from './json'

const LABEL = { 'zh-CN': '题', en: 'Question' }
const published: Body = {
  form: 'x',
  version: 1,
  questions: [
    { name: 'who', type: 'text', label: LABEL },
    {
      name: 'rows',
      type: 'repeat',
      label: LABEL,
      questions: [
        { name: 'here', type: 'acknowledge', default: { source: 'true()', ast: ['call', 'true', []] } },
        { name: 'since', type: 'date', default: { source: 'today()', ast: ['call', 'today', []] } },
        { name: 'by', type: 'text', default: { source: '${who}', ast: ['ref', 'who'] } },
        { name: 'plain', type: 'text' },
        { name: 'none', type: 'text', default: { source: "''", ast: ['str', ''] } },
      ],
    },
  ],
}

const form = new Form(published)

describe('a new row', () => {
  it('begins with the defaults of its questions', () => {
    expect(newRow(new Filling(form, { who: '陈' }, { today: '2026-11-22' }), 'rows')).toEqual({ here: true, since: '2026-11-22', by: '陈' })
  })

  it('is empty for a repeat the form does not have', () => {
    expect(newRow(new Filling(form, {}, {}), 'nothing')).toEqual({})
  })
})
