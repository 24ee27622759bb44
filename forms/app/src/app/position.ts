/// Where the phone is, asked once, when the worker asks.

export type Failure = 'none' | 'denied' | 'unavailable'
/** A position as XLSForm spells it, `lat lon altitude accuracy` (WGS-84, metres), or why there is none. */
export type Where = string | { failed: Failure }

const PATIENCE_MS = 20_000
const DENIED = 1

/** Ask once. Never raises: a stairwell has no satellites, and the form goes on without. */
export function where(geolocation: Geolocation | undefined): Promise<Where> {
  if (!geolocation || !window.isSecureContext) return Promise.resolve({ failed: 'unavailable' })
  return new Promise(resolve => {
    geolocation.getCurrentPosition(
      ({ coords }) => resolve(spelled(coords)),
      error => resolve({ failed: error.code === DENIED ? 'denied' : 'none' }),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 0 },
    )
  })
}

/** The parts of a spelled position; null for what is none. */
export function pointOf(text: string): { lat: number; lon: number; accuracyM: number } | null {
  const [lat, lon, , accuracyM] = text.split(' ').map(Number)
  if (lat === undefined || lon === undefined || Number.isNaN(lat) || Number.isNaN(lon)) return null
  return { lat, lon, accuracyM: accuracyM ?? 0 }
}

function spelled({ latitude, longitude, altitude, accuracy }: GeolocationCoordinates): string {
  return [latitude.toFixed(6), longitude.toFixed(6), (altitude ?? 0).toFixed(1), accuracy.toFixed(1)].map(Number).join(' ')
}
