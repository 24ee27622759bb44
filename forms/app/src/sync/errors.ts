/// What can go wrong between phone and server.
///
///     SyncError
///     ├── Offline       no answer came: no network, no server, or too slow
///     ├── SignedOut     the server no longer knows this phone; the data stays
///     └── Refusal       the server answered, and said no

export class SyncError extends Error {}

export class Offline extends SyncError {
  override name = 'Offline'
  constructor() {
    super('Offline')
  }
}

export class SignedOut extends SyncError {
  override name = 'SignedOut'
  constructor() {
    super('SignedOut')
  }
}

export class Refusal extends SyncError {
  override name = 'Refusal'
  constructor(
    readonly status: number,
    readonly slug: string,
    /** The server's sentence, in the language asked for. */
    readonly reason: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(reason || slug)
  }
}
