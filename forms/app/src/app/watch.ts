/// What happens outside and matters: the network comes back, the page comes to the front, an update is ready.
import { watch } from 'vue'
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
  watch(seen.outbox, rows => badge(rows.filter(row => row.reach === 'waiting').length), { immediate: true })
}

/** The unsent count stands on the home icon, where the browser can put it there. */
function badge(count: number): void {
  const home = navigator as Navigator & { setAppBadge?: (count: number) => Promise<void> }
  void home.setAppBadge?.(count).catch(() => undefined)
}
