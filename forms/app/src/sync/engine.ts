/// When to synchronise: at once when asked, and again after a while; further apart while it fails.
import { Offline, Refusal, SignedOut } from './errors'
import { pass, type World } from './pass'

const EVERY_MS = 60_000
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 10 * 60_000

export type Trouble = 'offline' | 'signed-out' | 'server'

/** What the screens show of it. */
export interface SyncState {
  running: boolean
  /** Milliseconds since 1970 of the last pass that went through; null if none ever did. */
  lastSuccessAt: number | null
  trouble: Trouble | null
  /** What the server said, where it said something. */
  reason: string | null
}

export interface Timers {
  after(ms: number, act: () => void): () => void
}

/** Runs passes one at a time. `observe` tells every change of state. */
export class SyncEngine {
  private state: SyncState
  private readonly observers = new Set<(state: SyncState) => void>()
  private current: Promise<void> | null = null
  private again = false
  private failures = 0
  private cancelTimer: () => void = () => undefined
  private readonly stopping = new AbortController()

  constructor(
    private readonly world: World,
    private readonly timers: Timers,
    private readonly succeeded: (at: number) => Promise<void>,
    lastSuccessAt: number | null,
  ) {
    this.state = { running: false, lastSuccessAt, trouble: null, reason: null }
  }

  observe(observer: (state: SyncState) => void): () => void {
    this.observers.add(observer)
    observer(this.state)
    return () => this.observers.delete(observer)
  }

  /** Synchronise now, or once more as soon as the pass under way is over. Resolves when that pass has ended. */
  async request(): Promise<SyncState> {
    if (this.current !== null) this.again = true
    else this.current = this.run().finally(() => (this.current = null))
    await this.current
    return this.state
  }

  stop(): void {
    this.stopping.abort()
    this.cancelTimer()
  }

  private async run(): Promise<void> {
    this.cancelTimer()
    this.tell({ running: true })
    do {
      this.again = false
      await this.attempt()
    } while (this.again && this.state.trouble === null && !this.stopping.signal.aborted)
    this.tell({ running: false })
    this.schedule()
  }

  private async attempt(): Promise<void> {
    try {
      await pass(this.world, this.stopping.signal)
      const at = this.world.now()
      this.failures = 0
      await this.succeeded(at)
      this.tell({ lastSuccessAt: at, trouble: null, reason: null })
    } catch (error) {
      this.failures += 1
      this.tell({ trouble: troubleOf(error), reason: error instanceof Refusal ? error.reason : null })
    }
  }

  private schedule(): void {
    if (this.stopping.signal.aborted || this.state.trouble === 'signed-out') return
    const backOff = Math.min(FIRST_RETRY_MS * 2 ** (this.failures - 1), LONGEST_RETRY_MS)
    const wait = this.failures === 0 ? EVERY_MS : backOff
    this.cancelTimer = this.timers.after(wait, () => void this.request())
  }

  private tell(change: Partial<SyncState>): void {
    this.state = { ...this.state, ...change }
    for (const observer of this.observers) observer(this.state)
  }
}

/** Replication wraps what its fetch threw, so the name is looked at where the class is lost. */
export function troubleOf(error: unknown): Trouble {
  const name = error instanceof Error ? `${error.name} ${error.message}` : String(error)
  if (error instanceof SignedOut || name.includes('SignedOut')) return 'signed-out'
  if (error instanceof Offline || name.includes('Offline')) return 'offline'
  return 'server'
}
