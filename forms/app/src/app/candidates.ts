/// The forms that a form author tries before publishing them. One that was opened here can be tried again without a network.
import type { Keeper } from '../db/local'
import type { Body } from '../pure/json'
import { Offline } from '../sync/errors'
import type { Candidate, Remote } from '../sync/remote'
import type { Session } from '../sync/session'

interface Opened {
  row: Candidate
  form: Body
}

const [STORE, KEY] = ['meta', 'candidates'] as const
const AUTHORS = new Set(['author', 'admin'])

/** Whether somebody hands in forms. */
export function isAuthor(session: Session | null): boolean {
  return session?.user.roles.some(({ role }) => AUTHORS.has(role)) ?? false
}

/** Whether somebody hands in forms and goes from no door to another. */
export function isOnlyAuthor(session: Session | null): boolean {
  return isAuthor(session) && session?.grids.length === 0
}

export class Candidates {
  constructor(
    private readonly local: Keeper,
    private readonly remote: Remote,
  ) {}

  /** Those that the server keeps for me; without a network those that were opened here. Raises Refusal, SignedOut. */
  async all(): Promise<Candidate[]> {
    const opened = await this.opened()
    try {
      const rows = await this.remote.candidates()
      const same = ({ row }: Opened): boolean => rows.some(one => one.form === row.form && one.kept_at === row.kept_at)
      await this.keep(opened.filter(same))
      return rows
    } catch (error) {
      if (!(error instanceof Offline)) throw error
      return opened.map(({ row }) => row)
    }
  }

  /** One as it would be published, kept from now on; null without a network where it was not opened before. */
  async open(name: string): Promise<Body | null> {
    const row = (await this.all()).find(one => one.form === name)
    const opened = await this.opened()
    const known = opened.find(one => one.row.form === name)
    if (row === undefined || known !== undefined) return known?.form ?? null
    try {
      const form = await this.remote.candidate(name)
      await this.keep([...opened, { row, form }])
      return form
    } catch (error) {
      if (error instanceof Offline) return null
      throw error
    }
  }

  private async opened(): Promise<Opened[]> {
    return (await this.local.get<Opened[]>(STORE, KEY)) ?? []
  }

  private keep(opened: Opened[]): Promise<void> {
    return this.local.put(STORE, KEY, opened)
  }
}
