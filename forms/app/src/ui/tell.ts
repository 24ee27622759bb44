/// What is said in passing: seen for two seconds, and read aloud.
import { showToast, type ToastOptions } from 'vant'

/** Say it. Nothing waits for it, so it is a status and not the dialog that Vant calls it. */
export function tell(message: string): void {
  showToast({ message, role: 'status' } as ToastOptions)
}
