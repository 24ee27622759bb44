/// Forms that are being filled, kept at every answer.
import type { Keeper } from '../db/local'
import type { Body } from '../pure/json'

export interface Draft {
  /** The id of the document it will become, or `edit:` and the id of the one it changes. */
  key: string
  database: string
  /** The document it will become or change. */
  id: string
  form: string
  version: number
  subject: string | null
  answers: Body
  /** For an edit: the document as the worker saw it when he began, and its revision. */
  base: { rev: string; body: Body } | null
  /** For a new person: the household he joins, and how. */
  joins: { household: string; row: string; relation: string; livesHere: boolean } | null
  /** For a returned record: what the reviewer said, and the name of the step that will answer him. */
  returned: { comment: string; comments: Record<string, string>; stepUlid: string } | null
  /** Soft warnings the worker has answered once: `path code`. */
  warned: string[]
  /** Whether the worker has given any answer: a form only looked at leaves no draft. */
  touched: boolean
  startedAt: string
  savedAt: string
  /** The revision being written; a draft that still stands beside it was saved before the app was killed. */
  saving: string | null
}

export class Drafts {
  constructor(private readonly local: Keeper) {}

  all(): Promise<Draft[]> {
    return this.local.all<Draft>('drafts')
  }

  find(key: string): Promise<Draft | null> {
    return this.local.get<Draft>('drafts', key)
  }

  keep(draft: Draft): Promise<void> {
    return this.local.put('drafts', draft.key, draft)
  }

  drop(key: string): Promise<void> {
    return this.local.remove('drafts', key)
  }
}
