/// What this browser cannot do, told before it matters.

export type Trouble = 'wechat' | 'insecure' | 'noWorker' | 'noLocks'

/** The troubles to tell, most useful first; one that explains the others stands alone. */
export function browserTroubles(navigator: { userAgent: string }, secure: boolean): Trouble[] {
  if (/MicroMessenger/i.test(navigator.userAgent)) return ['wechat']
  if (!secure) return ['insecure', 'noLocks']
  if (!('serviceWorker' in navigator)) return ['noWorker']
  return 'locks' in navigator ? [] : ['noLocks']
}
