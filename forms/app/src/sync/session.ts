/// Who is signed in on this phone, as the server said it.

export interface GridOfUser {
  code: string
  name: Record<string, string>
  database: string
  role: string
  grid_path: string[]
}

export interface User {
  name: string
  display_name: string
  roles: { role: string; scope: string }[]
}

/** What the server answers to a sign-in and to a refresh. */
export interface SessionAnswer {
  access_token: string
  refresh_token: string
  expires_at: string | number
  server_time: string
  device: string
  user: User
  grids: GridOfUser[]
}

/** A session as this phone keeps it. */
export interface Session {
  accessToken: string
  refreshToken: string
  /** This local database's name towards the server; every edit's dot carries it. */
  device: string
  user: User
  grids: GridOfUser[]
  /** How far this phone's clock is behind the server's, in whole seconds. */
  clockOffsetS: number
}

/** Where the session is kept between starts. */
export interface SessionKeeper {
  read(): Session | null
  write(session: Session): Promise<void>
}

/** The session that an answer received at `now` (ms) stands for. */
export function sessionOf(answer: SessionAnswer, now: number): Session {
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    device: answer.device,
    user: answer.user,
    grids: answer.grids,
    clockOffsetS: clockOffset(answer.server_time, now) ?? 0,
  }
}

/** How far `now` (ms) is behind the server's time, in whole seconds; null if the server did not say its time. */
export function clockOffset(serverTime: string | undefined, now: number): number | null {
  const server = Date.parse(serverTime ?? '')
  return Number.isNaN(server) ? null : Math.round((server - now) / 1000)
}
