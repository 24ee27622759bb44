/// One pass of synchronisation: a function of the stores, the server and the clock.
import type { Database, Moved } from '../db/database'
import { SignedOut } from './errors'
import type { Outbox, OutboxRow } from './outbox'
import type { Originals } from './photos'
import type { Remote } from './remote'
import type { Session } from './session'

export const FORMS = 'forms'

export interface World {
  database(name: string): Database
  session(): Session | null
  outbox: Outbox
  originals: Originals
  remote: Remote
  /** Milliseconds since 1970, by this phone's clock. */
  now(): number
  /** Called when documents of a database may have changed. */
  arrived(database: string): Promise<void>
}

/** Documents here, of the documents the server says there are. */
export interface Progress {
  done: number
  total: number
}

/** Send what is unsent, ask for receipts, bring what is new, then send photos.
 *
 * Raises Offline, SignedOut or Refusal at the first request that fails; what was done until then stays done.
 */
export async function pass(world: World, signal: AbortSignal): Promise<void> {
  await renew(world)
  for (const name of gridsOf(world)) {
    if ((await world.outbox.waiting(name)).length > 0) await push(world, name, signal)
    await askReceipts(world, name)
  }
  for (const name of [FORMS, ...gridsOf(world)]) await pull(world, name, () => undefined, signal)
  await sendOriginals(world, signal)
}

/** Bring everything for the first time; may be stopped and run again. Progress counts documents, truly. */
export async function firstPass(
  world: World,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  await renew(world)
  const names = [FORMS, ...gridsOf(world)]
  const totals = new Map<string, number>()
  const done = new Map<string, number>()
  for (const name of names) {
    totals.set(name, await world.remote.count(name))
    done.set(name, (await world.database(name).info()).count)
  }
  const tell = (): void => report(sum(names, done, totals))
  tell()
  for (const name of names) {
    const before = done.get(name) ?? 0
    const moved = ({ documents }: Moved): void => {
      done.set(name, before + documents)
      tell()
    }
    await pull(world, name, moved, signal)
    if (signal.aborted) return
    done.set(name, Infinity)
    tell()
  }
  // Comparing once now, with nothing to send, leaves a checkpoint: the first visit saved is sent at once.
  for (const name of gridsOf(world)) await push(world, name, signal)
}

function sum(names: string[], done: Map<string, number>, totals: Map<string, number>): Progress {
  const total = names.reduce((all, name) => all + (totals.get(name) ?? 0), 0)
  const here = names.reduce((all, name) => all + Math.min(done.get(name) ?? 0, totals.get(name) ?? 0), 0)
  return { done: here, total }
}

/** Rights and grids change while a phone is away, so each pass begins by asking who this is. */
async function renew(world: World): Promise<void> {
  const session = world.session()
  if (session === null) throw new SignedOut()
  await world.remote.check()
}

function gridsOf(world: World): string[] {
  return (world.session()?.grids ?? []).map(grid => grid.database)
}

async function push(world: World, name: string, signal: AbortSignal): Promise<void> {
  const { remote, outbox } = world
  const denied = await world.database(name).push(remote.databaseUrl(name), remote.fetch, signal)
  const at = new Date(world.now()).toISOString()
  for (const { id, rev, reason } of denied) await outbox.refuse(name, id, rev, reason, at)
}

async function pull(world: World, name: string, report: (moved: Moved) => void, signal: AbortSignal): Promise<void> {
  const { remote } = world
  await world.database(name).pull(remote.databaseUrl(name), remote.fetch, report, name === FORMS, signal)
  await world.arrived(name)
}

/** "Sent" is what the server says it holds, not that a request returned. What it does not know is sent again. */
async function askReceipts(world: World, name: string): Promise<void> {
  const rows = await world.outbox.open(name)
  if (rows.length === 0) return
  const unknown = await receive(world, name, rows)
  if (unknown.length === 0) return
  const denied = await world.database(name).resend(
    world.remote.databaseUrl(name),
    world.remote.fetch,
    unknown.map(row => row.id),
  )
  const at = new Date(world.now()).toISOString()
  for (const { id, rev, reason } of denied) await world.outbox.refuse(name, id, rev, reason, at)
  await receive(world, name, unknown)
}

/** Take the receipts of these rows; gives the rows whose revision the server does not have. */
async function receive(world: World, name: string, rows: OutboxRow[]): Promise<OutboxRow[]> {
  const receipts = await world.remote.receipts(name, Object.fromEntries(rows.map(row => [row.id, row.rev])))
  const unknown: OutboxRow[] = []
  for (const row of rows) {
    const receipt = receipts[row.id]
    if (receipt === undefined || receipt.tier === 'unknown') unknown.push(row)
    else await world.outbox.receive(row, receipt)
  }
  return unknown
}

async function sendOriginals(world: World, signal: AbortSignal): Promise<void> {
  const waiting = await world.originals.waiting()
  for (const original of waiting) {
    if (signal.aborted) return
    await world.originals.send(world.remote, original, signal)
  }
  if (waiting.length > 0) for (const name of gridsOf(world)) await askReceipts(world, name)
}
