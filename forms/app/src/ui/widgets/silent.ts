/** Types that are never asked: they are computed, or noted by the phone itself. */
const SILENT = new Set([
  'calculate', 'hidden', 'start', 'end', 'today', 'deviceid', 'username', 'phonenumber', 'audit', 'start-geopoint',
])

export function isSilent(type: string): boolean {
  return SILENT.has(type)
}
