/// How much room the browser gives, and whether it promises to keep what is in it.

export interface Room {
  usedBytes: number
  quotaBytes: number
}

/** Below this much room, photos may not fit. */
export const LOW_ROOM_BYTES = 50 * 1024 * 1024

/** Ask that the data be kept however full the phone is; gives the browser's answer, false where it has none. */
export async function keepForLong(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false
}

export async function isKeptForLong(): Promise<boolean> {
  return (await navigator.storage?.persisted?.().catch(() => false)) ?? false
}

/** What is used and what is allowed; null where the browser does not say. */
export async function room(): Promise<Room | null> {
  const estimate = await navigator.storage?.estimate?.().catch(() => null)
  if (estimate?.usage === undefined || estimate.quota === undefined) return null
  return { usedBytes: estimate.usage, quotaBytes: estimate.quota }
}
