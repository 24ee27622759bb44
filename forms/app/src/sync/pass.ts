/// One pass of synchronisation: a function of the stores, the server and the clock.
import type { Database, Grafted, Moved, Place } from '../db/database'
import { SignedOut } from './errors'
import { fill, type Progress } from './filling'
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
  /** Called with what was just written, so that it need not be read again; `arrived` follows. */
  grafted(database: string, grafted: Grafted): void
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
  for (const name of [FORMS, ...gridsOf(world)]) await bring(world, name, () => undefined, signal)
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
  const each = new Map<string, Progress>()
  const tell = (name: string, { done, total = each.get(name)?.total ?? 0 }: Arrived): void => {
    each.set(name, { done, total })
    report(sum([...each.values()]))
  }
  for (const name of names) {
    each.set(name, { done: (await world.database(name).info()).count, total: await world.remote.count(name) })
  }
  report(sum([...each.values()]))
  for (const name of names) {
    const isFilled = await bring(world, name, arrived => tell(name, arrived), signal)
    if (signal.aborted) return
    tell(name, { done: Infinity })
    // Comparing once now, with nothing to send, leaves a checkpoint: the first visit saved is sent at once.
    if (!isFilled && name !== FORMS) await push(world, name, signal)
  }
}

function sum(each: Progress[]): Progress {
  const total = each.reduce((all, one) => all + one.total, 0)
  return { done: each.reduce((all, one) => all + Math.min(one.done, one.total), 0), total }
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

/** Documents here, and how many there are to be, where that is known better than before. */
type Arrived = Pick<Progress, 'done'> & Partial<Progress>

/** Bring what is new of a database; the first time by the server's snapshot (then true), where it has one. */
async function bring(
  world: World,
  name: string,
  report: (arrived: Arrived) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const database = world.database(name)
  const observer = { progress: report, grafted: (grafted: Grafted) => world.grafted(name, grafted) }
  const place = await fill(world.remote, database, observer, () => world.now(), signal)
  if (signal.aborted) return false
  await pull(world, name, report, place?.behind?.since, signal)
  if (signal.aborted || place === null) return false
  if (name !== FORMS) await push(world, name, signal, await knownThere(world, name, place))
  await database.keepPlace({ ...place, finished: true })
  return true
}

/** The local sequence up to which all came from the server; a row of the outbox is older than what it stands for. */
async function knownThere(world: World, name: string, place: Place): Promise<number | undefined> {
  const { seq } = await world.database(name).info()
  return place.mirrored && (await world.outbox.waiting(name)).length === 0 ? seq : undefined
}

async function push(world: World, name: string, signal: AbortSignal, since?: number): Promise<void> {
  const { remote, outbox } = world
  const denied = await world.database(name).push(remote.databaseUrl(name), remote.fetch, since, signal)
  const at = new Date(world.now()).toISOString()
  for (const { id, rev, reason } of denied) await outbox.refuse(name, id, rev, reason, at)
}

async function pull(
  world: World,
  name: string,
  report: (arrived: Arrived) => void,
  since: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { remote } = world
  const database = world.database(name)
  const { count } = await database.info()
  const moved = ({ documents }: Moved): void => report({ done: count + documents })
  await database.pull(remote.databaseUrl(name), remote.fetch, moved, { readOnly: name === FORMS, since }, signal)
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
