/// What happens outside and matters: the network comes back, the page comes to the front, an update is ready.
import type { Seen } from '../ui/phone'

/** Synchronise on open, when the network is back and when the app comes to the front. */
export function watchOutside(seen: Seen): void {
  const sync = (): void => {
    if (seen.ready.value && seen.session.value !== null) void seen.phone.engine.request()
  }
  window.addEventListener('online', sync)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') sync()
  })
  sync()
}
