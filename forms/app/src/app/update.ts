/// A new version of the app: noticed, offered, never forced.
import { Workbox } from 'workbox-window'

let worker: Workbox | null = null
let waiting = false
const listeners = new Set<() => void>()

/** Install the service worker, where the browser has one. */
export function installWorker(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  worker = new Workbox('/sw.js', { scope: '/' })
  worker.addEventListener('waiting', () => {
    waiting = true
    for (const listener of listeners) listener()
  })
  void worker.register().catch(() => undefined)
}

/** Be told when a new version waits; at once if one does already. */
export function onUpdateReady(listener: () => void): void {
  listeners.add(listener)
  if (waiting) listener()
}

/** Let the waiting version take over, and start again with it. */
export function applyUpdate(): void {
  worker?.addEventListener('controlling', () => location.reload())
  worker?.messageSkipWaiting()
}
